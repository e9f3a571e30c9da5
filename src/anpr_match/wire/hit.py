"""What a hit looks like outside: one JSON text, rendered once when the hit is recorded.

The same text goes into the event log, to `GET /v1/hits/{hit_id}` and into every feed frame.
"""

from datetime import datetime
from typing import Any

import msgspec

from anpr_match.domain.camera import Camera
from anpr_match.domain.hit import Hit, Match, Sighting
from anpr_match.domain.watchlist import Entry

_encode = msgspec.json.Encoder().encode


def render(hit: Hit, seq: int, sighting: Sighting, previous: list[dict[str, Any]]) -> str:
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
            "probability": round(match.probability, 4),
            "tier": match.tier.value,
            "reason": match.reason,
            "evidence": _evidence(match),
            "model": match.model,
            "camera": _camera(hit.camera),
            "captured_at": _time(hit.read.captured_at),
            "received_at": hit.read.received_at and _time(hit.read.received_at),
            "matched_at": _time(hit.matched_at),
            "watchlist_revision": hit.watchlist_revision,
            "sighting_id": sighting.sighting_id,
            "sighting_reads": sighting.reads,
            "previous": previous,
            "late": hit.late,
            "withdrawn": False,
        }
    )


def render_withdrawn(hit_id: str, entry_id: str, sighting_id: str, reason: str) -> str:
    """The JSON text of a `hit.withdrawn` event: which card to take away, and why."""
    return _text({"hit_id": hit_id, "entry_id": entry_id, "sighting_id": sighting_id, "reason": reason})


def as_withdrawn(body: str, reason: str) -> str:
    """The JSON text of a recorded hit, as it stands after it was withdrawn."""
    told: dict[str, Any] = msgspec.json.decode(body)
    return _text({**told, "withdrawn": True, "withdrawn_reason": reason})


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
