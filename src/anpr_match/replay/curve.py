"""The curve of misreads found against false alerts, of our hits and of the rules that others use.

python -m anpr_match.replay.curve --reads R --truth T --watchlist W --hits H.jsonl --output C.svg
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from anpr_match.matching import lookalikes
from anpr_match.matching.index import WatchlistIndex
from anpr_match.replay import evaluate, listed, plot
from anpr_match.replay.evaluate import Judged, Truth
from anpr_match.replay.reads_file import reads_of

Rule = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Point:
    """A rule, or our hits cut at a probability: false fuzzy alerts per 100,000 reads, and the share of
    misread passages of listed vehicles that were found."""

    name: str
    false_per_100k: float
    misread_recall: float


def peers_rules() -> Mapping[str, Rule]:
    """Fuzzy rules that other programs document, each beside its exact match.

    Genetec: one character replaced by its OCR equivalent. crumbvms: equal once look-alikes are made
    one. Frigate: at most one edit.
    """
    classes = {character: group for group in lookalikes.CLASSES for character in group}

    def one_equivalent(read: str, plate: str) -> bool:
        if len(read) != len(plate):
            return False
        differ = [(a, b) for a, b in zip(read, plate, strict=True) if a != b]
        return len(differ) == 1 and differ[0][1] in classes.get(differ[0][0], "")

    def folded(read: str, plate: str) -> bool:
        return _folded(read) == _folded(plate)

    def one_edit(read: str, plate: str) -> bool:
        return Levenshtein.distance(read, plate, score_cutoff=1) <= 1

    return {
        "exact": lambda read, plate: False,
        "one OCR equivalent (Genetec)": one_equivalent,
        "look-alikes folded (crumbvms)": folded,
        "Levenshtein 1 (Frigate)": one_edit,
    }


def peers(reads: Path, truth: Path, watchlist: Path) -> list[Point]:
    """One point for each of the peers' rules."""
    known = evaluate.truth_of(reads, truth, watchlist)
    entries = listed.listed(watchlist).entries
    index = WatchlistIndex.build(entries, revision=1)
    rows = reads_of(reads)
    texts, packed = rows.texts
    found = index.find_wider(texts, packed)
    pairs = [
        (rows.read_id(read), texts[read], index.vrm_of(slot))
        for read, slot in zip(found.read.tolist(), found.slot.tolist(), strict=True)
    ]
    return [_point(name, rule, pairs, known) for name, rule in peers_rules().items()]


def ours(hits: Sequence[Judged], known: Truth) -> list[Point]:
    """Our fuzzy hits, from the surest down: a point wherever a false one comes in."""
    points, right, false = [], 0, 0
    for hit in sorted((hit for hit in hits if not hit.exact), key=lambda hit: -hit.probability):
        right += hit.right
        if not hit.right:
            points.append(Point("anpr-match", 1e5 * false / known.reads, right / max(len(known.misread), 1)))
            false += 1
    return [*points, Point("anpr-match", 1e5 * false / known.reads, right / max(len(known.misread), 1))]


def _point(name: str, rule: Rule, pairs: Sequence[tuple[str, str, str]], known: Truth) -> Point:
    hits = [(read_id, plate) for read_id, text, plate in pairs if text != plate and rule(text, plate)]
    found = {read_id for read_id, plate in hits if known.true.get(read_id) == plate}
    false = sum(known.true.get(read_id) != plate for read_id, plate in hits)
    return Point(name, 1e5 * false / known.reads, len(found & known.misread) / max(len(known.misread), 1))


def _folded(text: str) -> bytes:
    return text.encode("ascii").translate(lookalikes.FOLD)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the curve, and print its points."""
    parser = argparse.ArgumentParser(description="Misreads found against false alerts.")
    for name in ("reads", "truth", "watchlist", "hits", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args(arguments)
    known = evaluate.truth_of(given.reads, given.truth, given.watchlist)
    curve = ours(evaluate.judged(given.hits, known), known)
    rules = peers(given.reads, given.truth, given.watchlist)
    series = {"anpr-match": [(p.false_per_100k, p.misread_recall) for p in curve]}
    series |= {p.name: [(p.false_per_100k, p.misread_recall)] for p in rules}
    given.output.write_text(plot.svg(series), encoding="utf-8")
    sys.stdout.writelines(
        f"{point.name:32} {point.false_per_100k:9.2f} false per 100k {point.misread_recall:7.3f} found\n"
        for point in (*rules, *curve)
    )


if __name__ == "__main__":
    main()
