"""What `anpr-match explain` does; its declaration stands in `explain`."""

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anpr_match.domain.errors import Problem, Refused, SetUp
from anpr_match.domain.read import Read
from anpr_match.domain.routing import EARTH_KM, Place
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import explain
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.normalise import normalise
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import Sighting

AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Any time: neither read nor entry knows another."""
CAMERA_ID = "the camera"
HERE = Place(0.0, 0.0)
"""Any place: only the distance from it matters."""
DEGREE_KM = math.radians(EARTH_KM)
ALL = Borders(possible=1e-300)
"""Borders under which every candidate is a match, so that its evidence can be shown."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What is known of the camera and of its reading."""

    engine: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The last sure sighting of the listed plate: how long before the read, and how far from there."""

    minutes: float
    km: float | None


def explained(
    read: str, plate: str, camera: Camera, model: Path | None, seen: Seen | None = None
) -> dict[str, Any]:
    """How the matcher sees the two. Raises `Refused` if one of them cannot be a plate, `SetUp` if the
    model file is none."""
    read_vrm, listed_vrm = _vrm(read, "READ"), _vrm(plate, "PLATE")
    matcher = Matcher(_model(model), ALL, _memory(listed_vrm, seen))
    index = WatchlistIndex.build([_entry(plate, listed_vrm)], 1)
    reads = [Read(CAMERA_ID, AT, read, read_id="r", confidence=camera.confidence)]
    engines = {CAMERA_ID: camera.engine} if camera.engine else {}
    matches = [match for _, match in matcher.match(reads, index, None, engines, {CAMERA_ID: HERE})]
    reader = matcher.model.reader(CAMERA_ID, camera.engine)
    told: dict[str, Any] = {
        "read": read,
        "listed": plate,
        "probability": None,
        "tier": None,
        "reason": "they are further apart than cameras mistake plates; no candidate",
        "evidence": [],
        "characters": [asdict(step) for step in explain.steps(read_vrm, listed_vrm, reader)],
        "model": matcher.model.version,
    }
    for match in matches:
        hit = match.probability >= Borders().possible or match.tier == "exact"
        told |= {
            "probability": match.probability,
            "tier": match.tier.value if hit else None,
            "reason": match.reason if hit else f"{match.probability:.2%} is too little; {match.reason}",
            "evidence": [asdict(factor) for factor in match.evidence],
        }
    return told


def _memory(listed: str, seen: Seen | None) -> Memory | None:
    if seen is None:
        return None
    memory = Memory(SeenBefore(bytes(16), plates_max=1))
    place = None if seen.km is None else Place(HERE.lat + seen.km / DEGREE_KM, HERE.lon)
    memory.sightings.note(listed, Sighting("another camera", AT - timedelta(minutes=seen.minutes), place))
    return memory


def _vrm(text: str, named: str) -> str:
    plate = normalise(text)
    if plate.vrm is None:
        raise Refused([Problem(named, "not_a_plate", plate.refusal or "it cannot be compared")])
    return plate.vrm


def _entry(plate: str, vrm: str) -> Entry:
    terms = Terms("herts", "explained", "explained", AT, AT + timedelta(days=1), plate=plate, vrm=vrm)
    return Entry("e", 1, terms, State.ACTIVE, AT, "cli", AT, "cli")


def _model(file: Path | None) -> Model:
    if file is None:
        return models.default()
    try:
        return Model.from_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetUp(f"{file}: {error}") from error
