"""What the client does about each thing that happens; and that whatever happens, it misses nothing."""

import json
import random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from anpr_match.client import protocol
from anpr_match.client.protocol import Limits, Protocol, State
from anpr_match.domain.event import Position
from anpr_match.wire import feed
from tests.unit.client.server import HEARTBEAT_S, WINDOW_EVENTS, Link, Log


def a_link(hits: int = 0, position: Position | None = None, **limits: Any) -> Link:
    log = Log(hits=[f"h{n}" for n in range(1, hits + 1)])
    return Link(log, Protocol(position, limits=Limits(**limits), chance=random.Random(1)))


def test_a_first_connection_begins_at_the_newest_event() -> None:
    """Without a position the client begins at the head of the log, and acknowledges what it took."""
    link = a_link(hits=5)
    link.connect()
    link.log.hits += ["h6", "h7"]
    link.tell()
    assert [seq for _, seq, _ in link.delivered] == [6, 7]
    assert link.acknowledged_seq == 7
    assert link.client.state is State.LIVE


def test_a_client_resumes_where_it_was() -> None:
    """After a cut the client gets what it missed, in order, once."""
    link = a_link(hits=5, position=Position("e1", 2))
    link.connect()
    link.tell(most=1)
    link.cut()
    link.connect()
    link.tell()
    assert [seq for _, seq, _ in link.delivered] == [3, 4, 5]


def test_a_reset_is_followed_by_catching_up() -> None:
    """A client that was away too long fetches by REST what it missed, and then goes on live."""
    link = a_link(hits=WINDOW_EVENTS + 9, position=Position("e1", 3))
    link.connect()
    link.log.hits.append("new")
    link.tell()
    assert [seq for _, seq, _ in link.delivered] == list(range(4, WINDOW_EVENTS + 11))
    assert link.resets == 1
    assert link.lost == []


def test_what_the_server_no_longer_holds_is_told() -> None:
    """When the log was trimmed while the client was away, it says which places are gone."""
    link = a_link(hits=WINDOW_EVENTS + 9, position=Position("e1", 3))
    link.log.floor_seq = 6
    link.connect()
    assert link.lost == [protocol.Lost(3, 6)]
    assert link.delivered[0][1] == 7


def test_another_epoch_gives_no_hit_twice() -> None:
    """A log that was made anew is read from its beginning, without the hits that were had before."""
    link = a_link(hits=2, position=Position("e1", 0))
    link.connect()
    link.tell()
    link.cut()
    link.log = Log(epoch="e2", hits=["h1", "h2", "h3"])
    link.connect()
    assert link.delivered == [("e1", 1, "h1"), ("e1", 2, "h2"), ("e2", 3, "h3")]


def test_a_missing_event_breaks_the_connection() -> None:
    """An event whose prev is not what the client holds is not taken: it resumes and gets the missing one."""
    link = a_link(hits=3, position=Position("e1", 0))
    link.connect()
    link.lose_one()
    link.tell(most=1)
    assert not link.up
    assert link.delivered == []
    link.connect()
    link.tell()
    assert [seq for _, seq, _ in link.delivered] == [1, 2, 3]


@pytest.mark.parametrize("code", [1008, 4401, 4403, 4409])
def test_some_codes_mean_not_to_come_back(code: int) -> None:
    """After a close that would only repeat itself the client stops, with the reason."""
    link = a_link()
    link.connect()
    link.cut(code)
    assert link.stopped is not None
    assert link.stopped.code == code
    assert link.client.state is State.STOPPED


@pytest.mark.parametrize("code", [None, 1006, 1011, 1012, 1013, 4408])
def test_other_codes_mean_to_come_back(code: int | None) -> None:
    """After any other end the client comes back."""
    link = a_link()
    link.connect()
    link.cut(code)
    assert link.stopped is None
    assert len(link.pauses) == 1


def test_pauses_grow_to_their_bound() -> None:
    """Each failed try doubles the longest pause, up to half a minute; a good link begins anew."""
    link = a_link(pause_first_s=0.5, pause_max_s=30.0)
    for _ in range(200):
        link.up = True
        link.cut()
    assert max(link.pauses[:1]) <= 0.5
    assert max(link.pauses[:3]) <= 2.0
    assert 25.0 < max(link.pauses) <= 30.0
    link.connect()
    link.now_s = HEARTBEAT_S
    link.heartbeat()
    link.cut()
    assert link.pauses[-1] <= 0.5


def test_a_silent_link_is_given_up() -> None:
    """A link that is silent for two and a half heartbeats is dead; before that its age is shown."""
    link = a_link()
    link.connect()
    assert link.client.looked(24.9) == []
    assert link.client.silent_s(24.9) == 24.9
    link.now_s = 20.0
    link.heartbeat()
    assert link.client.looked(25.0) == []
    assert link.client.looked(45.0) == [protocol.Disconnect("nothing was heard for too long")]


