"""Feed frames: one JSON object each, `type` names the frame; and the close codes.

A frame with `seq` is an event of the log; its `prev` is the seq before it in this subscription.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated, Any

import msgspec

from anpr_match.domain.event import Bounds, Event
from anpr_match.wire.filters import Filters

__all__ = ["Filters"]  # a part of the hello

REASON_BYTES_MAX = 123
"""How long the reason of a close frame may be (RFC 6455, section 5.5)."""


class Close(IntEnum):
    """Why the server closed; codes up to 4499 mean: come back."""

    BAD_FRAME = 1008
    RESTARTING = 1012
    TRY_LATER = 1013
    NOT_ALLOWED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    REPLACED = 4409


class Resume(msgspec.Struct, frozen=True):
    """Where a client was: the last seq it holds of the log `epoch`."""

    epoch: str
    seq: Annotated[int, msgspec.Meta(ge=0)]


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """The client's first frame. `token` or `ticket` is needed when the handshake carried no token.

    `device` is the client's name for itself: the newest connection of a device ends the one before.
    """

    token: str | None = None
    ticket: str | None = None
    resume: Resume | None = None
    filters: Filters | None = None
    device: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = None


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="type"):
    """Everything up to `seq` is safe on the device. Not the officer's acknowledgement."""

    seq: Annotated[int, msgspec.Meta(ge=0)]


class Ping(msgspec.Struct, frozen=True, tag="ping", tag_field="type"):
    """The client asks for a heartbeat now."""


class Fix(msgspec.Struct, frozen=True, tag="position", tag_field="type"):
    """Where the unit is, in degrees; `accuracy_m` is the radius that it is good to."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None

    def __post_init__(self) -> None:
        try:
            self.at.astimezone(UTC)
        except OverflowError:
            raise ValueError("there is no such time") from None


FromClient = Hello | Ack | Ping | Fix

_decoder: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_encode = msgspec.json.Encoder().encode


def decode(frame: str | bytes) -> FromClient:
    """Raises `msgspec.ValidationError` or `msgspec.DecodeError` on what is no frame."""
    try:
        return _decoder.decode(frame)
    except RecursionError:
        raise msgspec.DecodeError("nested too deeply") from None


def welcome(session: str, bounds: Bounds, facts: Mapping[str, Any]) -> str:
    """The first frame. `facts` are the fields that are not of the log: what the reference of the feed
    names beside `session` and the bounds."""
    return _encode({"type": "welcome", "session": session, **_log(bounds), **facts}).decode()


def heartbeat(head_seq: int, through_seq: int, watchlist_revision: int) -> str:
    """The log has come to `head_seq`; of what lies up to `through_seq` all was sent that is for this
    subscription, so that a client may resume from there."""
    return (
        f'{{"type":"heartbeat","head_seq":{head_seq},"through_seq":{through_seq},'
        f'"watchlist_revision":{watchlist_revision}}}'
    )


def reset(reason: str, bounds: Bounds) -> str:
    """The position cannot be honoured: fetch `GET /v1/hits`, then go on from `head_seq`."""
    return _encode({"type": "reset", "reason": reason, **_log(bounds)}).decode()


def closing(code: int, reason: str) -> str:
    """The last frame of a stream that has no close codes of its own."""
    return _encode({"type": "closing", "code": code, "reason": reason}).decode()


def _log(bounds: Bounds) -> dict[str, Any]:
    return {"epoch": bounds.epoch, "head_seq": bounds.head_seq, "floor_seq": bounds.floor_seq}


def error(code: str, detail: str) -> str:
    return _encode({"type": "error", "code": code, "detail": detail}).decode()


def frame(event: Event, prev: int, *, place_unknown: bool = False) -> str:
    """The frame of an event; its body is spliced in as it was rendered. `place_unknown`: it passed a
    filter by area because nobody can tell whether it is in there."""
    mark = '"place_unknown":true,' if place_unknown else ""
    return f'{{"type":"{event.kind.value}","seq":{event.seq},"prev":{prev},{mark}"hit":{event.body}}}'
