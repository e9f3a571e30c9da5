"""The watchlist in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import AlreadyExists, Conflict, NotFound, Stale
from anpr_match.domain.event import Kind as EventKind
from anpr_match.domain.watchlist import Act, Change, Entry, Page, Snapshot, State, Terms, Version
from anpr_match.ports.audit import Act as AuditAct
from anpr_match.ports.audit import Kind
from anpr_match.wire import cursor as wire_cursor
from anpr_match.wire import hit as wire_hit

_OURSELVES = "anpr-match"
_ENDED = "its end date has come"


class MemoryWatchlistStore:
    """`open_hit_h`: how long after it was recorded a hit is withdrawn with its entry."""

    def __init__(self, ledger: Ledger, open_hit_h: float = 24.0) -> None:
        self._ledger = ledger
        self._open_hit = timedelta(hours=open_hit_h)

    async def create(self, entry_id: str, terms: Terms, by: Caller, at: datetime) -> Entry:
        return (await self._create([(entry_id, terms)], by, at, None))[0]

    async def create_many(
        self, entries: list[tuple[str, Terms]], by: Caller, at: datetime, reason: str
    ) -> list[Entry]:
        return await self._create(entries, by, at, reason)

    async def undo_broken_off(self, at: datetime) -> int:
        """None ever is: an import here is one step."""
        await self._ledger.reach()
        return 0

    async def _create(
        self, entries: Sequence[tuple[str, Terms]], by: Caller, at: datetime, reason: str | None
    ) -> list[Entry]:
        await self._ledger.reach()
        ids = [entry_id for entry_id, _ in entries]
        if len(set(ids)) < len(ids) or not self._ledger.entries.keys().isdisjoint(ids):
            raise AlreadyExists("an entry of this id is there already")
        made = [
            Entry(entry_id, 1, terms, State.ACTIVE, at, by.name, at, by.name) for entry_id, terms in entries
        ]
        self._write([Version(entry, Act.CREATED, at, by.name, reason) for entry in made], by)
        return made

    async def amend(self, entry_id: str, version: int, terms: Terms, by: Caller, at: datetime) -> Entry:
        entry = await self._to_edit(entry_id, version)
        amended = replace(entry, version=version + 1, terms=terms, updated_at=at, updated_by=by.name)
        self._write([Version(amended, Act.AMENDED, at, by.name, None)], by)
        return amended

    async def withdraw(self, entry_id: str, version: int, reason: str, by: Caller, at: datetime) -> Entry:
        entry = _closed(await self._to_edit(entry_id, version), State.WITHDRAWN, by.name, at)
        self._write([Version(entry, Act.WITHDRAWN, at, by.name, reason)], by)
        self._withdraw_hits(entry_id, reason, at)
        return entry

    async def end_due(self, at: datetime, limit: int) -> int:
        await self._ledger.reach()
        due = [
            entry
            for entry in self._ledger.entries.values()
            if entry.state is State.ACTIVE and entry.terms.ends_at <= at
        ]
        due.sort(key=lambda entry: (entry.terms.ends_at, entry.entry_id))
        ended = [_closed(entry, State.ENDED, _OURSELVES, at) for entry in due[:limit]]
        self._write([Version(entry, Act.ENDED, at, _OURSELVES, _ENDED) for entry in ended], None)
        for entry in ended:
            self._withdraw_hits(entry.entry_id, _ENDED, at)
        return len(ended)

    async def _to_edit(self, entry_id: str, version: int) -> Entry:
        await self._ledger.reach()
        entry = self._ledger.entries.get(entry_id)
        if entry is None:
            raise NotFound("there is no such entry")
        if entry.version != version:
            raise Stale(f"the entry is at version {entry.version} now; read it again")
        if entry.state is not State.ACTIVE:
            raise Conflict(f"the entry is {entry.state.value}")
        return entry

    def _write(self, versions: Sequence[Version], by: Caller | None) -> None:
        self._ledger.edit(versions)
        who = (by.token_id, by.force) if by else (_OURSELVES, None)
        self._ledger.append_audit([_audited(version, *who) for version in versions])

    def _withdraw_hits(self, entry_id: str, reason: str, at: datetime) -> None:
        for kept in self._ledger.open_hits(entry_id, at - self._open_hit):
            kept.withdrawn_reason = reason
            kept.next_step_at = None
            hit_id = kept.hit.hit_id
            body = wire_hit.render_withdrawn(hit_id, entry_id, kept.sighting_id, reason)
            seq = len(self._ledger.events) + 1
            self._ledger.events.append(
                replace(
                    kept.event, seq=seq, kind=EventKind.HIT_WITHDRAWN, recorded_at=at, body=body, routing=None
                )
            )

    async def entry(self, entry_id: str) -> Entry | None:
        await self._ledger.reach()
        return self._ledger.entries.get(entry_id)

    async def entries(self, cursor: str | None, limit: int, state: State | None, force: str | None) -> Page:
        await self._ledger.reach()
        after = wire_cursor.last_id(cursor) if cursor is not None else ""
        found = [
            entry
            for entry_id, entry in sorted(self._ledger.entries.items())
            if entry_id > after
            and (state is None or entry.state is state)
            and (force is None or entry.terms.owner_force == force)
        ]
        more = len(found) > limit
        items = found[:limit]
        return Page(items, wire_cursor.cursor(items[-1].entry_id) if more and items else None)

    async def search(self, vrms: list[str], by: Caller, reason: str, at: datetime) -> list[Entry]:
        await self._ledger.reach()
        found = [entry for entry in self._active() if entry.terms.vrm in vrms]
        found.sort(key=lambda entry: entry.entry_id)
        ids = " ".join(entry.entry_id for entry in found) or "none"
        looked = AuditAct(at, Kind.CONSULTATION, by.token_id, by.force, "watchlist.search", ids, reason)
        self._ledger.append_audit([looked])
        return found

    async def history(self, entry_id: str) -> list[Version]:
        await self._ledger.reach()
        return list(self._ledger.history.get(entry_id, []))

    async def snapshot(self) -> Snapshot:
        await self._ledger.reach()
        return Snapshot(len(self._ledger.changes), self._active())

    async def changes(self, after: int, limit: int) -> list[Change]:
        await self._ledger.reach()
        return self._ledger.changes[after : after + limit]

    async def revision(self) -> int:
        await self._ledger.reach()
        return len(self._ledger.changes)

    def _active(self) -> list[Entry]:
        return [entry for entry in self._ledger.entries.values() if entry.state is State.ACTIVE]


def _closed(entry: Entry, state: State, by: str, at: datetime) -> Entry:
    return replace(entry, version=entry.version + 1, state=state, updated_at=at, updated_by=by)


def _audited(version: Version, by: str, force: str | None) -> AuditAct:
    kind = Kind.COLLECTION if version.act is Act.CREATED else Kind.ALTERATION
    entry_id = version.entry.entry_id
    return AuditAct(version.at, kind, by, force, f"watchlist.{version.act.value}", entry_id, version.reason)
