"""Acts as they are sent, and reports on them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from anpr_match.domain.act import NOT_IT_ANSWERS, ActKind, Actor, Answer, HitAct, Outcome, act_id
from anpr_match.domain.errors import Problem, Refused
from anpr_match.wire.fields import Instant, Prose

ActId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
PlateTrue = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]


class _ActIn(BaseModel):
    """What every act may say. `at` is when it was done, for acts that come late; `act_id` is the
    device's own name for the act: the same one twice is once."""

    model_config = ConfigDict(extra="forbid")

    plate_true: Annotated[PlateTrue | None, Field(description="What the plate really was.")] = None
    at: Instant | None = None
    act_id: ActId | None = None
    note: Prose | None = None


class AcknowledgementIn(_ActIn):
    """That a unit has seen the hit, takes it, gives it back, or says that it is not the one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {},
                {"kind": "take"},
                {"kind": "give_back", "note": "called away"},
                {"kind": "not_it", "answer": "misread", "plate_true": "AB01 COE"},
            ]
        },
    )

    kind: Literal["acknowledge", "take", "give_back", "not_it"] = "acknowledge"
    answer: Literal["misread", "different_vehicle", "dealt_with", "out_of_date"] | None = None

    def act(self, hit_id: str, by: Actor, now: datetime, once_key: str | None) -> HitAct:
        """The act of this unit, recorded now. Without a name of its own, the same act of the same unit
        is the same one. Raises `Refused` when kind and answer do not fit."""
        self._check_answer()
        answer = self.answer and Answer(self.answer)
        named = self.act_id or once_key or f"= {self.kind} {answer}"
        return HitAct(
            act_id=act_id(by, hit_id, named),
            hit_id=hit_id,
            kind=ActKind(self.kind),
            by=by,
            at=self.at or now,
            recorded_at=now,
            answer=answer or None,
            plate_true=self.plate_true,
            note=self.note,
        )

    def _check_answer(self) -> None:
        if self.kind == "not_it" and self.answer is None:
            words = " or ".join(answer.value for answer in NOT_IT_ANSWERS)
            raise Refused([Problem("/answer", "answer_missing", f"not_it needs an answer: {words}")])
        if self.kind != "not_it" and self.answer is not None:
            raise Refused([Problem("/answer", "answer_unfit", "only not_it has an answer")])


class OutcomeIn(_ActIn):
    """What came of a hit. `answer` says whether the plate was read right: without it an outcome that
    needs a look at the plate (seized, arrest, cpw …) says "right", and `not_seen` says so itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"outcome": "dogs_seized", "answer": "right", "note": "two lurchers; CPW to the driver"},
                {"outcome": "stopped", "answer": "wrong_plate", "plate_true": "AB01 COE"},
            ]
        },
    )

    outcome: Outcome
    answer: Literal["right", "wrong_plate", "right_plate_stale_entry", "not_seen"] | None = None

    def act(self, hit_id: str, by: Actor, now: datetime, once_key: str | None) -> HitAct:
        """As for an acknowledgement."""
        answer = Answer(self.answer) if self.answer else self.outcome.answer
        named = self.act_id or once_key or f"= {self.outcome} {answer}"
        return HitAct(
            act_id=act_id(by, hit_id, named),
            hit_id=hit_id,
            kind=ActKind.OUTCOME,
            by=by,
            at=self.at or now,
            recorded_at=now,
            answer=answer,
            outcome=self.outcome,
            plate_true=self.plate_true,
            note=self.note,
        )
