"""To whom a hit is addressed."""

from datetime import timedelta

import pytest

from anpr_match.backends.memory.clock import START
from anpr_match.domain.act import ActKind
from anpr_match.domain.handling import begun, next_step, stepped
from anpr_match.domain.routing import Addressee, Level, Place, Plan, Routing
from anpr_match.domain.watchlist import Entry, State
from tests.contract.makers import A505, some_hit, some_terms

LUTON, HITCHIN, DOVER = Place(51.8901, -0.3802), Place(51.9470, -0.2800), Place(51.13, 1.30)
NEAR = Routing(Level.NEAR, ("beds",), START, "astare", LUTON, 10.0)


def test_distance_and_way() -> None:
    """Luton to Hitchin is 9.4 km to the north-east."""
    assert LUTON.km_to(HITCHIN) == pytest.approx(9.34, abs=0.1)
    assert LUTON.bearing_to(HITCHIN) == pytest.approx(47.4, abs=1)
    assert HITCHIN.bearing_to(LUTON) == pytest.approx(227.4, abs=1)


@pytest.mark.parametrize(
    ("who", "addressed"),
    [
        (Addressee("beds"), True),
        (Addressee("herts"), False),
        (Addressee("herts", operation_id="astare"), True),
        (Addressee("herts", operation_id="galileo"), False),
        (Addressee("herts", place=HITCHIN), True),
        (Addressee("kent", place=DOVER), False),
        (Addressee("beds", is_control_room=True), False),
    ],
)
def test_near(who: Addressee, addressed: bool) -> None:
    """Near are the force of the road, the operation's units wherever they are, and whoever is near."""
    assert NEAR.addresses(who) is addressed


def test_control_room() -> None:
    """A control room is asked at the last level, and units still are."""
    last = Routing(Level.CONTROL_ROOM, ("beds", "herts"), START)
    assert last.addresses(Addressee("kent", is_control_room=True))
    assert last.addresses(Addressee("herts"))


def test_a_step_that_was_late() -> None:
    """Each level has its own time: after an outage a hit does not rush through all of them."""
    entry = Entry("e1", 1, some_terms(priority=1), State.ACTIVE, START, "desk 4", START, "desk 4")
    plan = Plan()
    state = begun(some_hit(entry, "r1", camera=A505), START, plan, None)
    assert next_step(state, plan) == (START + timedelta(seconds=60), ActKind.WIDEN)
    late = START + timedelta(hours=5)
    state = stepped(state, ActKind.WIDEN, "h1", late, ("herts", "beds"))
    assert next_step(state, plan) == (late + timedelta(seconds=120), ActKind.CALL_CONTROL_ROOM)
    state = stepped(state, ActKind.CALL_CONTROL_ROOM, "h1", late, ("herts", "beds"))
    assert next_step(state, plan) == (late + timedelta(seconds=3_420), ActKind.EXPIRE)


def test_a_camera_in_a_force_that_may_not_see_it() -> None:
    """Then the owner is asked, for the force of the road must not know."""
    entry = Entry("e1", 1, some_terms(shared_with=("herts",)), State.ACTIVE, START, "desk 4", START, "desk 4")
    state = begun(some_hit(entry, "r1", camera=A505), START, Plan(), None)
    assert state.routing is not None
    assert state.routing.forces == ("herts",)
