"""The shared watchlist over REST. Plates go in bodies, never in a URL."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response

from anpr_match.domain.caller import Caller
from anpr_match.domain.watchlist import Entry, State
from anpr_match.pipeline.watchlist import Watchlist
from anpr_match.web import auth, documented, etags, reports
from anpr_match.web.services import Parts
from anpr_match.wire import watchlist as wire
from anpr_match.wire.fields import ForceCode

router = APIRouter(prefix="/v1/watchlist/entries", tags=["watchlist"], responses=documented.SIGNED_IN)

PAGE_DEFAULT = 100


async def _watchlist(parts: Parts) -> Watchlist:
    return parts.watchlist


List = Annotated[Watchlist, Depends(_watchlist)]


@router.post("", status_code=201, response_model=wire.EntryOut, responses=documented.CREATE)
async def create_entry(
    entry: wire.EntryIn,
    caller: auth.Analyst,
    watchlist: List,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="The same call repeated with the same key makes one entry."),
    ] = None,
) -> wire.EntryOut:
    """List a vehicle of interest. It is live in the matcher within a second."""
    made = await watchlist.create(entry.terms(), caller, idempotency_key)
    response.headers["Location"] = f"{router.prefix}/{made.entry_id}"
    return _shown(made, response)


@router.get("", response_model=wire.EntryPage)
async def list_entries(
    caller: auth.Analyst,
    watchlist: List,
    parts: Parts,
    limit: Annotated[int, Query(ge=1)] = PAGE_DEFAULT,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    state: State | None = None,
    force: Annotated[ForceCode | None, Query(description="The owner force.")] = None,
) -> wire.EntryPage:
    """Entries that are shared with the caller's force. A page may hold fewer than `limit` though more
    follow: only `next: null` is the end."""
    page = await watchlist.entries(cursor, min(limit, parts.limits.page_max), state, force, caller)
    return wire.EntryPage(items=[wire.entry_out(entry) for entry in page.items], next=page.next)


@router.post("/search", response_model=wire.EntryPage, responses=documented.REFUSED)
async def search_entries(search: wire.SearchIn, caller: auth.Analyst, watchlist: List) -> wire.EntryPage:
    """Active entries with these plates, however they are spelt. The look-up is recorded with its reason."""
    found = await watchlist.search(search.plates, search.reason, caller)
    return wire.EntryPage(items=[wire.entry_out(entry) for entry in found], next=None)


@router.get("/{entry_id}", response_model=wire.EntryOut, responses=documented.READ)
async def read_entry(
    entry_id: documented.Id,
    caller: auth.Analyst,
    watchlist: List,
    response: Response,
    if_none_match: etags.IfNoneMatch = None,
) -> wire.EntryOut | Response:
    """One entry; its ETag is needed to change it."""
    entry = await watchlist.entry(entry_id, caller)
    if etags.holds(if_none_match, entry.version):
        return Response(status_code=304, headers={"ETag": etags.etag(entry.version)})
    await watchlist.consulted("watchlist.entry", entry_id, caller)
    return _shown(entry, response)


@router.patch(
    "/{entry_id}",
    response_model=wire.EntryOut,
    responses=documented.CHANGE,
    openapi_extra=documented.merge_patch(wire.EntryIn, wire.PATCH_EXAMPLE),
)
async def change_entry(
    entry_id: documented.Id,
    patch: Annotated[dict[str, Any], Body(media_type=documented.MERGE_PATCH)],
    caller: auth.Analyst,
    watchlist: List,
    response: Response,
    if_match: etags.IfMatch = None,
) -> wire.EntryOut:
    """Change an active entry by a merge patch (RFC 7396): what is absent stays, null clears."""
    entry = await _to_change(entry_id, if_match, watchlist, caller)
    amended = await watchlist.amend(entry, wire.patched(entry.terms, patch), caller)
    return _shown(amended, response)


@router.delete("/{entry_id}", response_model=wire.EntryOut, responses=documented.CHANGE)
async def withdraw_entry(
    entry_id: documented.Id,
    caller: auth.Analyst,
    watchlist: List,
    response: Response,
    withdrawal: wire.WithdrawIn | None = None,
    if_match: etags.IfMatch = None,
) -> wire.EntryOut:
    """Take an entry off the list: it stops matching, and its open hits are taken from the cars. The
    entry and its history stay readable."""
    entry = await _to_change(entry_id, if_match, watchlist, caller)
    reason = None if withdrawal is None else withdrawal.reason
    withdrawn = await watchlist.withdraw(entry, reason, caller)
    return _shown(withdrawn, response)


@router.get("/{entry_id}/history", response_model=wire.HistoryOut, responses=documented.READ)
async def entry_history(
    entry_id: documented.Id, caller: auth.Analyst, watchlist: List, parts: Parts
) -> wire.HistoryOut:
    """What was done to the entry, by whom and why, oldest first; and what officers answered on its hits."""
    versions = await watchlist.history(entry_id, caller)
    answers = reports.answers_out(await parts.answers.of_entry(entry_id))
    return wire.HistoryOut(items=[wire.version_out(version) for version in versions], answers=answers)


async def _to_change(entry_id: str, if_match: str | None, watchlist: Watchlist, caller: Caller) -> Entry:
    entry = await watchlist.entry(entry_id, caller)
    etags.require_match(if_match, entry.version)
    return entry


def _shown(entry: Entry, response: Response) -> wire.EntryOut:
    response.headers["ETag"] = etags.etag(entry.version)
    return wire.entry_out(entry)
