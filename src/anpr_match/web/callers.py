"""Who bears a token, by the register and a small memory of it."""

import asyncio
import hashlib

from anpr_match.domain.caller import Caller
from anpr_match.ports.clock import Clock
from anpr_match.ports.registers import Registers

TOKEN_CHARS_MAX = 512


class Callers:
    """Looks tokens up, and remembers good ones for `ttl_s` so that a busy camera costs no look-up.

    Bad tokens are not remembered: whoever guesses pays, and cannot push good ones out.
    """

    def __init__(self, registers: Registers, clock: Clock, ttl_s: float, callers_max: int) -> None:
        self._registers = registers
        self._clock = clock
        self._ttl_s = ttl_s
        self._callers_max = callers_max
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._asking: dict[bytes, asyncio.Lock] = {}

    async def caller(self, token: str) -> Caller | None:
        """Who bears the token; None if nobody does. A revoked token may be good for `ttl_s` more."""
        if not token or len(token) > TOKEN_CHARS_MAX:
            return None
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if (known := self._remembered(key)) is not None:
            return known
        # Many may come with one token at once: the first looks it up for all.
        async with self._asking.setdefault(key, asyncio.Lock()):
            try:
                return self._remembered(key) or await self._look_up(key, token)
            finally:
                self._asking.pop(key, None)

    def _remembered(self, key: bytes) -> Caller | None:
        known = self._known.get(key)
        return known[1] if known and known[0] > self._clock.monotonic_s() else None

    async def _look_up(self, key: bytes, token: str) -> Caller | None:
        self._known.pop(key, None)
        asked_at_s = self._clock.monotonic_s()
        caller = await self._registers.caller(token)
        if caller is not None:
            self._remember(key, caller, asked_at_s + self._ttl_s)
        return caller

    def forget(self) -> None:
        """Look every token up anew: rights may have changed."""
        self._known.clear()

    def _remember(self, key: bytes, caller: Caller, until_s: float) -> None:
        while len(self._known) >= self._callers_max:
            del self._known[next(iter(self._known))]
        self._known[key] = (until_s, caller)
