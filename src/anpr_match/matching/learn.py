"""Learning a camera error model from confirmed pairs: what was read, and what the plate said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from anpr_match.matching import background, channel, model, typed
from anpr_match.matching.channel import FIRST, INNER, LAST, LENGTH_MAX, LETTERS, LOST, PLACES, Floats
from anpr_match.matching.model import Model, Tally

EDITS_MAX = 4
"""Pairs further apart tell nothing of which character became which: they count for the states only."""
BINS_MAX, BIN_READS_MIN = 12, 60
ROUNDS_POOLED, ROUNDS = 12, 8
SEVERITY_START = (0.15, 1.0, 5.0)
SEVERITY_MIN, SEVERITY_MAX = 0.01, 12.0
CHUNK = 50_000
SHARES_MIN = 1000

_CODE = {character: i for i, character in enumerate(channel.ALPHABET)}


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One read whose true plate is known. Both texts are comparable forms (A-Z0-9)."""

    read: str
    plate: str
    camera_id: str
    engine: str | None = None
    confidence: float | None = None
    make: str | None = None
    colour: str | None = None


def learn(pairs: Sequence[Confirmed], base: Model | None, version: str) -> Model:
    """A model of these pairs, on top of `base` (whose counts are kept and added to).

    Without a base the severities of the states are fitted too, and the weights of the evidence must be
    (calibration.fitted) before the model is of use. Unread reads and texts too long to align are left
    out, and typed marks with two characters swapped, which tell nothing of one being taken for another.
    Raises ValueError when nothing is left.
    """
    usable = [
        pair
        for pair in pairs
        if 0 < len(pair.read) <= LENGTH_MAX and 0 < len(pair.plate) <= LENGTH_MAX
        if not typed.is_swapped(pair.read, pair.plate, pair.engine)
    ]
    if not usable:
        raise ValueError("no confirmed pair with a read text")
    severity = np.array(SEVERITY_START) if base is None else base.severity
    pooled, severity = _pooled(usable, severity, fit=base is None)
    built = Model(
        version=version,
        severity=severity,
        pooled=pooled if base is None else _sum(base.pooled, pooled),
        engines={} if base is None else base.engines,
        cameras={} if base is None else base.cameras,
        own=_counted({pair.plate for pair in usable}, base.own if base else {}),
        misread=_counted([p.read for p in usable if p.read != p.plate], base.misread if base else {}),
        makes=shares([pair.make for pair in usable], base.makes if base else {}),
        colours=shares([pair.colour for pair in usable], base.colours if base else {}),
        weights=base.weights if base else {},
    )
    engines = dict(built.engines)
    for name, group in _grouped(usable, [pair.engine for pair in usable]).items():
        above = replace(built, engines={}, cameras={}, _readers={}).reader("", None)
        engines[name] = _with(
            engines.get(name), _tally(group, above, _edges_for(group, above, engines.get(name)), None)
        )
    built = replace(built, engines=engines, _readers={})
    cameras = dict(built.cameras)
    for name, group in _grouped(usable, [pair.camera_id for pair in usable]).items():
        known = cameras.get(name)
        engine = group[0].engine or (known.engine if known else None)
        above = replace(built, cameras={}, _readers={}).reader("", engine)
        cameras[name] = _with(known, _tally(group, above, _edges_for(group, above, known), engine))
    return replace(built, cameras=cameras, _readers={})


def _pooled(pairs: Sequence[Confirmed], severity: Floats, fit: bool) -> tuple[Tally, Floats]:
    """The tally of all cameras together; with `fit` the severities too, by expectation maximisation."""
    above = model.root(severity)
    tally = _tally(pairs, above, (), None)
    if not fit:
        return tally, severity
    edits = np.array([Levenshtein.distance(pair.read, pair.plate) for pair in pairs], float)
    plates = channel.encode([pair.plate for pair in pairs])
    for _ in range(ROUNDS_POOLED):
        made = model.shrunk_channel(model.root(severity).channel, tally)
        chance = _likelihood(made, pairs)
        shares = tally.states[0] / tally.states[0].sum()
        belongs = chance * shares[:, None]
        belongs /= belongs.sum(axis=0) + 1e-300
        expected = np.append(made.slip, 0.0)[plates].sum(axis=1)
        fitted = (belongs * edits).sum(axis=1) / (belongs * expected).sum(axis=1)
        severity = np.sort(np.clip(fitted, SEVERITY_MIN, SEVERITY_MAX))
        tally = replace(tally, states=belongs.sum(axis=1)[None])
    return tally, severity


def _tally(
    pairs: Sequence[Confirmed], above: model.Reader, edges: tuple[float, ...], engine: str | None
) -> Tally:
    """Counts of these pairs; each is shared out among the states by what the level above believes."""
    confidence = _confidence(pairs)
    counts = _edit_counts(pairs, edges, engine)
    chance = _likelihood(model.shrunk_channel(above.channel, counts), pairs)
    bins = np.where(np.isnan(confidence), 0, 1 + np.searchsorted(np.array(edges), confidence, side="right"))
    states = np.zeros((len(edges) + 2 if edges else 1, len(above.channel.severity)))
    bins = bins if edges else np.zeros(len(pairs), np.int64)
    believed = np.repeat(above.states[:1], len(states), axis=0)
    for _ in range(ROUNDS):
        belongs = chance * believed[bins].T
        belongs /= belongs.sum(axis=0) + 1e-300
        states = np.zeros_like(states)
        np.add.at(states, bins, belongs.T)
        believed = (states + 2 * believed[:1]) / (states.sum(axis=1, keepdims=True) + 2)
    return replace(counts, states=states)


