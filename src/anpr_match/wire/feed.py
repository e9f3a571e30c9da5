"""Feed frames: one JSON object each, `type` names the frame; and the close codes.

A frame with `seq` is an event of the log; its `prev` is the seq before it in this subscription.
"""

from enum import IntEnum
from typing import Annotated

import msgspec

from anpr_match.domain.event import Bounds, Event


class Close(IntEnum):
    """Why the server closed; codes up to 4499 mean: come back."""

    BAD_FRAME = 1008
    RESTARTING = 1012
    NOT_ALLOWED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    REPLACED = 4409


class Resume(msgspec.Struct, frozen=True):
    """Where a client was: the last seq it holds of the log `epoch`."""

    epoch: str
    seq: Annotated[int, msgspec.Meta(ge=0)]


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a subscription wants of what it may see; None is everything.

    `priority` is the least urgent that is wanted (1 is the most urgent).
    """

    forces: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    operations: frozenset[str] | None = None
    tiers: frozenset[str] | None = None
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None

    def wants(self, event: Event) -> bool:
        return (
            (self.forces is None or event.owner_force in self.forces)
            and (self.categories is None or event.category in self.categories)
            and (self.operations is None or event.operation_id in self.operations)
            and (self.tiers is None or event.tier in self.tiers)
            and (self.priority is None or event.priority <= self.priority)
        )


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """The client's first frame. `token` is needed when the handshake carried none."""

    token: str | None = None
    ticket: str | None = None
    resume: Resume | None = None
    filters: Filters | None = None


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="type"):
    """Everything up to `seq` is safe on the device. Not the officer's acknowledgement."""

    seq: Annotated[int, msgspec.Meta(ge=0)]


class Ping(msgspec.Struct, frozen=True, tag="ping", tag_field="type"):
    """The client asks for a heartbeat now."""


FromClient = Hello | Ack | Ping

_decoder: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_encode = msgspec.json.Encoder().encode


def decode(frame: str | bytes) -> FromClient:
    """Raises `msgspec.ValidationError` or `msgspec.DecodeError` on what is no frame."""
    return _decoder.decode(frame)


def welcome(
    session: str, bounds: Bounds, *, recovered: bool, heartbeat_s: float, watchlist_revision: int
) -> str:
    return _encode(
        {
            "type": "welcome",
            "session": session,
            "epoch": bounds.epoch,
            "head_seq": bounds.head_seq,
            "floor_seq": bounds.floor_seq,
            "recovered": recovered,
            "heartbeat_s": heartbeat_s,
            "watchlist_revision": watchlist_revision,
        }
    ).decode()


def heartbeat(head_seq: int, watchlist_revision: int) -> str:
    return f'{{"type":"heartbeat","head_seq":{head_seq},"watchlist_revision":{watchlist_revision}}}'


def reset(reason: str, bounds: Bounds) -> str:
    """The position cannot be honoured: fetch `GET /v1/hits`, then go on from `head_seq`."""
    return _encode(
        {
            "type": "reset",
            "reason": reason,
            "epoch": bounds.epoch,
            "head_seq": bounds.head_seq,
            "floor_seq": bounds.floor_seq,
        }
    ).decode()


def error(code: str, detail: str) -> str:
    return _encode({"type": "error", "code": code, "detail": detail}).decode()


def frame(event: Event, prev: int) -> str:
    """The frame of an event; its body is spliced in as it was rendered."""
    return f'{{"type":"{event.kind.value}","seq":{event.seq},"prev":{prev},"hit":{event.body}}}'
