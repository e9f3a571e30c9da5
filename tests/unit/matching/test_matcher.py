"""The matcher says how sure it is, and why."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anpr_match.bench import plates
from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.domain.routing import Place
from anpr_match.domain.sighting import Rules
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import model
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.travel import USUAL

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Model:
    """The model that is shipped."""
    return model.default()


def an_entry(plate: str | None, entry_id: str = "e", **more: str | datetime) -> Entry:
    terms = {"review_at": NOW, "ends_at": NOW + timedelta(days=9), "plate": plate, "vrm": plate, **more}
    made = Terms(owner_force="herts", category="c", reason="r", **terms)  # type: ignore[arg-type]  # a mix of types by name
    return Entry(entry_id, 1, made, State.ACTIVE, NOW, "a", NOW, "a")


def a_read(plate: str, camera: str = "C1", **more: object) -> Read:
    return Read(camera, more.pop("at", NOW), plate, **more)  # type: ignore[arg-type]  # a mix of types by name


def found(model: Model, reads: list[Read], entries: list[Entry], memory: Memory | None = None) -> list[Match]:
    matcher = Matcher(model, Borders(possible=0.001), memory)
    return [match for _, match in matcher.match(reads, WatchlistIndex.build(entries, 1), None, {})]


def test_an_exact_match_is_exact_and_not_certain(shipped: Model) -> None:
    """A read that agrees in every character is tier exact, very probable, and not 1."""
    (match,) = found(shipped, [a_read("AB51CDE")], [an_entry("AB51CDE")])
    assert match.tier is Tier.EXACT
    assert 0.95 < match.probability < 1
    assert match.reason == "every character agrees"


def test_a_long_list_is_not_taken_for_all_traffic(shipped: Model) -> None:
    """However long the list, only so many reads are expected to be of listed vehicles, with memory and
    without: so a stranger's plate that is like one of a million is no hit for that."""
    others = [an_entry(plate, plate) for plate in plates.fleet(40_000, 1)]
    read = a_read("A851CDE")
    for memory in (lambda: None, lambda: Memory(SeenBefore(bytes(16)))):
        (short,) = found(shipped, [read], [an_entry("AB51CDE")], memory())
        long = found(shipped, [read], [an_entry("AB51CDE"), *others], memory())
        (same,) = [match for match in long if match.entry.entry_id == "e"]
        assert 1 - same.probability > 2 * (1 - short.probability)
        assert "listed_traffic" in {factor.name for factor in same.evidence}


def test_exact_stays_exact_against_the_evidence(shipped: Model) -> None:
    """An exact match of a vehicle of other looks is reported as exact, less sure, with the reason."""
    looks = Vehicle(make="FORD", colour="RED")
    entry = an_entry("AB51CDE", make="Subaru", colour="Silver")
    (match,) = found(shipped, [a_read("AB51CDE", vehicle=looks)], [entry])
    (plain,) = found(shipped, [a_read("AB51CDE")], [entry])
    assert match.tier is Tier.EXACT
    assert match.probability < plain.probability
    assert "make ford seen, subaru listed" in match.reason


def test_a_memory_never_suppresses_an_exact_match(shipped: Model) -> None:
    """A listed plate that has been seen everywhere is still reported each time."""
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    reads = [a_read("AB51CDE", camera=f"C{i}") for i in range(6)]
    assert len(found(shipped, reads, [an_entry("AB51CDE")], memory)) == 6


def a_memory() -> Memory:
    return Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))


def seen_everywhere(shipped: Model, plate: str) -> Memory:
    """A memory of this plate at four cameras, from when nobody looked for it."""
    memory = a_memory()
    assert found(shipped, [a_read(plate, camera=f"C{i}") for i in range(4)], [], memory) == []
    return memory


