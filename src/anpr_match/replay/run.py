"""A file of reads matched against a list, in time order, as the live matcher would."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anpr_match.domain.hit import Match, Tier
from anpr_match.domain.routing import Place
from anpr_match.matching import model as models
from anpr_match.matching.index import WatchlistIndex
from anpr_match.matching.matcher import Borders, Matcher, Memory
from anpr_match.matching.model import Model
from anpr_match.matching.seen import SeenBefore
from anpr_match.replay import listed, tables
from anpr_match.replay.reads_file import Part, reads_of
from anpr_match.replay.tables import refused

BATCH_READS = 1 << 17
PLATES_A_READ_MIN = 1 << 16


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay did. `left_out`: the lines of the list that are no entry, and why."""

    reads: int
    entries: int
    hits: int
    exact: int
    fuzzy: int
    model: str
    left_out: list[dict[str, int | str]]


@dataclass(frozen=True, slots=True)
class Files:
    """What a replay reads and writes. `cameras` names engines and places (camera_id, engine, lat, lon);
    without `model` the default one is used."""

    watchlist: Path
    reads: Path
    output: Path
    cameras: Path | None = None
    model: Path | None = None


def run_replay(
    files: Files,
    min_probability: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    remembering: bool = True,
) -> Summary:
    """Match every read of the file and write one JSON line for each read and entry that match.

    `min_probability` replaces the border below which a fuzzy match is not reported; exact matches are
    reported always. `progress` is told reads done and reads in all. Without `remembering` every read is
    matched for itself, as by a service that is told to remember no plates, and the order of reads tells
    nothing. Raises Refused with file and line.
    """
    model = model_of(files.model)
    watchlist = listed.listed(files.watchlist)
    index = WatchlistIndex.build(watchlist.entries, revision=1)
    engines, places = engines_of(files.cameras), places_of(files.cameras)
    reads = reads_of(files.reads)
    borders = Borders() if min_probability is None else Borders(possible=min_probability)
    matcher = Matcher(model, borders, memory_for(len(reads)) if remembering else None)
    exact = fuzzy = 0
    with files.output.open("w", encoding="utf-8") as output:
        for start in range(0, len(reads), BATCH_READS):
            part = Part(reads, start, min(start + BATCH_READS, len(reads)))
            for position, match in matcher.match(part, index, None, engines, places):
                exact += match.tier is Tier.EXACT
                fuzzy += match.tier is not Tier.EXACT
                line = line_of(reads.read_id(start + position), match)
                output.write(json.dumps(line, ensure_ascii=False) + "\n")
            if progress is not None:
                progress(min(start + BATCH_READS, len(reads)), len(reads))
    return Summary(
        reads=len(reads),
        entries=len(watchlist.entries),
        hits=exact + fuzzy,
        exact=exact,
        fuzzy=fuzzy,
        model=model.version,
        left_out=[{"line": line, "detail": detail} for line, detail in watchlist.left_out],
    )


def line_of(read_id: str, match: Match) -> dict[str, Any]:
    """A hit as a line of the hits file."""
    return {
        "read_id": read_id,
        "plate": match.plate_listed,
        "read_plate": match.plate_read,
        "probability": round(match.probability, 6),
        "tier": match.tier.value,
        "reason": match.reason,
        "evidence": {factor.name: round(factor.log_odds, 3) for factor in match.evidence},
        "model": match.model,
    }


def model_of(path: Path | None) -> Model:
    """The model of a file, or the default one. Raises Refused when the file is not a model."""
    if path is None:
        return models.default()
    try:
        return Model.from_json(tables.text_of(path))
    except ValueError as error:
        raise refused(path.name, "not_a_model", str(error)) from error


def engines_of(cameras: Path | None) -> Mapping[str, str]:
    """The engine of each camera that the file names one for."""
    if cameras is None:
        return {}
    table = tables.table(cameras, ["camera_id"])
    return {c: e for c, e in zip(table.column("camera_id"), table.column("engine"), strict=True) if e}


def places_of(cameras: Path | None) -> Mapping[str, Place]:
    """Where each camera stands, of those that the file tells it of. Raises Refused."""
    if cameras is None:
        return {}
    table = tables.table(cameras, ["camera_id"])
    rows = zip(table.column("camera_id"), table.column("lat"), table.column("lon"), strict=True)
    try:
        return {camera_id: Place(float(lat), float(lon)) for camera_id, lat, lon in rows if lat and lon}
    except ValueError as error:
        raise refused(cameras.name, "odd_cell", "lat or lon is not a number") from error


def memory_for(reads: int) -> Memory:
    """A fresh memory that holds all plates of a file of so many reads; its key dies with the run."""
    return Memory(SeenBefore(secrets.token_bytes(16), plates_max=max(2 * reads, PLATES_A_READ_MIN)))
