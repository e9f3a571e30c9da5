"""What `anpr-match explain` does; its declaration stands in `explain`."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anpr_match.domain.errors import Problem, Refused, SetUp
from anpr_match.domain.read import Candidate, Read, Vehicle
from anpr_match.domain.routing import EARTH_KM, Place
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import explain, lookalikes, typed
from anpr_match.matching import model as models
from anpr_match.matching.candidates import KNOWN_SOURCES
from anpr_match.matching.explain import Step
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.normalise import normalise
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import Sighting
from anpr_match.pipeline import entry_rules

CAMERA_ID = "the camera"
HERE = Place(0.0, 0.0)
"""Any place: only the distance from it matters."""
DEGREE_KM = math.radians(EARTH_KM)
ALL = Borders(possible=1e-300)
"""Borders under which every candidate is a match, so that its evidence can be shown."""
SEEN_MAX = 64
"""Plates that the memory has room for."""
FAR = "they are further apart than cameras mistake plates; no candidate"
KNOWN = "the text read is a plate that cameras have seen before; no candidate"


@dataclass(frozen=True, slots=True)
class Past:
    """What was seen before: the listed plate, surely, so many `minutes` before the read and so far (`km`)
    from it; and the text read, by so many other `sources` (cameras or days)."""

    minutes: float | None = None
    km: float | None = None
    sources: int = 0


NOTHING = Past()


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list says of the vehicle; a `plate` that holds `?` or `*` is a pattern."""

    plate: str
    make: str | None = None
    colour: str | None = None


def a_read(
    plate: str,
    confidence: float | None = None,
    vehicle: Vehicle | None = None,
    readings: Sequence[str] = (),
    characters: Sequence[float] = (),
) -> Read:
    """A read of a plate, taken now; `readings` are the engine's others, as TEXT or TEXT=CONFIDENCE. Raises
    `Refused`."""
    others = tuple(_candidate(reading) for reading in readings)
    length = len(_vrm(plate, "READ"))
    if characters and len(characters) != length:
        told = f"{len(characters)} given, and the read has {length}"
        raise Refused([Problem("--character", "odd_number", told)])
    return Read(
        CAMERA_ID, datetime.now(UTC), plate, "r", confidence, others, tuple(characters), vehicle=vehicle
    )


def explained(
    read: Read, listed: Listed, engine: str | None, model: Path | None, past: Past = NOTHING
) -> dict[str, Any]:
    """How the matcher sees the two. Raises `Refused` if one of them cannot be a plate, or the listed one
    neither plate nor pattern; `SetUp` if the model file is none."""
    read_vrm, terms = _vrm(read.plate, "READ"), _terms(listed, read.captured_at)
    matcher = Matcher(_model(model), ALL, _memory(terms.vrm, past, read.captured_at))
    for source in range(past.sources):
        earlier = Read(f"camera {source}", read.captured_at - timedelta(days=1), read.plate)
        matcher.match([earlier], WatchlistIndex.build([], 1), None, {})
    index = WatchlistIndex.build([_entry(terms, read.captured_at)], 1)
    engines = {CAMERA_ID: engine} if engine else {}
    matches = [match for _, match in matcher.match([read], index, None, engines, {CAMERA_ID: HERE})]
    steps = _steps(read_vrm, terms, matcher.model, engine)
    told: dict[str, Any] = {
        "read": read.plate,
        "listed": listed.plate,
        "probability": None,
        "tier": None,
        "reason": _unmatched(terms, steps, past),
        "evidence": [],
        "characters": [asdict(step) for step in steps],
        "model": matcher.model.version,
    }
    for match in matches:
        always = terms.pattern is not None or match.tier == "exact"
        hit = always or match.probability >= Borders().possible
        told |= {
            "probability": match.probability,
            "tier": match.tier.value if hit else None,
            "reason": match.reason if hit else f"{match.probability:.2%} is too little; {match.reason}",
            "evidence": [asdict(factor) for factor in match.evidence],
        }
    return told


def _candidate(reading: str) -> Candidate:
    plate, given, share = reading.partition("=")
    try:
        confidence = float(share) if given else None
    except ValueError:
        confidence = -1.0
    if confidence is not None and not 0 <= confidence <= 1:
        raise Refused([Problem("--reading", "odd_confidence", f"{share} is not a number from 0 to 1")])
    return Candidate(plate, confidence)


def _memory(listed: str | None, past: Past, at: datetime) -> Memory | None:
    if past == NOTHING:
        return None
    memory = Memory(SeenBefore(bytes(16), plates_max=SEEN_MAX))
    if past.minutes is not None and listed is not None:
        place = None if past.km is None else Place(HERE.lat + past.km / DEGREE_KM, HERE.lon)
        sighting = Sighting("another camera", at - timedelta(minutes=past.minutes), place)
        memory.sightings.note(listed, sighting)
    return memory


def _vrm(text: str, named: str) -> str:
    plate = normalise(text)
    if plate.vrm is None:
        raise Refused([Problem(named, "not_a_plate", plate.refusal or "it cannot be compared")])
    return plate.vrm


def _terms(listed: Listed, at: datetime) -> Terms:
    terms = Terms(
        *("herts", "explained", "explained", at, at + timedelta(days=1)),
        make=listed.make,
        colour=listed.colour,
    )
    if not any(lookalikes.plain(character) in lookalikes.WILDCARDS for character in listed.plate):
        return replace(terms, plate=listed.plate, vrm=_vrm(listed.plate, "PLATE"))
    ruled, problems = entry_rules.named(replace(terms, pattern=listed.plate))
    if problems:
        raise Refused([replace(problem, pointer="PLATE") for problem in problems])
    return ruled


def _steps(read_vrm: str, terms: Terms, model: Model, engine: str | None) -> list[Step]:
    reader, listed = model.reader(CAMERA_ID, engine), terms.vrm or ""
    if terms.pattern is not None:
        return explain.pattern_steps(read_vrm, terms.pattern, reader)
    return explain.steps(read_vrm, listed, reader, swapped=typed.is_swapped(read_vrm, listed, engine))


def _unmatched(terms: Terms, steps: list[Step], past: Past) -> str:
    if terms.pattern is not None:
        return explain.misfit(terms.pattern, steps)
    return KNOWN if past.sources >= KNOWN_SOURCES else FAR


def _entry(terms: Terms, at: datetime) -> Entry:
    return Entry("e", 1, terms, State.ACTIVE, at, "cli", at, "cli")


def _model(file: Path | None) -> Model:
    if file is None:
        return models.default()
    try:
        return Model.from_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetUp(f"{file}: {error}") from error
