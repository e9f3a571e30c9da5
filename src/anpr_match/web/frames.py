"""Frames as they travel, made once for all who get the same: the same event after the same one before."""

from collections import OrderedDict

from anpr_match.domain.event import Event
from anpr_match.wire import feed

FRAMES_MAX = 1_000
"""More than a page of events, of which each car is told before the next car is."""


class Frames:
    """The newest frames of this process."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, int, bool], bytes] = OrderedDict()

    def packed(self, event: Event, prev: int, *, place_unknown: bool) -> tuple[bytes, bool]:
        """The event's frame within a websocket's text frame; and whether this is the first to ask for it."""
        key = (event.seq, prev, place_unknown)
        if (made := self._made.get(key)) is not None:
            return made, False
        made = self._made[key] = text_frame(feed.frame(event, prev, place_unknown=place_unknown))
        if len(self._made) > FRAMES_MAX:
            self._made.popitem(last=False)
        return made, True


def text_frame(text: str) -> bytes:
    """One whole text frame from a server, which masks nothing (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
