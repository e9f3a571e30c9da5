"""Editing the watchlist: the rules of the field, then the store, then the bell."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import AlreadyExists, Conflict, NotFound, Problem, Refused
from anpr_match.domain.watchlist import Entry, Page, State, Terms, Version
from anpr_match.pipeline import entry_rules
from anpr_match.ports.audit import Act, Audit, Kind
from anpr_match.ports.clock import Clock
from anpr_match.ports.registers import Registers
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.ports.watchlist_store import WatchlistStore

WITHDRAWN_WITHOUT_WORDS = "withdrawn"


class Watchlist:
    """The shared list as one analyst at a time sees and edits it.

    Analysts of any force may edit an entry that is shared with their force; who did it is recorded.
    An entry that is not shared with the caller's force is, to that caller, not there.
    """

    def __init__(
        self, store: WatchlistStore, registers: Registers, audit: Audit, wake_up: WakeUp, clock: Clock
    ) -> None:
        self._store = store
        self._registers = registers
        self._audit = audit
        self._wake_up = wake_up
        self._clock = clock

    async def create(self, terms: Terms, by: Caller, once_key: str | None = None) -> Entry:
        """Add an entry. With `once_key` the same call repeated returns the entry that the first one
        made. Raises `Refused`, also when the key was used for another entry."""
        checked = await self._checked(terms, None, by)
        now = self._clock.now()
        entry_id = _new_entry_id(int(now.timestamp() * 1000)) if once_key is None else _keyed(by, once_key)
        try:
            entry = await self._store.create(entry_id, checked, by, now)
        except AlreadyExists:
            if once_key is None:
                raise
            return await self._made_before(entry_id, checked)
        await self._wake_up.ring(Bell.WATCHLIST)
        return entry

    async def create_all(self, stated: Sequence[Terms], reason: str, by: Caller) -> list[Entry]:
        """Add entries in one transaction: all of them, or none. Raises `Refused` if one breaks a rule."""
        forces = frozenset(await self._registers.forces())
        now = self._clock.now()
        checked = [_kept(terms, None, forces, by, now) for terms in stated]
        now_ms = int(now.timestamp() * 1000)
        named = [(_new_entry_id(now_ms), terms) for terms in checked]
        entries = await self._store.create_many(named, by, now, reason)
        await self._wake_up.ring(Bell.WATCHLIST)
        return entries

    async def _made_before(self, entry_id: str, terms: Terms) -> Entry:
        first = (await self._store.history(entry_id))[0].entry
        if first.terms != terms:
            raise Refused(
                [
                    Problem(
                        "Idempotency-Key:", "key_reused", "this key was used for an entry with other contents"
                    )
                ]
            )
        return first

    async def entry(self, entry_id: str, by: Caller) -> Entry:
        """Raises `NotFound`, also for an entry that is not shared with the caller's force."""
        entry = await self._store.entry(entry_id)
        if entry is None or not entry.terms.visible_to(by.force):
            raise NotFound("there is no such entry")
        return entry

    async def amend(self, entry: Entry, terms: Terms, by: Caller) -> Entry:
        """Replace the terms of `entry` as it was read; terms that change nothing make no new version.

        Raises `Refused`, `Conflict` when the entry has ended, and as the store does.
        """
        now = self._clock.now()
        if entry.state is not State.ACTIVE or entry.terms.ends_at <= now:
            raise Conflict("the entry is no longer active; list the vehicle anew")
        checked = await self._checked(terms, entry.terms, by)
        if checked == entry.terms:
            return entry
        amended = await self._store.amend(entry.entry_id, entry.version, checked, by, now)
        await self._wake_up.ring(Bell.WATCHLIST)
        return amended

    async def withdraw(self, entry: Entry, reason: str | None, by: Caller) -> Entry:
        """Take `entry`, as it was read, off the list. Raises as the store does."""
        withdrawn = await self._store.withdraw(
            entry.entry_id, entry.version, reason or WITHDRAWN_WITHOUT_WORDS, by, self._clock.now()
        )
        await self._wake_up.ring(Bell.WATCHLIST)
        await self._wake_up.ring(Bell.EVENTS)
        return withdrawn

    async def entries(
        self, cursor: str | None, limit: int, state: State | None, force: str | None, by: Caller
    ) -> Page:
        """A page of the list; may hold fewer than `limit` though more follow. Audited."""
        page = await self._store.entries(cursor, limit, state, force)
        items = [entry for entry in page.items if entry.terms.visible_to(by.force)]
        await self.consulted("watchlist.list", f"{len(items)} entries", by)
        return Page(items, page.next)

    async def search(self, plates: Sequence[str], reason: str, by: Caller) -> list[Entry]:
        """Active entries with these plates. Audited with the reason. Raises `Refused`."""
        vrms = entry_rules.searchable(plates)
        found = await self._store.search(vrms, by, reason, self._clock.now())
        return [entry for entry in found if entry.terms.visible_to(by.force)]

    async def history(self, entry_id: str, by: Caller) -> list[Version]:
        """Raises `NotFound`. Audited."""
        await self.entry(entry_id, by)
        await self.consulted("watchlist.history", entry_id, by)
        return await self._store.history(entry_id)

    async def consulted(self, action: str, subject: str, by: Caller) -> None:
        """Record that personal data was looked at."""
        act = Act(self._clock.now(), Kind.CONSULTATION, by.token_id, by.force, action, subject, None)
        await self._audit.note(act)

    async def _checked(self, terms: Terms, before: Terms | None, by: Caller) -> Terms:
        forces = frozenset(await self._registers.forces())
        return _kept(terms, before, forces, by, self._clock.now())


def _kept(terms: Terms, before: Terms | None, forces: frozenset[str], by: Caller, now: datetime) -> Terms:
    """The terms with what is derived from them. Raises `Refused` with every rule that they break."""
    checked, problems = entry_rules.check(terms, before, forces, by.force, now)
    if problems:
        raise Refused(problems)
    return checked


def _new_entry_id(now_ms: int) -> str:
    """Ids sort by the time of making."""
    return f"e-{now_ms:012x}{secrets.token_hex(6)}"


def _keyed(by: Caller, once_key: str) -> str:
    text = f"{by.token_id}\0{once_key}"
    return "e-" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