def test_a_memory_says_nothing_of_an_exact_match(shipped: Model) -> None:
    """However often a plate was seen before it was listed, an exact match of it is as probable."""
    entry, known = an_entry("AB51CDE"), seen_everywhere(shipped, "AB51CDE")
    (often,) = found(shipped, [a_read("AB51CDE")], [entry], known)
    (first,) = found(shipped, [a_read("AB51CDE")], [entry], a_memory())
    assert often.probability == first.probability


def test_a_memory_weighs_a_plate_that_the_engine_names_and_does_not_suppress_it(shipped: Model) -> None:
    """A text that is known to be a plate is still looked at when the engine names a listed one outright, and
    that it is known speaks against it; a listed plate that is only near to another reading is not met."""
    read = a_read("AB51CDF", candidates=(Candidate("AB51CDF", 0.4), Candidate("ab51 cde", 0.3)))
    index = WatchlistIndex.build([an_entry("AB51CDE"), an_entry("AB51CDB", "near")], 1)
    known, strange = (
        {
            match.entry.entry_id: match
            for _, match in Matcher(shipped, Borders(possible=1e-300), memory).match([read], index, None, {})
        }
        for memory in (seen_everywhere(shipped, "AB51CDF"), a_memory())
    )
    assert known.keys() == {"e"}
    assert strange.keys() == {"e", "near"}
    (against,) = [factor for factor in known["e"].evidence if factor.name == "seen_before"]
    assert against.log_odds < 0
    assert 0.05 < known["e"].probability < strange["e"].probability


def test_three_spellings_are_kept(shipped: Model) -> None:
    """A match has the plate as listed and the text as compared, and the read stays as it came."""
    entry = an_entry("AB51CDE")
    entry = replace(entry, terms=replace(entry.terms, plate="ab51 cde"))
    read = a_read("AB-5I-CDE")
    (match,) = found(shipped, [read], [entry])
    assert (match.plate_listed, match.plate_read, read.plate) == ("ab51 cde", "AB5ICDE", "AB-5I-CDE")


def test_a_look_alike_is_told_in_words(shipped: Model) -> None:
    """A misread of a look-alike is a match, and the reason says which character."""
    (match,) = found(shipped, [a_read("AB5ICDE")], [an_entry("AB51CDE")])
    assert match.probability > 0.5
    assert match.reason == "read I, 1 on the list: cameras often confuse them"
    assert match.plate_read == "AB5ICDE"


def test_looks_speak_for_and_against(shipped: Model) -> None:
    """Make and colour that agree raise the probability, and such that differ lower it."""
    entry = an_entry("AB51CDE", make="Subaru", colour="Silver")
    readings = [
        a_read("AB51CDF", vehicle=vehicle)
        for vehicle in (Vehicle(make="FORD", colour="RED"), None, Vehicle(make="SUBARU", colour="SILVER"))
    ]
    matcher = Matcher(shipped, Borders(possible=1e-9))
    index = WatchlistIndex.build([entry], 1)
    chances = [matcher.match([read], index, None, {})[0][1].probability for read in readings]
    assert chances[0] < chances[1] < chances[2]


def test_an_engines_other_reading_finds_its_plate(shipped: Model) -> None:
    """A listed plate far from the read is found when the engine offered it as another reading."""
    read = a_read("LUOZTOR", candidates=(Candidate("LUOZTOR", 0.4), Candidate("LV07TDR", 0.3)))
    (match,) = found(shipped, [read], [an_entry("LV07TDR")])
    assert "the camera offered the listed plate as another reading" in match.reason


def test_a_known_plate_is_not_a_misread(shipped: Model) -> None:
    """A text that two cameras have seen is another vehicle's plate and no fuzzy match any more."""
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    reads = [a_read("AB51CDF", camera=f"C{i}") for i in range(4)]
    near = Matcher(shipped, Borders(possible=1e-6), memory)
    positions = [i for i, _ in near.match(reads, WatchlistIndex.build([an_entry("AB51CDE")], 1), None, {})]
    assert positions == [0, 1]


