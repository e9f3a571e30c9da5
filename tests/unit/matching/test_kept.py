"""The matcher's memory as bytes: a restart between two reads changes no probability."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anpr_match.domain.routing import Place
from anpr_match.matching import kept, model
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher, Memory
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import RecentSightings, Sighting
from tests.unit.matching.test_cuts import PLACES, READS, START, a_stream
from tests.unit.matching.voi import a_voi

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def restarted(memory: Memory, key: bytes = KEY) -> Memory:
    return kept.from_bytes(kept.to_bytes(memory.seen, memory.sightings.state(), KEY), key)


def sighted(*plates: str, plates_max: int = 100) -> Memory:
    """A memory in which these plates were sighted one after the other."""
    sightings = RecentSightings(plates_max)
    for number, vrm in enumerate(plates):
        sightings.note(vrm, Sighting(f"CAM{number}", NOW + timedelta(seconds=number), Place(51.5, -0.4)))
    return Memory(SeenBefore(KEY, plates_max=64), sightings)


@pytest.mark.parametrize("at", [1, 5_000, 9_999, 10_000, 11_500])
def test_a_restart_between_two_reads_changes_no_probability(at: int) -> None:
    """Plates seen, sightings and rates go on where they were, within a block of reads or between two."""
    listed, reads = a_stream()
    index = WatchlistIndex.build([a_voi(f"e-{plate}", plate) for plate in listed], 1)

    def run(restarts: bool) -> list[tuple[str, str, float, str]]:
        matcher = Matcher(model.default(), memory=Memory(SeenBefore(KEY)))
        found = []
        for start, end in ((0, at), (at, READS)):
            part = reads[start:end]
            for place, match in matcher.match(part, index, START, {}, PLACES):
                found.append((part[place].read_id, match.plate_listed, match.probability, match.reason))
            if restarts and matcher.memory:
                matcher = Matcher(model.default(), memory=restarted(matcher.memory))
        return found

    assert run(restarts=True) == run(restarts=False)


def test_sightings_come_back_whole() -> None:
    """Camera, time to the microsecond and place are those that were noted, twice over a restart too."""
    memory = sighted("AB01CDE", "AB01CDF")
    memory.sightings.note("AB01CDG", Sighting("CAM0", NOW))
    again = restarted(restarted(memory))
    for vrm in ("AB01CDE", "AB01CDF", "AB01CDG"):
        assert again.sightings.last(vrm) == memory.sightings.last(vrm)
    assert again.sightings.last("AB01CDH") is None


def test_a_sighting_after_the_restart_takes_the_place_of_the_old_one() -> None:
    """There is one sighting of a plate, from before or since."""
    again = restarted(sighted("AB01CDE"))
    newer = Sighting("CAM9", NOW + timedelta(hours=1))
    again.sightings.note("AB01CDE", newer)
    assert again.sightings.last("AB01CDE") == newer
    assert not again.sightings.state().hashed


def test_those_from_before_the_restart_are_forgotten_first() -> None:
    """The bound holds over restarts, and the oldest goes."""
    state = restarted(sighted("AB01CDE", "AB01CDF")).sightings.state()
    bound = RecentSightings.recalled(state, kept._keyed(KEY), plates_max=2)
    bound.note("AB01CDG", Sighting("C", NOW))
    assert [bound.last(vrm) is not None for vrm in ("AB01CDE", "AB01CDF", "AB01CDG")] == [False, True, True]


def test_what_is_noted_while_it_is_packed_is_not_in_it() -> None:
    """The copy that is packed does not change with the matcher."""
    memory = sighted("AB01CDE")
    state = memory.sightings.state()
    memory.sightings.note("AB01CDF", Sighting("C", NOW))
    again = kept.from_bytes(kept.to_bytes(memory.seen, state, KEY), KEY)
    assert again.sightings.last("AB01CDE") is not None
    assert again.sightings.last("AB01CDF") is None


def test_no_plate_lies_in_the_bytes() -> None:
    """Neither as it is nor unpacked; and the hash is not the same under another key."""
    memory = sighted("AB01CDE")
    state = memory.sightings.state()
    packed = zlib.decompress(kept._last(state, kept._keyed(KEY)))
    assert b"AB01CDE" not in packed
    assert packed != zlib.decompress(kept._last(state, kept._keyed(b"other" * 8)))


@pytest.mark.parametrize("at", [4, 30, -1])
def test_altered_bytes_are_refused(at: int) -> None:
    """One byte that is not what was written, anywhere, and the memory is none."""
    raw = bytearray(kept.to_bytes(SeenBefore(KEY, plates_max=64), RecentSightings().state(), KEY))
    raw[at] ^= 1
    with pytest.raises(ValueError, match="not whole"):
        kept.from_bytes(bytes(raw), KEY)


def test_bytes_that_were_cut_and_another_key_are_refused() -> None:
    """Half a file is none, and what was made with another key tells nothing."""
    memory = sighted("AB01CDE")
    raw = kept.to_bytes(memory.seen, memory.sightings.state(), KEY)
    for bad, key in ((raw[: len(raw) // 2], KEY), (raw[:10], KEY), (raw, b"other" * 8)):
        with pytest.raises(ValueError, match="not whole"):
            kept.from_bytes(bad, key)


def test_a_memory_of_plates_seen_alone_is_recalled() -> None:
    """What a former version saved is not lost; half of it is refused."""
    old = SeenBefore(KEY, plates_max=64).to_bytes()
    assert kept.from_bytes(old, KEY).sightings.state() == RecentSightings().state()
    for bad in (old[:-3], old[:20], old[: len(old) // 2]):
        with pytest.raises(ValueError, match="seen-before memory"):
            kept.from_bytes(bad, KEY)


def test_places_that_are_not_known_stay_so() -> None:
    """A sighting without a place comes back without one."""
    memory = sighted()
    memory.sightings.note("AB01CDE", replace(Sighting("C1", NOW), place=None))
    assert restarted(memory).sightings.last("AB01CDE") == Sighting("C1", NOW)
