"""What the server tells on the feed, as a client takes it; `wire/feed.py` renders the same frames.

A client passes over fields and kinds of frames that it does not know: later servers may tell more.
"""

from typing import Any, get_args

import msgspec


class Welcome(msgspec.Struct, frozen=True, tag="welcome", tag_field="type"):
    """The first frame. `recovered`: events go on from where the hello asked to resume; else they go on
    from `head_seq`; `after_seq` is the one of the two. Positions from `floor_seq` on, in this `epoch`, can
    be resumed from. `acked_seq`: how far this device was known to have come. `unit`: whose feed this is."""

    session: str
    epoch: str
    head_seq: int
    floor_seq: int
    recovered: bool
    heartbeat_s: float
    watchlist_revision: int = 0
    after_seq: int | None = None
    acked_seq: int | None = None
    unit: dict[str, Any] | None = None


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat", tag_field="type"):
    """The link is alive, and the log has come to `head_seq`. Of what lies up to `through_seq` all was sent
    that is for this subscription: a client that has it all may resume from there."""

    head_seq: int
    through_seq: int = 0
    watchlist_revision: int = 0


class Reset(msgspec.Struct, frozen=True, tag="reset", tag_field="type"):
    """The position asked for cannot be honoured. Fetch `GET /v1/hits`; events go on after `head_seq`."""

    reason: str
    epoch: str
    head_seq: int
    floor_seq: int


class Error(msgspec.Struct, frozen=True, tag="error", tag_field="type"):
    """What was wrong with a frame of the client's."""

    code: str
    detail: str = ""


class Closing(msgspec.Struct, frozen=True, tag="closing", tag_field="type"):
    """The last frame of an event stream, which has no close codes of its own."""

    code: int
    reason: str = ""


class Event(msgspec.Struct, frozen=True, tag="event", tag_field="type"):
    """One event of the log: its place, and `prev`, the place of the one before it in this subscription.
    `place_unknown`: it passed a filter by area because nobody can tell whether it is in there."""

    seq: int
    prev: int
    hit: dict[str, Any]
    place_unknown: bool = False

    @property
    def kind(self) -> str:
        tag = self.__struct_config__.tag
        return str(tag)

    @property
    def hit_id(self) -> str:
        return str(self.hit.get("hit_id", ""))


class HitEvent(Event, frozen=True, tag="hit"):
    """A read matched an entry; the body is that of `GET /v1/hits/{hit_id}`."""


class UpdatedEvent(Event, frozen=True, tag="hit.updated"):
    """Something about a hit changed."""


class WithdrawnEvent(Event, frozen=True, tag="hit.withdrawn"):
    """The card is to be taken away, for the reason given."""


class OtherEvent(Event, frozen=True, tag="event"):
    """An event of a kind that this version does not know: it has its place in the log all the same."""


class Page(msgspec.Struct, frozen=True):
    """The answer of `GET /v1/hits`: the same events. Go on after `next` until it is `head_seq`."""

    epoch: str
    items: list[HitEvent | UpdatedEvent | WithdrawnEvent]
    next: int
    head_seq: int
    floor_seq: int = 0


FromServer = Welcome | Heartbeat | Reset | Error | Closing | HitEvent | UpdatedEvent | WithdrawnEvent
FRAMES: tuple[type[msgspec.Struct], ...] = get_args(FromServer)
KINDS = frozenset(str(frame.__struct_config__.tag) for frame in FRAMES)

_decoder: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
_page_decoder = msgspec.json.Decoder(Page)


class _Kind(msgspec.Struct):
    type: str
    seq: int | None = None
    prev: int | None = None
    hit: dict[str, Any] | None = None


def decode(text: str | bytes) -> FromServer | OtherEvent | None:
    """The frame; None for a kind that this version does not know and that is no event.

    Raises `msgspec.ValidationError` or `msgspec.DecodeError` on what is no frame.
    """
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError:
        other = msgspec.json.decode(text, type=_Kind)
        if other.type in KINDS:
            raise
        if other.seq is None or other.prev is None:
            return None
        return OtherEvent(other.seq, other.prev, other.hit or {})


def decode_page(text: bytes) -> Page:
    """Raises `msgspec.ValidationError` or `msgspec.DecodeError` on what is no page."""
    return _page_decoder.decode(text)
