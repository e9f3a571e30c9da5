"""What officers' answers say: of an entry, of lists and cameras and models, and for learning.

Of each hit the answer that was given last counts, by the officer's own time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from anpr_match.domain.act import HitAct, Verdict
from anpr_match.domain.sharing import may_see
from anpr_match.matching.normalise import normalise
from anpr_match.ports.act_store import ActStore, Answered
from anpr_match.ports.audit import Act, Audit, Kind
from anpr_match.ports.clock import Clock

ANSWERS_MAX = 100_000
RECENT_MAX = 20
REVIEW_AFTER = 2
"""So many hits that were not the vehicle, or whose entry was stale, and somebody should look at the entry."""

BY = ("list", "camera", "rule", "model")
"""What precision is counted by: a list is a category of an owner force, a rule is a tier."""


@dataclass(frozen=True, slots=True)
class EntryAnswers:
    """The answers on one entry. `answers` and `outcomes` count what was said, `recent` is newest first."""

    answers: Mapping[str, int]
    outcomes: Mapping[str, int]
    needs_review: bool
    recent: Sequence[HitAct]


@dataclass(frozen=True, slots=True)
class Precision:
    """How right the hits of one group were. `precision` is the share of plates that were read right among
    those that were seen; None when none was."""

    by: str
    name: str
    verdicts: Mapping[Verdict, int]

    @property
    def precision(self) -> float | None:
        read_right = self.verdicts.get(Verdict.RIGHT, 0) + self.verdicts.get(Verdict.STALE_ENTRY, 0)
        seen = read_right + self.verdicts.get(Verdict.WRONG_PLATE, 0)
        return round(read_right / seen, 4) if seen else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A read whose true plate is known. `pair_id` is the id of its hit, since cameras share ids of reads."""

    pair_id: str
    camera_id: str
    captured_at: str
    plate: str
    true_plate: str
    confidence: float | None
    make: str | None
    colour: str | None


@dataclass(frozen=True, slots=True)
class Pairs:
    """`left_out` counts answers that no pair can be made of, by verdict: who only says that a plate was
    wrong does not say what it was."""

    pairs: Sequence[Pair]
    left_out: Mapping[Verdict, int]


class Answers:
    def __init__(self, store: ActStore, audit: Audit, clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock

    async def of_entry(self, entry_id: str) -> EntryAnswers:
        """What was answered on the hits of an entry, from its beginning."""
        told = await self._store.answered(_ever(self._clock.now()), entry_id, ANSWERS_MAX)
        acts = [one.act for one in told]
        verdicts = Counter(one.act.answer.verdict for one in _last_of_each(told) if one.act.answer)
        amiss = verdicts[Verdict.WRONG_PLATE] + verdicts[Verdict.STALE_ENTRY]
        return EntryAnswers(
            answers=Counter(act.answer.value for act in acts if act.answer),
            outcomes=Counter(act.outcome.value for act in acts if act.outcome),
            needs_review=amiss >= REVIEW_AFTER,
            recent=acts[: -RECENT_MAX - 1 : -1],
        )

    async def precision(self, days: float, force: str | None) -> list[Precision]:
        """By list, camera, rule and model, of the hits that `force` may see (None: of all)."""
        since = self._clock.now() - timedelta(days=days)
        counted: dict[tuple[str, str], Counter[Verdict]] = {}
        for one in _last_of_each(await self._store.answered(since, None, ANSWERS_MAX)):
            if one.act.answer is None or not _visible(one, force):
                continue
            for group in zip(BY, _names(one), strict=True):
                counted.setdefault(group, Counter())[one.act.answer.verdict] += 1
        order = sorted(counted.items(), key=lambda item: (BY.index(item[0][0]), item[0][1]))
        return [Precision(by, name, verdicts) for (by, name), verdicts in order]

    async def pairs(self, days: float, by: str, force: str | None = None) -> Pairs:
        """What `learn` can learn from; the disclosure to `by` is audited."""
        now = self._clock.now()
        pairs: list[Pair] = []
        left_out: Counter[Verdict] = Counter()
        for one in _last_of_each(await self._store.answered(now - timedelta(days=days), None, ANSWERS_MAX)):
            if one.act.answer is None:
                continue
            pair = _pair(one)
            if pair is None:
                left_out[one.act.answer.verdict] += 1
            else:
                pairs.append(pair)
        subject = f"{len(pairs)} pairs"
        await self._audit.note(Act(now, Kind.DISCLOSURE, by, force, "hits.pairs", subject, None))
        return Pairs(pairs, left_out)


def _ever(now: datetime) -> datetime:
    return now - timedelta(days=36_500)


def _last_of_each(told: Iterable[Answered]) -> list[Answered]:
    """Of each hit the answer that was given last."""
    last: dict[str, Answered] = {}
    for one in told:
        before = last.get(one.act.hit_id)
        if one.act.answer is not None and (before is None or before.act.at <= one.act.at):
            last[one.act.hit_id] = one
    return list(last.values())


def _visible(one: Answered, force: str | None) -> bool:
    return force is None or may_see(force, one.owner_force, one.shared_with)


def _names(one: Answered) -> tuple[str, str, str, str]:
    hit = _hit(one)
    return (
        f"{one.category} of {one.owner_force}",
        str(hit["camera"]["camera_id"]),
        one.tier,
        str(hit.get("model") or "unnamed"),
    )


def _pair(one: Answered) -> Pair | None:
    hit = _hit(one)
    read = hit["read"]
    text = read.get("plate") or hit["plate_read"]
    true_plate = normalise(one.act.plate_true or _confirmed(one, hit) or "").vrm
    if true_plate is None or not text:
        return None
    vehicle = read.get("vehicle") or {}
    return Pair(
        pair_id=one.act.hit_id,
        camera_id=read["camera_id"],
        captured_at=hit["captured_at"],
        plate=text,
        true_plate=true_plate,
        confidence=read.get("confidence"),
        make=vehicle.get("make"),
        colour=vehicle.get("colour"),
    )


def _confirmed(one: Answered, hit: Mapping[str, Any]) -> str | None:
    """The plate that the answer confirms: the one listed, when it was read right. A pattern is none."""
    read_right = one.act.answer is not None and one.act.answer.verdict in (Verdict.RIGHT, Verdict.STALE_ENTRY)
    plate: str | None = hit["entry"].get("plate")
    return plate if read_right else None


def _hit(one: Answered) -> dict[str, Any]:
    hit: dict[str, Any] = msgspec.json.decode(one.body)
    return hit
