"""The bounds of the front door. Each is a setting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`body_bytes_max`: larger bodies are answered 413; up to `discard_bytes_max` of them are taken
    in and thrown away first, so that a client that is still sending sees the answer and not a reset.
    `body_s`: how long a client may take to send its body. `page_max` bounds every list,
    `scan_events_max` the events looked through for one page of hits."""

    body_bytes_max: int = 2_000_000
    body_s: float = 60.0
    discard_bytes_max: int = 32_000_000
    reads_per_post_max: int = 20_000
    page_max: int = 1_000
    scan_events_max: int = 20_000


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """The bounds of a feed. `hello_s`: a socket that has not said hello by then is closed. `send_s`: how
    long one frame may wait for the client's line before the client counts as too slow. `ticket_s`: how
    long a ticket is good. `position_keep_s`: how long is shown where a unit was. `origins`: web origins
    that may open a feed besides our own."""

    hello_s: float = 10.0
    heartbeat_s: float = 10.0
    send_s: float = 10.0
    ticket_s: float = 45.0
    position_keep_s: float = 1_800.0
    origins: tuple[str, ...] = ()
