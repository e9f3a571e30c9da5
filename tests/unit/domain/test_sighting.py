"""Which hits are one passing of a vehicle."""

from datetime import timedelta

from anpr_match.backends.memory.clock import START
from anpr_match.domain.camera import Camera
from anpr_match.domain.hit import Sighting, passing_id, sighting_id
from anpr_match.domain.sighting import PREVIOUS_MAX, RECENT_MAX, Passing, Rules, newest, place, previous
from anpr_match.domain.watchlist import Entry, State
from tests.contract.makers import A505, A1081, some_hit, some_terms

RULES = Rules()
WINDOW = RULES.window
ENTRY = Entry("e1", 1, some_terms(), State.ACTIVE, START, "desk 4", START, "desk 4")


def _at(minutes: float) -> Passing:
    """A passing of one read."""
    return place(some_hit(ENTRY, f"r{minutes}", START + timedelta(minutes=minutes)), [], RULES)


def test_first_read() -> None:
    """The first read of a vehicle begins a sighting that is named after it."""
    hit = some_hit(ENTRY, "r1")
    passing = place(hit, [], RULES)
    assert passing.sighting == Sighting(sighting_id(hit.read, ENTRY), 1)
    assert (passing.first_at, passing.last_at, passing.camera_id) == (START, START, "CAM001")


def test_window_is_included() -> None:
    """A read exactly a window after the last one belongs to it; a moment later it does not."""
    on = some_hit(ENTRY, "r2", START + WINDOW)
    after = some_hit(ENTRY, "r3", START + WINDOW + timedelta(microseconds=1))
    assert place(on, [_at(0)], RULES).reads == 2
    assert place(after, [_at(0)], RULES).reads == 1


def test_newest_camera() -> None:
    """A sighting tells of the camera of its last read, by time of capture and not of coming in."""
    passing = place(some_hit(ENTRY, "r2", START + timedelta(minutes=5), A505), [_at(0)], RULES)
    assert (passing.camera_id, passing.road) == ("CAM002", "A505")
    late = place(some_hit(ENTRY, "r3", START + timedelta(minutes=1), A1081), [passing], RULES)
    assert (late.camera_id, late.reads, late.last_at) == ("CAM002", 3, START + timedelta(minutes=5))


def test_read_before_the_first() -> None:
    """A read that comes in late and was before the first moves the sighting's beginning."""
    passing = place(some_hit(ENTRY, "r2", START - timedelta(minutes=3)), [_at(0)], RULES)
    assert (passing.first_at, passing.last_at, passing.reads) == (START - timedelta(minutes=3), START, 2)


def test_nearest_of_two() -> None:
    """Between two sightings a read belongs to the nearer."""
    between = some_hit(ENTRY, "r2", START + timedelta(minutes=9))
    early, late = _at(0), _at(16)
    assert place(between, [late, early], RULES).sighting_id == late.sighting_id


def test_previous_is_bounded() -> None:
    """A hit tells of the newest few sightings before it, and of none after it."""
    passings = [_at(hour * 60) for hour in range(8)]
    told = previous(passings[5], passings)
    named = [passing_id(passings[n].sighting_id) for n in (4, 3, 2)]
    assert [before["sighting_id"] for before in told] == named
    assert len(told) == PREVIOUS_MAX


def test_newest() -> None:
    """Hits are placed among the newest sightings only."""
    passings = [_at(hour * 60) for hour in range(RECENT_MAX + 3)]
    assert newest(passings) == passings[:2:-1]


def _far(name: str, lat: float, lon: float) -> Camera:
    return Camera(name, "kent", name, "M20", lat, lon)


def test_out_of_reach() -> None:
    """A read from where the vehicle cannot have come is another passing: the plate may be borne twice."""
    dover = _far("KENT01", 51.13, 1.30)
    soon = some_hit(ENTRY, "r2", START + timedelta(minutes=5), dover)
    assert place(soon, [_at(0)], RULES).reads == 1
    neighbour = some_hit(ENTRY, "r3", START + timedelta(minutes=5), A505)
    assert place(neighbour, [_at(0)], RULES).reads == 2


def test_heading() -> None:
    """The way from camera to camera is told, and stays while the vehicle is seen at the same place."""
    first = _at(0)
    assert first.sighting.heading is None
    second = place(some_hit(ENTRY, "r2", START + timedelta(minutes=5), A505), [first], RULES)
    assert second.heading is not None
    # CAM002 lies 6.4 km north and a little east of CAM001.
    assert 0 < second.heading < 15
    third = place(some_hit(ENTRY, "r3", START + timedelta(minutes=6), A505), [second], RULES)
    assert (third.heading, third.reads) == (second.heading, 3)


def test_unknown_places() -> None:
    """Without positions time alone decides."""
    nowhere = Camera.unknown("CAM9")
    first = place(some_hit(ENTRY, "r1", START, nowhere), [], RULES)
    second = place(some_hit(ENTRY, "r2", START + timedelta(minutes=1), A1081), [first], RULES)
    assert (second.reads, second.heading) == (2, None)
