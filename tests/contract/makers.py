"""Makers of entries, reads and hits for the tests of the ports. Times are near the wound clock's start."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from anpr_match.backends.memory.clock import START
from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.camera import Camera
from anpr_match.domain.hit import Factor, Hit, Match, Tier, hit_id
from anpr_match.domain.read import Read
from anpr_match.domain.watchlist import Entry, Terms

ANALYST = Caller("t-analyst", Role.ANALYST, "herts", "desk 4")

A1081 = Camera("CAM001", "herts", "Harpenden North", "A1081", 51.8325, -0.3895, 180.0)
A505 = Camera("CAM002", "beds", "Luton East", "A505", 51.8901, -0.3802)


def some_terms(plate: str = "AB01CDE", **others: Any) -> Terms:
    """Terms of an entry of Hertfordshire that ends after a month."""
    terms = Terms(
        owner_force="herts",
        category="hare_coursing",
        reason="seen with lurchers",
        review_at=START + timedelta(days=14),
        ends_at=START + timedelta(days=30),
        plate=plate,
        vrm=plate.replace(" ", ""),
    )
    return replace(terms, **others)


def some_hit(
    entry: Entry, read_id: str, captured_at: datetime = START, camera: Camera = A1081, **others: Any
) -> Hit:
    """A hit on the entry by an exact read."""
    plate = entry.terms.plate or ""
    read = Read(camera.camera_id, captured_at, plate, read_id=read_id, received_at=captured_at)
    factor = Factor("plate", 9.2, "all seven characters alike")
    match = Match(entry, plate, plate, 0.9931, Tier.EXACT, f"read as {plate}, as listed", (factor,), "m1")
    hit = Hit(hit_id(read, entry.entry_id), read, match, camera, captured_at, 1, late=False)
    return replace(hit, **others)
