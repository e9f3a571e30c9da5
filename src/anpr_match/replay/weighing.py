"""The weights of the evidence, fitted to reads whose truth is known: how the model that ships was made.

    python -m anpr_match.replay.weighing --reads R --truth T --watchlist W --model M.json --output N.json

`learn` fits what cameras mistake for what, and that is all a new camera needs. The weights say how far
each kind of evidence is to be believed, anywhere; they want some thousand misreads of listed vehicles.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from anpr_match.matching import calibration
from anpr_match.matching.calibration import Labelled
from anpr_match.matching.evidence import FEATURES
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Matcher
from anpr_match.matching.model import Model
from anpr_match.replay import evaluate, listed
from anpr_match.replay.evaluate import Truth
from anpr_match.replay.reads_file import Part, ReadsFile, ReadsList, reads_of
from anpr_match.replay.run import BATCH_READS, engines_of, memory_for, model_of
from anpr_match.replay.tables import refused

MISREAD_MIN = 100
"""Fewer misreads of listed vehicles than this would fit chance."""


def weigh(
    reads: Path, truth: Path, watchlist: Path, model: Path | None, cameras: Path | None = None
) -> Model:
    """The model with weights fitted to these reads against this list. Raises Refused when too few
    misreads of listed vehicles are among them."""
    known = evaluate.truth_of(reads, truth, watchlist)
    if len(known.misread) < MISREAD_MIN:
        detail = f"{len(known.misread)} misreads of listed vehicles; it takes {MISREAD_MIN}"
        raise refused(reads.name, "too_few_misreads", detail)
    base = model_of(model)
    passages = len(known.passages) / known.listed / known.reads
    weights = dict.fromkeys(FEATURES, 0.0) | {"passages": passages}
    matcher = Matcher(replace(base, weights=weights, _readers={}), memory=memory_for(known.reads))
    index = WatchlistIndex.build(listed.listed(watchlist).entries, revision=1)
    labelled = _labelled(matcher, reads_of(reads), index, dict(engines_of(cameras)), known)
    return replace(base, weights=calibration.fitted(replace(labelled, passages=passages)), _readers={})


def _labelled(
    matcher: Matcher,
    reads: ReadsFile | ReadsList,
    index: WatchlistIndex,
    engines: dict[str, str],
    known: Truth,
) -> Labelled:
    """Every fuzzy candidate of the reads, and whether it is right."""
    rows, right, with_readings = [], [], []
    for start in range(0, len(reads), BATCH_READS):
        part = Part(reads, start, min(start + BATCH_READS, len(reads)))
        for scored in matcher.labelled(part, index, engines):
            if not scored.exact:
                rows.append(scored.row)
                right.append(known.true.get(reads.read_id(start + scored.position)) == scored.listed)
                with_readings.append(part.with_readings[scored.position])
    labels = np.array(right, float)
    return Labelled(np.array(rows), labels, np.ones(len(labels)), np.array(with_readings, float), 0.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the weights and write the model."""
    parser = argparse.ArgumentParser(description="Fit the weights of the evidence.")
    for name in ("reads", "truth", "watchlist", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("model", "cameras"):
        parser.add_argument(f"--{name}", type=Path)
    given = parser.parse_args(arguments)
    made = weigh(given.reads, given.truth, given.watchlist, given.model, given.cameras)
    given.output.write_text(made.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
