"""What the commands on entries do; their declarations stand in `watchlist`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from anpr_match.cli.opened import Stores, as_analyst, in_stores, who
from anpr_match.domain.errors import NotFound, Problem, Refused
from anpr_match.domain.watchlist import Entry, State
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.ports.audit import Act, Kind
from anpr_match.watchlist_file import cells as cell_forms
from anpr_match.watchlist_file import times
from anpr_match.watchlist_file.entries import Defaults, Desk, Reader
from anpr_match.watchlist_file.rows import Row
from anpr_match.wire import watchlist as wire

PAGE_ENTRIES = 500

Out = dict[str, Any]


def entries(force: str | None, state: State | None, limit: int) -> list[Out]:
    """The first entries of the list, as they go out over HTTP."""

    async def work(stores: Stores) -> list[Out]:
        taken: list[Out] = []
        async for entry in every(stores, force, state):
            taken.append(_out(entry))
            if len(taken) == limit:
                break
        await _looked(stores, "watchlist.list", f"{len(taken)} entries", force)
        return taken

    return in_stores(work)


def due(force: str | None, within_days: int) -> list[Out]:
    """The active entries whose review comes within so many days, the most pressing first."""

    async def work(stores: Stores) -> list[Out]:
        until = stores.clock.now() + timedelta(days=within_days)
        found = [e async for e in every(stores, force, State.ACTIVE) if e.terms.review_at <= until]
        await _looked(stores, "watchlist.list", f"{len(found)} entries", force)
        return [_out(entry) for entry in sorted(found, key=lambda e: e.terms.review_at)]

    return in_stores(work)


def history(entry_id: str) -> dict[str, Any]:
    """An entry and what was done to it. Raises `NotFound`."""

    async def work(stores: Stores) -> dict[str, Any]:
        versions = await stores.watchlist.history(entry_id)
        if not versions:
            raise NotFound(f"there is no entry {entry_id}")
        await _looked(stores, "watchlist.history", entry_id, None)
        items = [wire.version_out(version).model_dump(mode="json") for version in versions]
        return {"entry": _out(versions[-1].entry), "items": items}

    return in_stores(work)


def add(cells: dict[str, str], warnings: tuple[str, ...]) -> Out:
    """List what the options state, as one row of a file would. Raises `Refused`."""
    if warnings:
        cells = {**cells, "warnings": cell_forms.from_list(warnings)}

    async def work(stores: Stores) -> Out:
        force = cells["owner_force"]
        desk = Desk(frozenset(await stores.registers.forces()), force, stores.clock.now())
        terms = Reader(Defaults(), desk).terms(Row(1, cells))
        return _out(await editor(stores).create(terms, as_analyst(force)))

    return in_stores(work)


def withdraw(entry_id: str, reason: str) -> Out:
    """Take the entry off the list. Raises `NotFound`, `Conflict`."""

    async def work(stores: Stores) -> Out:
        entry = await _entry(stores, entry_id)
        return _out(await editor(stores).withdraw(entry, reason, as_analyst(entry.terms.owner_force)))

    return in_stores(work)


def reviewed(entry_id: str, next_at: str) -> Out:
    """Note that the entry was looked at, and when it is to be next. Raises `NotFound`, `Refused`."""
    try:
        review_at = times.first_moment(next_at)
    except ValueError as error:
        raise Refused([Problem("--next", "time", str(error))]) from error

    async def work(stores: Stores) -> Out:
        entry = await _entry(stores, entry_id)
        terms = replace(entry.terms, review_at=review_at)
        return _out(await editor(stores).amend(entry, terms, as_analyst(terms.owner_force)))

    return in_stores(work)


def editor(stores: Stores) -> Watchlist:
    """The same rules and bells as behind the HTTP door."""
    return Watchlist(stores.watchlist, stores.registers, stores.audit, stores.wake_up, stores.clock)


async def every(stores: Stores, force: str | None, state: State | None) -> AsyncIterator[Entry]:
    """Every such entry, by id."""
    cursor: str | None = None
    while True:
        page = await stores.watchlist.entries(cursor, PAGE_ENTRIES, state, force)
        for entry in page.items:
            yield entry
        if page.next is None:
            return
        cursor = page.next


def in_brief(entry: Out) -> Out:
    """The entry with what names its vehicle in one field."""
    described = " ".join(entry[name] for name in ("colour", "make", "model", "type") if entry[name])
    return {**entry, "vehicle": entry["plate"] or entry["pattern"] or described}


async def _entry(stores: Stores, entry_id: str) -> Entry:
    entry = await stores.watchlist.entry(entry_id)
    if entry is None:
        raise NotFound(f"there is no entry {entry_id}")
    return entry


async def _looked(stores: Stores, action: str, subject: str, force: str | None) -> None:
    now = stores.clock.now()
    await stores.audit.note(Act(now, Kind.CONSULTATION, who(), force, action, subject, None))


def _out(entry: Entry) -> Out:
    return wire.entry_out(entry).model_dump(mode="json")