def test_a_sighting_shortly_before_makes_a_misread_likelier(shipped: Model) -> None:
    """A misread some minutes after an exact read of the same listed plate is likelier than without."""
    misread = a_read("AB5ICDE", camera="C2", at=NOW + timedelta(minutes=8))
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    *_, after = found(shipped, [a_read("AB51CDE"), misread], [an_entry("AB51CDE")], memory)
    (alone,) = found(shipped, [misread], [an_entry("AB51CDE")])
    assert after.probability > alone.probability
    assert "within the last 20 minutes" in after.reason


def after_a_sighting(shipped: Model, plate: str, km: float, minutes: float, rules: Rules = USUAL) -> Match:
    """The match of a read so far from an exact read of AB51CDE, and so long after it."""
    places = {"C1": Place(51.5, 0.0), "C2": Place(51.5 + km / 111.2, 0.0)}
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    matcher = Matcher(shipped, Borders(possible=1e-9), memory, rules)
    reads = [a_read("AB51CDE"), a_read(plate, camera="C2", at=NOW + timedelta(minutes=minutes))]
    *_, (_, match) = matcher.match(reads, WatchlistIndex.build([an_entry("AB51CDE")], 1), None, {}, places)
    return match


def test_a_plausible_drive_makes_a_misread_likelier(shipped: Model) -> None:
    """The nearer and the sooner, the likelier; a speed that is only hard to believe adds nothing."""
    near, far, fast = (after_a_sighting(shipped, "AB5ICDE", *way) for way in ((5, 5), (25, 18), (25, 8)))
    assert near.probability > far.probability > fast.probability
    assert near.reason.endswith("it was seen 5 km away 5 minutes before, a plausible drive")
    assert fast.reason.endswith("it was seen within the last 20 minutes")
    assert "travel_time" in {factor.name for factor in near.evidence}


def test_how_fast_a_vehicle_can_be_is_a_rule(shipped: Model) -> None:
    """What the service is told of the fastest vehicle holds for the probability and for its words."""
    usual = after_a_sighting(shipped, "AB51CDE", 60, 4)
    faster = after_a_sighting(shipped, "AB51CDE", 60, 4, Rules(fastest_kmh=1_000))
    assert "two vehicles may carry this plate" in usual.reason
    assert "two vehicles" not in faster.reason
    assert faster.probability > usual.probability


def test_a_misread_that_no_car_can_be_is_unlikelier_than_without_a_sighting(shipped: Model) -> None:
    """A vehicle that was just seen elsewhere is hardly this one."""
    far = after_a_sighting(shipped, "AB5ICDE", 60, 4)
    (alone,) = found(shipped, [a_read("AB5ICDE", camera="C2")], [an_entry("AB51CDE")])
    assert far.probability < alone.probability
    assert far.reason.endswith("seen 60 km away 4 minutes before: this may be another vehicle")


def test_an_exact_match_that_no_car_can_be_is_told_and_not_suppressed(shipped: Model) -> None:
    """Two vehicles may carry the plate: the hit is there, less sure, and says so."""
    match = after_a_sighting(shipped, "AB51CDE", 60, 4)
    assert match.tier is Tier.EXACT
    assert match.probability < after_a_sighting(shipped, "AB51CDE", 0, 4).probability
    assert match.reason == (
        "every character agrees; seen 60 km away 4 minutes before: two vehicles may carry this plate"
    )


def test_a_read_says_where_its_camera_is(shipped: Model) -> None:
    """A camera in a car is where its read says, not where the register has it."""
    places = {"C1": Place(51.5, 0.0), "C2": Place(51.5, 0.0)}
    memory = Memory(SeenBefore(bytes(range(1, 17)), plates_max=64))
    reads = [a_read("AB51CDE"), a_read("AB51CDE", "C2", at=NOW + timedelta(minutes=4), lat=55.0, lon=0.0)]
    matcher = Matcher(shipped, memory=memory)
    *_, (_, match) = matcher.match(reads, WatchlistIndex.build([an_entry("AB51CDE")], 1), None, {}, places)
    assert "seen 389 km away" in match.reason


