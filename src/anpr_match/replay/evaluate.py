"""Hits of a file judged by the truth: what was found, what was false, and whether 0.9 means nine in ten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anpr_match.matching.channel import Floats
from anpr_match.matching.normalise import normalise_many
from anpr_match.replay import listed, tables
from anpr_match.replay.reads_file import reads_of
from anpr_match.replay.tables import refused

THRESHOLDS = (0.0, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99)
BUDGETS = (1, 5, 10, 25, 50, 100, 500)
CALIBRATED_FROM = 0.02
BINS = 10
CHANCE_ROUNDS, CHANCE_SEED = 500, 1


@dataclass(frozen=True, slots=True)
class Judged:
    """One hit: its probability, whether the read is the listed plate, and whether the texts agree."""

    read_id: str
    probability: float
    right: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`by_threshold`: one row for each of THRESHOLDS. `misread_recall_at_false`: share of misread
    passages found while fuzzy false alerts number at most so many in the file. `calibration`: bins of
    fuzzy hits by probability, with the share that were right; `ece` their mean distance, and
    `ece_by_chance` what that would be on average if every probability were perfectly right: with few
    hits, chance alone makes a good part of it."""

    reads: int
    listed: int
    passages: int
    misread_passages: int
    by_threshold: list[dict[str, float]]
    misread_recall_at_false: dict[int, float]
    calibration: list[dict[str, float]]
    ece: float
    ece_by_chance: float

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of a file of reads: the comparable text of each read, the true plate of each, and
    which reads are passages of listed vehicles (with any text), misread ones among them."""

    texts: Mapping[str, str | None]
    true: Mapping[str, str]
    listed: int
    passages: set[str]
    misread: set[str]

    @property
    def reads(self) -> int:
        return len(self.texts)


def evaluate(hits: Path, reads: Path, truth: Path, watchlist: Path) -> Evaluation:
    """Judge a hits file. A passage is a read of a listed vehicle that has any text. Raises Refused."""
    known = truth_of(reads, truth, watchlist)
    found = judged(hits, known)
    fuzzy = [hit for hit in found if not hit.exact]
    table, ece = _calibration(fuzzy)
    counted = np.array([hit.probability for hit in fuzzy if hit.probability > CALIBRATED_FROM])
    return Evaluation(
        reads=known.reads,
        listed=known.listed,
        passages=len(known.passages),
        misread_passages=len(known.misread),
        by_threshold=[_at(threshold, found, known) for threshold in THRESHOLDS],
        misread_recall_at_false=recall_at_false(fuzzy, len(known.misread)),
        calibration=table,
        ece=ece,
        ece_by_chance=ece_by_chance(counted),
    )


def truth_of(reads: Path, truth: Path, watchlist: Path) -> Truth:
    """The truth of these reads against this list. Raises Refused with file and line."""
    rows = reads_of(reads)
    texts = dict(zip(map(rows.read_id, range(len(rows))), rows.texts.texts, strict=True))
    table = tables.table(truth, ["read_id", "true_plate"])
    vrms = normalise_many(table.column("true_plate"))
    true = {i: vrm for i, vrm in zip(table.column("read_id"), vrms, strict=True) if vrm}
    plates = {entry.terms.vrm for entry in listed.listed(watchlist).entries if entry.terms.vrm}
    passages = {i for i, plate in true.items() if plate in plates and texts.get(i)}
    return Truth(texts, true, len(plates), passages, {i for i in passages if texts[i] != true[i]})


def judged(path: Path, known: Truth) -> list[Judged]:
    """The hits of a file, the best one for each read and plate. Raises Refused with the line."""
    best: dict[tuple[str, str], float] = {}
    for number, line in enumerate(tables.text_of(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            hit = json.loads(line)
            key, probability = (hit["read_id"], hit["plate"]), float(hit["probability"])
        except (ValueError, KeyError, TypeError) as error:
            raise refused(path.name, "odd_line", f"line {number}: not a hit") from error
        if key[0] not in known.texts:
            raise refused(path.name, "unknown_read", f"line {number}: the reads have no {key[0]}")
        best[key] = max(best.get(key, 0.0), probability)
    vrms = normalise_many([plate for _, plate in best])
    return [
        Judged(read_id, probability, known.true.get(read_id) == vrm, known.texts[read_id] == vrm)
        for ((read_id, _), probability), vrm in zip(best.items(), vrms, strict=True)
    ]


def _at(threshold: float, found: Sequence[Judged], known: Truth) -> dict[str, float]:
    kept = [hit for hit in found if hit.probability >= threshold]
    reached = {hit.read_id for hit in kept if hit.right}
    false = [hit for hit in kept if not hit.right]
    fuzzy = [hit for hit in kept if not hit.exact]
    right = sum(hit.right for hit in fuzzy)
    return {
        "threshold": threshold,
        "recall": _share(len(reached & known.passages), len(known.passages)),
        "misread_recall": _share(len(reached & known.misread), len(known.misread)),
        "false": len(false),
        "false_exact": sum(hit.exact for hit in false),
        "false_per_100k": round(1e5 * len(false) / max(known.reads, 1), 3),
        "precision": _share(len(kept) - len(false), len(kept)),
        "fuzzy_precision": _share(right, len(fuzzy)),
    }


def recall_at_false(fuzzy: Sequence[Judged], misread: int) -> dict[int, float]:
    """Share of misread passages found at each budget of false alerts, in the order of probability."""
    result = {}
    ordered = sorted(fuzzy, key=lambda hit: -hit.probability)
    for budget in BUDGETS:
        right = false = 0
        for hit in ordered:
            false += not hit.right
            if false > budget:
                break
            right += hit.right
        result[budget] = _share(right, misread)
    return result


def _calibration(fuzzy: Sequence[Judged]) -> tuple[list[dict[str, float]], float]:
    bins: list[list[Judged]] = [[] for _ in range(BINS)]
    counted = [hit for hit in fuzzy if hit.probability > CALIBRATED_FROM]
    for hit in counted:
        bins[min(int(hit.probability * BINS), BINS - 1)].append(hit)
    table, error = [], 0.0
    for number, group in enumerate(bins):
        if group:
            said = sum(hit.probability for hit in group) / len(group)
            right = sum(hit.right for hit in group) / len(group)
            error += len(group) / len(counted) * abs(said - right)
            row = {"from": number / BINS, "to": (number + 1) / BINS, "hits": len(group)}
            table.append({**row, "said": round(said, 4), "right": round(right, 4)})
    return table, round(error, 4)


def ece_by_chance(probabilities: Floats) -> float:
    """The mean calibration error of hits that are right exactly as often as they say, by simulation."""
    if not len(probabilities):
        return 0.0
    chance = np.random.default_rng(CHANCE_SEED)
    bins = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    said = np.bincount(bins, probabilities, BINS)
    errors = [
        np.abs(said - np.bincount(bins, chance.random(len(bins)) < probabilities, BINS)).sum()
        for _ in range(CHANCE_ROUNDS)
    ]
    return round(float(np.mean(errors)) / len(bins), 4)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
