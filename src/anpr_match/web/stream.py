"""The feed as server-sent events: the same frames as on the websocket, for clients that only read.

The id of an event is `epoch:seq`, the place in the log that it brings the client to; a client that comes
back names the last one in `Last-Event-ID`. The token comes in the `Authorization` header: a browser reads
the stream with `fetch`, since `EventSource` can set no header and nothing secret goes into an address.
"""

import asyncio
import contextlib
import random
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from anpr_match.domain.caller import Caller
from anpr_match.domain.errors import Forbidden, Problem, Refused, Unavailable
from anpr_match.web import auth, documented, errors, origins
from anpr_match.web.listening import CLOSE_S, COME_BACK, Ended, Listening, check, first_ended
from anpr_match.web.services import Parts, Services
from anpr_match.wire import feed
from anpr_match.wire.filters import Filters

router = APIRouter(prefix="/v1/hits", tags=["hits"], responses=documented.SIGNED_IN)

RETRY_MS = (1_000, 5_000)
"""How long clients are asked to wait before they come back: each another time, not all at once."""

_REFUSALS = {feed.Close.NOT_ALLOWED: 403, feed.Close.FORBIDDEN: 403, feed.Close.TRY_LATER: 503}

_PARAMETERS = frozenset({"after", *Filters.__struct_fields__})

Words = Annotated[list[str] | None, Query(max_length=100)]


@router.get("/stream", summary="The feed as server-sent events", responses=documented.STREAM)
async def stream(
    request: Request,
    caller: auth.Informed,
    parts: Parts,
    after: Annotated[
        str | None, Query(max_length=200, description="The last place you hold: `epoch:seq`, or a seq.")
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
    forces: Words = None,
    categories: Words = None,
    operations: Words = None,
    tiers: Words = None,
    priority: Annotated[int | None, Query(ge=1, le=3)] = None,
    area: Annotated[str | None, Query(max_length=20_000, description="A GeoJSON polygon.")] = None,
    within_km: Annotated[float | None, Query(gt=0, le=1_000)] = None,
    point: Annotated[str | None, Query(max_length=60, description="`lon,lat`")] = None,
    addressed: Annotated[bool, Query()] = False,
) -> Response:
    """Events as they come; each is one JSON object, as on the websocket. Filters are those of the hello."""
    if not origins.allowed(request, parts.feed.origins):
        raise Forbidden("this web page may not open a feed")
    _check_names(request)
    given = {
        "forces": forces,
        "categories": categories,
        "operations": operations,
        "tiers": tiers,
        "priority": priority,
        "area": _json(area),
        "within_km": within_km,
        "point": point and point.split(","),
        "addressed": addressed,
    }
    listening = Listening(parts, _checked(caller), _filters(given))
    # A seq alone is of the log that there is, which is known once the log is open.
    await parts.hub.opened()
    resume = _resume(last_event_id or after, parts.hub.bounds.epoch)
    return EventStream(parts, listening, await listening.begin(resume, None))


def _check_names(request: Request) -> None:
    """A filter that is misspelt is no filter, and is refused as in a hello."""
    unknown = sorted(set(request.query_params) - _PARAMETERS)
    if unknown:
        raise Refused([Problem("?" + unknown[0][:50], "unknown", "the stream has no such filter")])


def _checked(caller: Caller) -> Caller:
    try:
        return check(caller)
    except Ended as ended:
        raise Forbidden(ended.reason) from None


def _json(text: str | None) -> Any:
    try:
        return None if text is None else msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Refused([Problem("?area", "json_invalid", "the area is to be a GeoJSON polygon")]) from None


def _filters(given: dict[str, Any]) -> Filters:
    try:
        return msgspec.convert({k: v for k, v in given.items() if v is not None}, Filters, strict=False)
    except msgspec.ValidationError as error:
        raise Refused([Problem("?", "filter", str(error))]) from None


def _resume(place: str | None, epoch: str) -> feed.Resume | None:
    """The place as `epoch:seq`; a seq alone is one of the log that there is now."""
    if place is None:
        return None
    named, _, seq = place.rpartition(":")
    if not seq.isascii() or not seq.isdigit() or len(seq) > 18:
        raise Refused([Problem("?after", "place", "a place in the log is `epoch:seq`, or a seq")])
    return feed.Resume(named or epoch, int(seq))


class EventStream(Response):
    """One feed as an event stream, until it ends."""

    media_type = "text/event-stream"

    def __init__(self, services: Services, listening: Listening, frames: list[str]) -> None:
        super().__init__(None, 200, {"X-Accel-Buffering": "no"}, self.media_type)
        del self.headers["content-length"]
        self._services = services
        self._listening = listening
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        line = _Line(send, self.raw_headers, self._services.feed.send_s)
        try:
            async with self._listening.open(), asyncio.TaskGroup() as ways:
                ways.create_task(_until_gone(receive))
                await self._tell(line)
        except* Ended as ended:
            await self._end(line, first_ended(ended), scope, receive, send)
        except* Unavailable:
            away = Ended(feed.Close.RESTARTING, f"a part is away: {COME_BACK}")
            await self._end(line, away, scope, receive, send)
        except* ClientDisconnect:
            pass

    async def _tell(self, line: "_Line") -> None:
        listening = self._listening
        await line.put(f"retry: {random.randint(*RETRY_MS)}\n")
        for frame in self._frames:
            await line.put(_event(frame, listening.place(listening.subscription.sent_seq)))
        while True:
            for seq, frame in await listening.frames():
                await line.put(_event(frame, listening.place(seq)))

    async def _end(self, line: "_Line", ended: Ended, scope: Scope, receive: Receive, send: Send) -> None:
        self._services.metrics.feed_closes.labels(code=str(int(ended.code))).inc()
        if not line.begun:
            status = _REFUSALS.get(ended.code, 503)
            await errors.response(status, errors.code_of(status), ended.reason)(scope, receive, send)
        elif ended.code is not feed.Close.TOO_SLOW:
            # One that is too slow would not take this either: its line is cut by the server.
            with contextlib.suppress(Ended, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await line.put(_event(feed.closing(int(ended.code), ended.reason)))
                    await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Line:
    """The way to the client, begun with the first thing that is put on it."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], send_s: float) -> None:
        self._send = send
        self._headers = headers
        self._send_s = send_s
        self.begun = False

    async def put(self, text: str) -> None:
        """Raises `Ended` when the client does not take it in time."""
        try:
            async with asyncio.timeout(self._send_s):
                if not self.begun:
                    self.begun = True
                    await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
                await self._send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        except TimeoutError:
            raise Ended(feed.Close.TOO_SLOW, "frames were not taken in time") from None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


def _event(frame: str, place: str | None = None) -> str:
    return f"id: {place}\ndata: {frame}\n\n" if place is not None else f"data: {frame}\n\n"
