"""A camera error model from files of confirmed pairs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anpr_match.matching.learn import Confirmed, learn
from anpr_match.matching.normalise import normalise_many
from anpr_match.replay import tables
from anpr_match.replay.run import engines_of, model_of
from anpr_match.replay.tables import Table, refused


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from, and the name of the model written."""

    pairs: int
    misread: int
    cameras: int
    model: str


def learn_file(
    reads: Path, truth: Path, output: Path, base: Path | None = None, cameras: Path | None = None
) -> Learned:
    """Learn from the reads whose truth is known, on top of the default model (or `base`), and write
    the model. Engines come from a column `engine` of the reads or from `cameras`. Raises Refused."""
    pairs = confirmed(reads, truth, dict(engines_of(cameras)))
    name = f"learned-{_digest(reads, truth)}"
    try:
        model = learn(pairs, model_of(base), name)
    except ValueError as error:
        raise refused(reads.name, "nothing_to_learn", str(error)) from error
    output.write_text(model.to_json() + "\n", encoding="utf-8")
    misread = sum(pair.read != pair.plate for pair in pairs)
    return Learned(len(pairs), misread, len({pair.camera_id for pair in pairs}), name)


def confirmed(reads: Path, truth: Path, engines: Mapping[str, str]) -> list[Confirmed]:
    """The reads of a file whose truth another one knows. Raises Refused with file and line."""
    return _pairs(tables.table(reads, ["read_id", "camera_id"]), _truth(truth), engines)


def _truth(path: Path) -> dict[str, str]:
    table = tables.table(path, ["read_id", "true_plate"])
    vrms = normalise_many(table.column("true_plate"))
    return {i: vrm for i, vrm in zip(table.column("read_id"), vrms, strict=True) if vrm}


def _pairs(table: Table, truth: Mapping[str, str], engines: Mapping[str, str]) -> list[Confirmed]:
    """The pairs of the file. The text read is in the column `plate`, or `read_plate`."""
    plate = "plate" if "plate" in table else "read_plate"
    vrms = normalise_many(table.column(plate))
    ids, cameras = list(table.column("read_id")), list(table.column("camera_id"))
    own, confidence = list(table.column("engine")), list(table.column("confidence"))
    makes, colours = list(table.column("make")), list(table.column("colour"))
    pairs = []
    for i, vrm in enumerate(vrms):
        true = truth.get(ids[i])
        if vrm and true:
            engine = own[i] or engines.get(cameras[i])
            share = _number(table, i, confidence[i])
            pairs.append(
                Confirmed(vrm, true, cameras[i], engine, share, makes[i] or None, colours[i] or None)
            )
    return pairs


def _number(table: Table, at: int, cell: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError as error:
        raise refused(table.name, "odd_cell", f"line {at + 2}: confidence is not a number") from error


def _digest(*paths: Path) -> str:
    """Names the model after what it was learned from, so that the same files give the same name."""
    digest = hashlib.blake2b(digest_size=6)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