def test_the_cut_into_batches_changes_nothing(shipped: Model) -> None:
    """One batch or many, the same reads in the same order give the same matches."""
    reads = [
        a_read(p, camera=f"C{i % 3}") for i, p in enumerate(["AB51CDE", "AB5ICDE", "AB51CDF", "XX99XXX"] * 5)
    ]
    index = WatchlistIndex.build([an_entry("AB51CDE"), an_entry("XX99XXY", "f")], 1)

    def run(size: int) -> list[tuple[int, str, float]]:
        matcher = Matcher(shipped, memory=Memory(SeenBefore(bytes(range(1, 17)), plates_max=64)))
        return [
            (start + i, match.entry.entry_id, round(match.probability, 9))
            for start in range(0, len(reads), size)
            for i, match in matcher.match(reads[start : start + size], index, None, {})
        ]

    assert [hit[:2] for hit in run(1)] == [hit[:2] for hit in run(7)] == [hit[:2] for hit in run(20)]


def test_all_entries_of_a_plate_match(shipped: Model) -> None:
    """Two forces' entries for one car both match."""
    entries = [an_entry("AB51CDE", "one"), an_entry("AB51CDE", "two")]
    assert {m.entry.entry_id for m in found(shipped, [a_read("AB51CDE")], entries)} == {"one", "two"}


def test_ended_entries_do_not_match(shipped: Model) -> None:
    """An entry matches until it ends, at the time of the read when none is given."""
    entry = an_entry("AB51CDE", ends_at=NOW + timedelta(hours=1))
    reads = [a_read("AB51CDE"), a_read("AB51CDE", at=NOW + timedelta(hours=2))]
    assert len(found(shipped, reads, [entry])) == 1


def test_entries_near_a_read_share_its_probability(shipped: Model) -> None:
    """Listed plates that compete for one read cannot be likelier together than one."""
    entries = [an_entry("AB51CDE", "e"), an_entry("AB5LCDE", "f"), an_entry("AB57CDE", "g")]
    assert sum(match.probability for match in found(shipped, [a_read("AB5ICDE")], entries)) <= 1


def test_patterns_match_what_fits(shipped: Model) -> None:
    """An entry with a pattern matches every read that fits it, as possible."""
    entry = an_entry(None, pattern="AB51*")
    matches = found(shipped, [a_read("AB51CDE"), a_read("XX99XXX")], [entry])
    assert [(match.plate_listed, match.tier) for match in matches] == [("AB51*", Tier.POSSIBLE)]


def test_patterns_stand_beside_plates(shipped: Model) -> None:
    """A list with patterns finds its plates as before, read rightly or not, and a read may fit both."""
    entries = [an_entry(None, "p", pattern="AB51*"), an_entry("AB51CDE")]
    both = found(shipped, [a_read("AB51CDE")], entries)
    assert {match.entry.entry_id for match in both} == {"p", "e"}
    (misread,) = found(shipped, [a_read("AB5ICDE")], entries)
    (alone,) = found(shipped, [a_read("AB5ICDE")], entries[1:])
    assert (misread.entry.entry_id, misread.probability) == ("e", alone.probability)


def test_odd_reads_are_no_error(shipped: Model) -> None:
    """Unread, refused and very long texts match nothing and break nothing."""
    reads = [a_read(""), a_read("AB?1CDE"), a_read("A" * 40), a_read("Ж")]
    assert found(shipped, reads, [an_entry("AB51CDE")]) == []
    assert len(found(shipped, [a_read("A" * 40)], [an_entry("A" * 40)])) == 1


def test_evidence_adds_up_to_the_probability(shipped: Model) -> None:
    """The factors of a match sum to the log-odds of its probability."""
    (match,) = found(shipped, [a_read("AB5ICDE")], [an_entry("AB51CDE")])
    total = sum(factor.log_odds for factor in match.evidence)
    assert 1 / (1 + math.exp(-total)) == pytest.approx(match.probability, abs=1e-3)
    assert match.model == shipped.version
