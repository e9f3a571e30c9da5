"""What a hit looks like outside: one JSON text, rendered once when the hit is recorded.

The same text goes into the event log, to `GET /v1/hits/{hit_id}` and into every feed frame. What becomes
of the hit is put into that text later: the fields of `state_fields`, and whether it was withdrawn.
"""

from datetime import datetime
from typing import Any

import msgspec

from anpr_match.domain.act import Actor, HitAct
from anpr_match.domain.camera import Camera
from anpr_match.domain.handling import BEFORE_ACTS, Handling, Status
from anpr_match.domain.hit import Hit, Match, Sighting, passing_id
from anpr_match.domain.routing import Routing
from anpr_match.domain.watchlist import Entry

_encode = msgspec.json.Encoder().encode

SURE_MAX = 0.9999
"""Rounding does not make a match certain: plates are cloned, and entries wrong."""


def render(hit: Hit, seq: int, sighting: Sighting, previous: list[dict[str, Any]], state: Handling) -> str:
    """The JSON text of a recorded hit, with the fields of the contract.

    `previous` are the entry's last sightings in brief, newest first. Unknown values are left out of
    `read` and `entry`, and null elsewhere.
    """
    match = hit.match
    return _text(
        {
            "hit_id": hit.hit_id,
            "seq": seq,
            "read": {**msgspec.to_builtins(hit.read), "plate_raw": hit.read.plate_raw or hit.read.plate},
            "entry": _entry(match.entry),
            "plate_read": match.plate_read,
            "plate_listed": match.plate_listed,
            "probability": min(round(match.probability, 4), SURE_MAX),
            "tier": match.tier.value,
            "reason": match.reason,
            "evidence": _evidence(match),
            "model": match.model,
            "camera": _camera(hit.camera),
            "captured_at": _time(hit.read.captured_at),
            "received_at": hit.read.received_at and _time(hit.read.received_at),
            "matched_at": _time(hit.matched_at),
            "watchlist_revision": hit.watchlist_revision,
            "sighting_id": passing_id(sighting.sighting_id),
            "sighting_reads": sighting.reads,
            "sighting_heading": sighting.heading and round(sighting.heading),
            "previous": previous,
            "late": hit.late,
            "withdrawn": False,
            **state_fields(state),
        }
    )


def render_withdrawn(hit_id: str, entry_id: str, sighting_id: str, reason: str) -> str:
    """The JSON text of a `hit.withdrawn` event: which hit to take off its card, and why."""
    passing = passing_id(sighting_id)
    return _text({"hit_id": hit_id, "entry_id": entry_id, "sighting_id": passing, "reason": reason})


def as_it_stands(body: str, state: Handling | None, withdrawn_reason: str | None) -> str:
    """The JSON text of a hit from the one that was announced, with what became of it since; `state` is
    None for a hit that was recorded before acts were kept."""
    told: dict[str, Any] = msgspec.json.decode(body)
    told |= UNKNOWN_STATE if state is None else state_fields(state)
    if withdrawn_reason is not None:
        told |= {"status": Status.CLOSED.value, "withdrawn": True, "withdrawn_reason": withdrawn_reason}
    return _text(told)


UNKNOWN_STATE: dict[str, Any] = {
    "status": Status.EXPIRED.value,
    "status_reason": BEFORE_ACTS,
    "answer": None,
    "outcome": None,
    "taken_by": None,
    "routing": None,
    "acts": [],
}


def state_fields(state: Handling) -> dict[str, Any]:
    """What became of a hit, as fields of its body. `acts` are newest first."""
    holder = state.taken_by
    return {
        "status": state.status.value,
        "status_reason": state.reason,
        "answer": state.answer and state.answer.value,
        "outcome": state.outcome and state.outcome.value,
        "taken_by": holder and {**_actor(holder.by), "at": _time(holder.at)},
        "routing": state.routing and _routing(state.routing),
        "acts": [_act(act) for act in state.acts],
    }


def _act(act: HitAct) -> dict[str, Any]:
    known = {
        "answer": act.answer and act.answer.value,
        "outcome": act.outcome and act.outcome.value,
        "plate_true": act.plate_true,
        "note": act.note,
    }
    return {
        "kind": act.kind.value,
        "act_id": act.act_id,
        "hit_id": act.hit_id,
        **_actor(act.by),
        "at": _time(act.at),
        "recorded_at": _time(act.recorded_at),
        **{name: value for name, value in known.items() if value is not None},
    }


def _actor(by: Actor) -> dict[str, Any]:
    return {"unit_id": by.unit_id, "callsign": by.name, "force": by.force}


def _routing(routing: Routing) -> dict[str, Any]:
    known = {"operation_id": routing.operation_id, "within_km": routing.within_km}
    return {
        "level": routing.level.value,
        "forces": list(routing.forces),
        "since": _time(routing.since),
        **{name: value for name, value in known.items() if value is not None},
    }


def _text(body: dict[str, Any]) -> str:
    return _encode(body).decode()


def _evidence(match: Match) -> dict[str, Any]:
    return {f.name: {"log_odds": round(f.log_odds, 3), "note": f.note} for f in match.evidence}


def _entry(entry: Entry) -> dict[str, Any]:
    terms = entry.terms
    known = {
        "entry_id": entry.entry_id,
        "version": entry.version,
        "plate": terms.plate,
        "pattern": terms.pattern,
        "make": terms.make,
        "model": terms.model,
        "colour": terms.colour,
        "type": terms.type,
        "owner_force": terms.owner_force,
        "category": terms.category,
        "priority": terms.priority,
        "response": terms.response.value,
        "warnings": list(terms.warnings),
        "reason": terms.reason,
        "operation_id": terms.operation_id,
        "group": terms.group,
        "ends_at": _time(terms.ends_at),
    }
    return {name: value for name, value in known.items() if value is not None}


def _camera(camera: Camera) -> dict[str, Any]:
    return {
        "camera_id": camera.camera_id,
        "name": camera.name or camera.camera_id,
        "road": camera.road,
        "lat": camera.lat,
        "lon": camera.lon,
        "heading": camera.heading,
        "force": camera.force,
        "registered": camera.registered,
    }


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
