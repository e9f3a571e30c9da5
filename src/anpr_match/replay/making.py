"""Making a model from nothing: how the model that ships was made.

    python -m anpr_match.replay.making --pairs P --reads R --truth T --watchlist W --cameras C
                                       --name N --output M.json [--lists 24] [--long 1000000]

First what cameras mistake for what, from confirmed pairs; then how far each kind of evidence is to be
believed, from a week of reads against its list, lists drawn from the vehicles of the pairs, and long ones.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anpr_match.matching import background
from anpr_match.matching.channel import LENGTH_MAX
from anpr_match.matching.learn import learn, shares
from anpr_match.matching.model import Model
from anpr_match.replay import evaluate, learning, tables, weighing
from anpr_match.replay.run import engines_of
from anpr_match.replay.weighing import Draws, Week


@dataclass(frozen=True, slots=True)
class Pairs:
    """Confirmed pairs: reads, and the plates that they truly were (may be one file)."""

    reads: Path
    truth: Path


def make(pairs: Pairs, week: Week, name: str, lists: int, long_entries: int) -> Model:
    """The model called `name`. It knows engines but no single camera, for it is meant for cameras that
    it has never seen. Raises Refused."""
    confirmed = learning.confirmed(pairs.reads, pairs.truth, dict(engines_of(week.cameras)))
    seen = tables.table(week.reads, ["read_id", "camera_id"])
    own, misread = _background(week)
    model = replace(
        learn(confirmed, None, name),
        cameras={},
        own=own,
        misread=misread,
        makes=shares(seen.column("make"), {}),
        colours=shares(seen.column("colour"), {}),
    )
    return weighing.weigh(week, model, Draws(lists, {pair.plate for pair in confirmed}, long_entries))


def _background(week: Week) -> tuple[dict[str, Any], dict[str, Any]]:
    """Counts of the plates of all vehicles of the week, and of the texts of all its misreads: far more
    of both than the pairs have."""
    known = evaluate.truth_of(week.reads, week.truth, week.watchlist)
    plates = {plate for plate in known.true.values() if len(plate) <= LENGTH_MAX}
    misread = [
        text
        for read_id, text in known.texts.items()
        if text and len(text) <= LENGTH_MAX and known.true.get(read_id, text) != text
    ]
    return background.count(sorted(plates)), background.count(misread)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a model and write it."""
    parser = argparse.ArgumentParser(description="Make a model from nothing.")
    for file in ("pairs", "reads", "truth", "watchlist", "cameras", "output"):
        parser.add_argument(f"--{file}", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--lists", type=int, default=24)
    parser.add_argument("--long", type=int, default=1_000_000)
    given = parser.parse_args(arguments)
    week = Week(given.reads, given.truth, given.watchlist, given.cameras)
    model = make(Pairs(given.pairs, given.pairs), week, given.name, given.lists, given.long)
    given.output.write_text(model.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