def _edit_counts(pairs: Sequence[Confirmed], edges: tuple[float, ...], engine: str | None) -> Tally:
    """What became of each character, over the shortest alignment of each pair."""
    passed, outcome = np.zeros((PLACES, LETTERS)), np.zeros((PLACES, LETTERS, LETTERS + 1))
    gaps, added = np.zeros(PLACES), np.zeros((PLACES, LETTERS))
    codes = channel.encode([pair.plate for pair in pairs])
    length = channel.lengths(codes)
    for i in range(LENGTH_MAX):
        here = codes[:, i] != LOST
        places = np.where(i == 0, FIRST, np.where(length == i + 1, LAST, INNER))
        np.add.at(passed, (places[here], codes[here, i]), 1)
    gaps += (len(pairs), (length - 1).sum(), len(pairs))
    for pair in pairs:
        if pair.read == pair.plate:
            continue
        edits = Levenshtein.editops(pair.plate, pair.read)
        if len(edits) > EDITS_MAX:
            continue
        end = len(pair.plate)
        for edit in edits:
            at = edit.src_pos
            if edit.tag == "insert":
                place = FIRST if at == 0 else LAST if at == end else INNER
                added[place, _CODE[pair.read[edit.dest_pos]]] += 1
                continue
            place = FIRST if at == 0 else LAST if at == end - 1 else INNER
            became = LOST if edit.tag == "delete" else _CODE[pair.read[edit.dest_pos]]
            outcome[place, _CODE[pair.plate[at]], became] += 1
    return Tally(passed, outcome, gaps, added, edges, np.zeros((1, 1)), engine)


def _likelihood(made: channel.Channel, pairs: Sequence[Confirmed]) -> Floats:
    """P(read | plate, state) of each pair, (states, n), in chunks that bound the memory. A right read
    of the same plate is worked out once."""
    keys = list(dict.fromkeys((pair.read, pair.plate) for pair in pairs))
    distinct = {key: i for i, key in enumerate(keys)}
    stacked = channel.stack([made])
    parts = []
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        which = np.zeros(len(chunk), np.int64)
        read, plate = channel.encode([k[0] for k in chunk]), channel.encode([k[1] for k in chunk])
        parts.append(channel.likelihood(stacked, which, read, plate))
    where = np.array([distinct[pair.read, pair.plate] for pair in pairs])
    return np.concatenate(parts, axis=1)[:, where]


def _confidence(pairs: Sequence[Confirmed]) -> Floats:
    return np.array([np.nan if pair.confidence is None else pair.confidence for pair in pairs])


def _edges_for(pairs: Sequence[Confirmed], above: model.Reader, known: Tally | None) -> tuple[float, ...]:
    """The bins of confidence: those already there, else those of the level above, so that counts add
    up; else bins of equal size."""
    return known.edges if known else above.edges or _edges(_confidence(pairs))


def _edges(confidence: Floats) -> tuple[float, ...]:
    """Borders that cut these confidences into bins of equal size; none when too few are given."""
    given = confidence[~np.isnan(confidence)]
    bins = min(BINS_MAX, len(given) // BIN_READS_MIN)
    if bins < 2:
        return ()
    cuts = np.quantile(given, np.linspace(0, 1, bins + 1)[1:-1])
    return tuple(float(cut) for cut in np.unique(np.round(cuts, 4)))


def _with(known: Tally | None, new: Tally) -> Tally:
    return new if known is None else _sum(known, new)


def _sum(one: Tally, other: Tally) -> Tally:
    """Both tallies as one. Their bins of confidence must be the same, or only the totals are kept."""
    same = one.edges == other.edges
    return Tally(
        passed=one.passed + other.passed,
        outcome=one.outcome + other.outcome,
        gaps=one.gaps + other.gaps,
        added=one.added + other.added,
        edges=one.edges if same else (),
        states=one.states + other.states
        if same
        else one.states.sum(axis=0)[None] + other.states.sum(axis=0)[None],
        engine=other.engine or one.engine,
    )


def _grouped(pairs: Sequence[Confirmed], names: Sequence[str | None]) -> dict[str, list[Confirmed]]:
    groups: dict[str, list[Confirmed]] = {}
    for pair, name in zip(pairs, names, strict=True):
        if name:
            groups.setdefault(name, []).append(pair)
    return groups


def _counted(texts: Sequence[str] | set[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Counts of a density, added to those already known."""
    new = background.count(sorted(texts))
    result: dict[str, Any] = {shape: places for shape, places in known.items() if shape}
    for shape, places in new.items():
        if shape and shape in result:
            result[shape] = (np.array(result[shape]) + np.array(places)).tolist()
        elif shape:
            result[shape] = places
    rare = dict(known.get("", ()))
    for length, n in new.get("", ()):
        rare[length] = rare.get(length, 0) + n
    result[""] = [[length, n] for length, n in sorted(rare.items())]
    return result


def shares(named: Sequence[str | None], known: Mapping[str, float]) -> dict[str, float]:
    """Shares of the names that were told; those already known where too few were."""
    told = Counter(name.casefold() for name in named if name)
    if told.total() < SHARES_MIN:
        return dict(known)
    return {name: round(n / told.total(), 5) for name, n in sorted(told.items())}