def test_a_heartbeat_moves_the_place() -> None:
    """A client that sees little of a busy log resumes from where the server says it lacks nothing."""
    link = a_link(position=Position("e1", 0))
    link.log.hits += [f"h{n}!" for n in range(9)]
    link.connect()
    link.client.received('{"type":"heartbeat","head_seq":9,"through_seq":9}', 1.0)
    assert link.client.position == Position("e1", 9)
    link.log.hits.append("h10")
    link.tell()
    assert [seq for _, seq, _ in link.delivered] == [10]


def test_acknowledgements_are_cumulative() -> None:
    """While more waits to be taken, one acknowledgement stands for many."""
    link = a_link(ack_events=4)
    link.connect()
    due = [link.client.taken(Position("e1", seq), idle=False) for seq in range(1, 10)]
    sent = [json.loads(out.text)["seq"] for outs in due for out in outs if isinstance(out, protocol.Send)]
    assert sent == [4, 8]
    assert link.client.taken(Position("e0", 99), idle=True) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type":"hit","seq":1}', "\0"])
def test_what_is_no_frame_breaks_the_connection(text: str) -> None:
    """A frame that cannot be read ends the connection; nothing is guessed."""
    link = a_link()
    link.connect()
    assert isinstance(link.client.received(text, 1.0)[0], protocol.Disconnect)


def test_unknown_frames_are_passed_over() -> None:
    """A kind of frame that a later server tells is passed over, but an event of it keeps its place."""
    link = a_link()
    link.connect()
    assert link.client.received('{"type":"weather","sky":"grey"}', 1.0) == []
    (told,) = link.client.received('{"type":"hit.sung","seq":4,"prev":0,"hit":{}}', 1.0)
    assert isinstance(told, protocol.Deliver)
    assert link.client.position == Position("e1", 4)


def test_the_hello_carries_filters_and_position() -> None:
    """What the device wants and where it was goes out with the first frame."""
    hello = feed.Hello(filters=feed.Filters(priority=1))
    (sent,) = Protocol(Position("e1", 7), hello).connected(0.0)
    assert isinstance(sent, protocol.Send)
    frame = json.loads(sent.text)
    assert frame["resume"] == {"epoch": "e1", "seq": 7}
    assert frame["filters"]["priority"] == 1


class AnyCourse(RuleBasedStateMachine):
    """Hits, cuts, restarts, trimmed logs, new logs, lost frames and a new process, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.link = a_link(position=Position("e1", 0))
        self.made: list[str] = []
        self.gone: set[str] = set()

    @rule(visible=st.booleans(), how_many=st.integers(1, 12))
    def hits(self, visible: bool, how_many: int) -> None:
        for _ in range(how_many):
            hit = f"h{len(self.made)}" + ("" if visible else "!")
            self.made.append(hit)
            self.link.log.hits.append(hit)

    @rule(most=st.integers(1, 5))
    def tell(self, most: int) -> None:
        self.link.tell(most)

    @rule()
    def lose_one(self) -> None:
        self.link.lose_one()

    @rule(code=st.sampled_from([None, 1006, 1012, 4408]))
    def cut(self, code: int | None) -> None:
        self.link.cut(code)

    @rule()
    def connect(self) -> None:
        if not self.link.up:
            self.link.connect()

    @rule(events=st.integers(1, 10))
    def trim(self, events: int) -> None:
        log = self.link.log
        log.floor_seq = min(log.floor_seq + events, log.head_seq)
        self.gone |= set(log.hits[: log.floor_seq])

    @rule()
    def new_log(self) -> None:
        """The database was made anew from what is there: other numbers, the same hits."""
        log = self.link.log
        self.link.cut()
        self.link.log = Log(epoch=log.epoch + "'", hits=log.hits[log.floor_seq :])

    @rule()
    def new_process(self) -> None:
        self.link.cut()
        self.link.client = Protocol(self.link.client.position, chance=random.Random(2))

    @invariant()
    def places_grow(self) -> None:
        places = [(epoch, seq) for epoch, seq, _ in self.link.delivered]
        assert places == sorted(set(places))

    def teardown(self) -> None:
        """At the end of any course, once the link holds, the client has every hit that it could have."""
        for _ in range(8):
            self.link.cut()
            self.link.connect()
            self.link.tell()
        had = {hit for _, _, hit in self.link.delivered}
        missed = {hit for hit in self.made if not hit.endswith("!")} - had
        assert missed <= self.gone
        if missed:
            assert self.link.lost or self.link.resets


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
