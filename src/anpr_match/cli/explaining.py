"""What `anpr-match explain` does; its declaration stands in `explain`."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anpr_match.domain.errors import Problem, Refused, SetUp
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry, State, Terms
from anpr_match.matching import explain
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher
from anpr_match.matching.model import Model
from anpr_match.matching.normalise import normalise

AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Any time: neither read nor entry knows another."""
CAMERA_ID = "the camera"
ALL = Borders(possible=1e-300)
"""Borders under which every candidate is a match, so that its evidence can be shown."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What is known of the camera and of its reading."""

    engine: str | None
    confidence: float | None


def explained(read: str, plate: str, camera: Camera, model: Path | None) -> dict[str, Any]:
    """How the matcher sees the two. Raises `Refused` if one of them cannot be a plate, `SetUp` if the
    model file is none."""
    read_vrm, listed_vrm = _vrm(read, "READ"), _vrm(plate, "PLATE")
    matcher = Matcher(_model(model), ALL)
    index = WatchlistIndex.build([_entry(plate, listed_vrm)], 1)
    reads = [Read(CAMERA_ID, AT, read, read_id="r", confidence=camera.confidence)]
    engines = {CAMERA_ID: camera.engine} if camera.engine else {}
    matches = [match for _, match in matcher.match(reads, index, None, engines)]
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
