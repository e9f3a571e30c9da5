"""Reports on what became of hits. They name ids, never plates: those are in the hits."""

from typing import Literal

from pydantic import BaseModel, Field

from anpr_match.wire.fields import Instant


class StandingOut(BaseModel):
    """A hit that nobody answered. `next_step_at` is when it goes on by itself."""

    hit_id: str
    entry_id: str
    sighting_id: str
    owner_force: str
    priority: int
    status: str
    level: str | None
    captured_at: Instant
    recorded_at: Instant
    next_step_at: Instant | None
    reason: str | None


class UnansweredOut(BaseModel):
    """`tally` counts all hits of the last `days` by status. `overdue` is to be 0: an open hit that should
    have gone on by now and did not."""

    items: list[StandingOut]
    tally: dict[str, int] = Field(examples=[{"acknowledged": 12, "taken": 1, "closed": 40, "expired": 3}])
    overdue: int
    days: float


class PrecisionOut(BaseModel):
    """How right the hits of one list, camera, rule (tier) or model were, by the officers' answers."""

    by: Literal["list", "camera", "rule", "model"]
    name: str
    right: int
    wrong_plate: int
    right_plate_stale_entry: int
    not_seen: int
    precision: float | None


class PrecisionPage(BaseModel):
    items: list[PrecisionOut]
    days: float


class EntryCards(BaseModel):
    entry_id: str
    cards: int


class LoadOut(BaseModel):
    """Cards sent to a unit: one passing of one vehicle is one card. The budget is that of EEMUA 191; it
    is shown, and nothing is held back for it."""

    unit_id: str
    callsign: str
    force: str
    last_10_min: int
    last_hour: int
    budget_10_min: int
    state: Literal["steady", "over", "flood"]
    noisiest: list[EntryCards]


class AnswerOut(BaseModel):
    """One answer of an officer on a hit of the entry."""

    hit_id: str
    callsign: str
    force: str | None
    kind: str
    answer: str | None
    outcome: str | None
    plate_true: str | None
    note: str | None
    at: Instant


class AnswersOut(BaseModel):
    """What officers said of the entry's hits. `needs_review`: twice it was not the vehicle, or the entry
    was stale."""

    answers: dict[str, int] = Field(examples=[{"misread": 1, "right": 4}])
    outcomes: dict[str, int] = Field(examples=[{"stopped": 2, "dogs_seized": 1}])
    needs_review: bool
    recent: list[AnswerOut]
