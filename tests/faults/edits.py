"""Analysts who list vehicles, change entries and withdraw them while reads flow and things break."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.e2e.desk import Desk, an_entry
from tests.faults.ledger import Edited, Ledger, Life, Pair

AT_ONCE = 3
AGAIN_S = 0.3
PAUSE_S = (2.0, 6.0)
STAYS = 0.3
SEEN_S = 120.0
AWAY = {500, 503}


@dataclass
class Edits:
    """Entries that come and go; `seen` tells which hits a car has by now. What is done is counted."""

    desk: Desk
    ledger: Ledger
    chance: random.Random
    seen: Callable[[], set[Pair]]
    listed: int = 0
    changed: int = 0
    withdrawn: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop`, and then until every entry in hand has come to its end."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(AT_ONCE):
                lanes.create_task(self._lane())

    def stop(self) -> None:
        self._stop.set()

    async def _lane(self) -> None:
        while not self._stop.is_set():
            await self._life(self.ledger.edit_another())

    async def _life(self, edited: Edited) -> None:
        """List a vehicle that is read already, change its entry, and mostly withdraw it."""
        await self._pause()
        path = await self._list(edited)
        await self._pause()
        await self._change(path)
        await self._pause()
        if self.chance.random() >= STAYS:
            await self._withdraw(edited, path)

    async def _list(self, edited: Edited) -> str:
        """The same key each time: a call whose answer was lost makes no second entry."""
        key = {"headers": {"Idempotency-Key": secrets.token_hex(8)}}
        body = an_entry(edited.plate, priority=2)
        answer = await self._certain("POST", "/v1/watchlist/entries", **key, json=body)
        assert answer.status_code == 201, answer.text
        edited.listed()
        self.listed += 1
        return f"/v1/watchlist/entries/{answer.json()['entry_id']}"

    async def _change(self, path: str) -> None:
        """What is changed does not say which reads are hits, so none may be lost by it."""
        reason = f"changed {secrets.token_hex(4)}"
        while True:
            entry = await self._certain("GET", path)
            if entry.json()["reason"] == reason:
                break
            match = {"headers": {"If-Match": entry.headers["ETag"]}}
            patch = {"reason": reason, "priority": self.chance.choice([2, 3])}
            await self._certain("PATCH", path, **match, json=patch)
        self.changed += 1

    async def _withdraw(self, edited: Edited, path: str) -> None:
        """First come the hits that must be there: a withdrawn entry has no more. Reads go on meanwhile."""
        edited.life = Life.LEAVING
        awaited = self.ledger.awaited(edited.plate)
        async with asyncio.timeout(SEEN_S):
            while not awaited <= self.seen():  # noqa: ASYNC110 it is told over several connections
                await asyncio.sleep(AGAIN_S)
        while (entry := await self._certain("GET", path)).json()["state"] == "active":
            await self._certain("DELETE", path, headers={"If-Match": entry.headers["ETag"]})
        edited.life = Life.GONE
        self.withdrawn += 1

    async def _certain(self, method: str, path: str, **more: object) -> httpx.Response:
        """Ask until there is an answer; whatever was lost on the way is asked again."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await asyncio.to_thread(self.desk.call, method, path, self.desk.analyst, **more)
                if answer.status_code not in AWAY:
                    return answer
            await asyncio.sleep(AGAIN_S)

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.chance.uniform(*PAUSE_S)):
                await self._stop.wait()
