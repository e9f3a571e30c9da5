"""A server of the feed in a few lines: a log, what one client may see of it, and a link that can be cut."""

import json
from dataclasses import dataclass, field
from typing import Any

from anpr_match.client import protocol
from anpr_match.client.protocol import Output, Protocol
from anpr_match.domain.event import Position
from anpr_match.wire import told

WINDOW_EVENTS = 8
HEARTBEAT_S = 10.0


@dataclass
class Log:
    """Events of one epoch; those up to `floor_seq` are no longer held. Even hits are seen by the client."""

    epoch: str = "e1"
    floor_seq: int = 0
    hits: list[str] = field(default_factory=list)

    @property
    def head_seq(self) -> int:
        return len(self.hits)

    def seen_after(self, seq: int) -> list[tuple[int, str]]:
        numbered = enumerate(self.hits, 1)
        return [(n, hit) for n, hit in numbered if n > max(seq, self.floor_seq) and not hit.endswith("!")]

    def page(self, after: int, most: int = 3) -> bytes:
        events = self.seen_after(after)[:most]
        prevs = [max(after, self.floor_seq), *(seq for seq, _ in events)]
        items = [a_hit(seq, prev, hit) for (seq, hit), prev in zip(events, prevs, strict=False)]
        looked_to = events[-1][0] if len(events) == most else self.head_seq
        bounds = {"next": looked_to, "head_seq": self.head_seq, "floor_seq": self.floor_seq}
        return json.dumps({"epoch": self.epoch, "items": items, **bounds}).encode()


def a_hit(seq: int, prev: int, hit_id: str) -> dict[str, Any]:
    return {"type": "hit", "seq": seq, "prev": prev, "hit": {"hit_id": hit_id}}


@dataclass
class Link:
    """One client, and the server's end of its connection."""

    log: Log
    client: Protocol
    now_s: float = 0.0
    up: bool = False
    sent_seq: int = 0
    acknowledged_seq: int = 0
    delivered: list[tuple[str, int, str]] = field(default_factory=list)
    lost: list[protocol.Lost] = field(default_factory=list)
    resets: int = 0
    pauses: list[float] = field(default_factory=list)
    stopped: protocol.Stop | None = None

    def connect(self) -> None:
        self.up = True
        self._do(self.client.connected(self.now_s))

    def cut(self, code: int | None = None) -> None:
        if self.up:
            self.up = False
            self._do(self.client.disconnected(code, self.now_s))

    def tell(self, most: int = 1_000) -> None:
        """Send up to `most` of the events that the client has not been sent."""
        for seq, hit in self.log.seen_after(self.sent_seq)[:most]:
            if self.up:
                prev, self.sent_seq = self.sent_seq, seq
                self._receive(a_hit(seq, prev, hit))

    def lose_one(self) -> None:
        """Pass over an event, as no server should."""
        if events := self.log.seen_after(self.sent_seq):
            self.sent_seq = events[0][0]

    def heartbeat(self) -> None:
        if self.up:
            self._receive({"type": "heartbeat", "head_seq": self.log.head_seq})

    def _receive(self, frame: dict[str, Any]) -> None:
        self._do(self.client.received(json.dumps(frame), self.now_s))

    def _do(self, outputs: list[Output]) -> None:
        waiting = list(outputs)
        while waiting:
            output = waiting.pop(0)
            if isinstance(output, protocol.Send):
                self._hear(json.loads(output.text))
            elif isinstance(output, protocol.Deliver):
                self.delivered.append((output.epoch, output.event.seq, output.event.hit_id))
                position = Position(output.epoch, output.event.seq)
                waiting += self.client.taken(position, idle=True)
            elif isinstance(output, protocol.CatchUp):
                waiting += self.client.page(told.decode_page(self.log.page(output.after)))
            elif isinstance(output, protocol.Lost):
                self.lost.append(output)
            elif isinstance(output, protocol.Disconnect):
                self.cut()
            elif isinstance(output, protocol.Retry):
                self.pauses.append(output.pause_s)
            else:
                self.stopped = output

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            self.acknowledged_seq = frame["seq"]
            return
        resume, log = frame["resume"], self.log
        floor_seq = max(log.floor_seq, log.head_seq - WINDOW_EVENTS)
        here = resume is not None and resume["epoch"] == log.epoch
        recovered = here and floor_seq <= resume["seq"] <= log.head_seq
        self.sent_seq = resume["seq"] if recovered else log.head_seq
        bounds = {"epoch": log.epoch, "head_seq": log.head_seq, "floor_seq": floor_seq}
        welcome = {"type": "welcome", "session": "s", "recovered": recovered, "heartbeat_s": HEARTBEAT_S}
        self._receive({**welcome, **bounds})
        if resume is not None and not recovered:
            self.resets += 1
            self._receive({"type": "reset", "reason": "too_old", **bounds})
