"""Acts: what officers do about a hit, and what the service does when nobody does anything."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActKind(StrEnum):
    """The first five are officers' acts; the others are steps of the service."""

    ACKNOWLEDGE = "acknowledge"
    TAKE = "take"
    GIVE_BACK = "give_back"
    NOT_IT = "not_it"
    OUTCOME = "outcome"
    WIDEN = "widen"
    CALL_CONTROL_ROOM = "call_control_room"
    EXPIRE = "expire"


class Verdict(StrEnum):
    """What an answer says of the read and of the entry: what is learned and counted from."""

    RIGHT = "right"
    WRONG_PLATE = "wrong_plate"
    STALE_ENTRY = "right_plate_stale_entry"
    NOT_SEEN = "not_seen"


class Answer(StrEnum):
    """The answer in the officer's words: the first four come with "not it", the others with outcomes."""

    MISREAD = "misread"
    DIFFERENT_VEHICLE = "different_vehicle"
    DEALT_WITH = "dealt_with"
    OUT_OF_DATE = "out_of_date"
    RIGHT = "right"
    WRONG_PLATE = "wrong_plate"
    STALE_ENTRY = "right_plate_stale_entry"
    NOT_SEEN = "not_seen"

    @property
    def verdict(self) -> Verdict:
        """A different vehicle is counted as a wrong plate: the vehicle read was not the one listed."""
        return _VERDICTS[self]


_VERDICTS = {
    Answer.MISREAD: Verdict.WRONG_PLATE,
    Answer.DIFFERENT_VEHICLE: Verdict.WRONG_PLATE,
    Answer.WRONG_PLATE: Verdict.WRONG_PLATE,
    Answer.DEALT_WITH: Verdict.STALE_ENTRY,
    Answer.OUT_OF_DATE: Verdict.STALE_ENTRY,
    Answer.STALE_ENTRY: Verdict.STALE_ENTRY,
    Answer.RIGHT: Verdict.RIGHT,
    Answer.NOT_SEEN: Verdict.NOT_SEEN,
}
NOT_IT_ANSWERS = (Answer.MISREAD, Answer.DIFFERENT_VEHICLE, Answer.DEALT_WITH, Answer.OUT_OF_DATE)
OUTCOME_ANSWERS = (Answer.RIGHT, Answer.WRONG_PLATE, Answer.STALE_ENTRY, Answer.NOT_SEEN)


class Outcome(StrEnum):
    """What came of a hit. CPW and CPN are Community Protection Warning and Notice (Anti-social
    Behaviour, Crime and Policing Act 2014, section 43)."""

    STOPPED = "stopped"
    NOT_SEEN = "not_seen"
    SEIZED = "seized"
    DOGS_SEIZED = "dogs_seized"
    ARREST = "arrest"
    CPW = "cpw"
    CPN = "cpn"
    DISPERSAL = "dispersal"
    WORDS_OF_ADVICE = "words_of_advice"
    NO_UNIT = "no_unit"
    NO_FURTHER_ACTION = "no_further_action"

    @property
    def answer(self) -> Answer | None:
        """The answer that the outcome alone gives. Who seizes or serves papers has seen the plate; who
        only stopped a vehicle may have found that it was another."""
        if self is Outcome.NOT_SEEN:
            return Answer.NOT_SEEN
        return Answer.RIGHT if self in _PLATE_SEEN else None


_PLATE_SEEN = frozenset({Outcome.SEIZED, Outcome.DOGS_SEIZED, Outcome.ARREST, Outcome.CPW, Outcome.CPN})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a unit by its callsign, or a desk or the service by its name. `key` is the same for
    every act of the same one."""

    key: str
    name: str
    force: str | None
    unit_id: str | None = None


OURSELVES = Actor("anpr-match", "anpr-match", None)
"""The service, when nobody acted."""


@dataclass(frozen=True, slots=True)
class HitAct:
    """One act on one hit, never changed.

    `at` is when it was done, by the device that may have been offline, within capture and recording;
    `recorded_at` is when it reached the log. `plate_true` is what the plate really was, as the officer
    wrote it.
    """

    act_id: str
    hit_id: str
    kind: ActKind
    by: Actor
    at: datetime
    recorded_at: datetime
    answer: Answer | None = None
    outcome: Outcome | None = None
    plate_true: str | None = None
    note: str | None = None

    def says_the_same(self, other: "HitAct") -> bool:
        """Whether both tell the same of the hit; times and notes aside."""
        return (self.kind, self.answer, self.outcome, self.plate_true) == (
            other.kind,
            other.answer,
            other.outcome,
            other.plate_true,
        )


def act_id(by: Actor, hit_id: str, named: str) -> str:
    """The id of an act: made of who, on what, and the name that the device gave it, so that the same act
    sent twice is one."""
    text = f"{by.key}\0{hit_id}\0{named}"
    return "a-" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
