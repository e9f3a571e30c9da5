"""Sending the officer's acts, oldest first, as soon as the service can be reached."""

import asyncio
import contextlib

from anpr_match.client import acts, protocol
from anpr_match.client.rest import Rest

REFUSED_MAX = 100


class Sending:
    """`linked` is set while the feed is live: then the service can be reached for certain."""

    def __init__(self, rest: Rest, box: acts.ActBox, limits: protocol.Limits, linked: asyncio.Event) -> None:
        self._rest = rest
        self._box = box
        self._limits = limits
        self._linked = linked
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self.refused: list[tuple[acts.Act, int]] = []

    def put(self, act: acts.Act) -> None:
        self._box.put(act)
        self._empty.clear()
        self._news.set()

    async def sent(self) -> None:
        """Return when the service has answered every act."""
        if self._box.first is not None:
            await self._empty.wait()

    async def run(self) -> None:
        attempt = 0
        while True:
            while (act := self._box.first) is not None:
                again = await self._send(act) is acts.Settled.AGAIN
                attempt = attempt + 1 if again else 0
                if again:
                    await self._pause(attempt)
            self._empty.set()
            await self._news.wait()
            self._news.clear()

    async def _send(self, act: acts.Act) -> acts.Settled:
        try:
            status, _ = await self._rest.call("POST", act.path, act.content())
        except OSError:
            return acts.Settled.AGAIN
        settled = acts.Settled.by(status)
        if settled is acts.Settled.REFUSED:
            self.refused = [*self.refused[1 - REFUSED_MAX :], (act, status)]
        if settled is not acts.Settled.AGAIN:
            self._box.remove_first()
        return settled

    async def _pause(self, attempt: int) -> None:
        """Longer each time, but no longer than until the link is back."""
        first_s = self._limits.pause_first_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(self._limits.pause_max_s, first_s * 2 ** min(attempt, 30))):
                was_linked = self._linked.is_set()
                await (asyncio.Event().wait() if was_linked else self._linked.wait())
