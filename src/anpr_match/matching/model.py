"""A camera error model: what cameras mistake for what, how often, and how sure they say they are.

It holds counts and not rates, at three levels: all cameras, each engine, each camera. What a camera has
shown itself counts most; where it has shown little, its engine speaks, and then all cameras together
(Dirichlet shrinkage). So a camera or an engine never seen falls back level by level.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any, Self

import numpy as np

from anpr_match.matching import background, channel
from anpr_match.matching.background import Density
from anpr_match.matching.channel import LETTERS, LOST, PLACES, Channel, Floats

SHRINK_OUTCOME = 30.0
SHRINK_SLIP = 60.0
SHRINK_EDGE = 6.0
SHRINK_ADDED = 300.0
SHRINK_ADDED_AS = 20.0
SHRINK_STATES = 20.0
"""How many observations the level above counts for, in each part of the model."""

LOOKALIKES = ("0ODQ", "1IL", "2Z", "5S", "8B", "6G", "VY", "MNH", "FE", "7ZT", "9S", "CG")
"""Characters that look alike in the British face: the root of all levels, before any count."""

FORMAT = 1
OFTEN = 0.1
"""A misread is called frequent when it is at least this share of what becomes of a wrong character."""
CLEAN, WORST = 0, -1
"""The first and last state."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one level. `passed` (3, 36): characters that went through, by place; `outcome`
    (3, 36, 37): what became of those that went wrong; `gaps` (3) and `added` (3, 36): places where a
    character could be added, and those that were. `edges`: borders of the bins of confidence;
    `states` (1 + bins, states): reads in each state, row 0 for reads without confidence."""

    passed: Floats
    outcome: Floats
    gaps: Floats
    added: Floats
    edges: tuple[float, ...]
    states: Floats
    engine: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "passed": self.passed.astype(int).tolist(),
            "outcome": _sparse(self.outcome),
            "gaps": self.gaps.astype(int).tolist(),
            "added": _sparse(self.added),
            "edges": list(self.edges),
            "states": np.round(self.states, 2).tolist(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            passed=np.array(raw["passed"], float),
            outcome=_dense(raw["outcome"], (PLACES, LETTERS, LETTERS + 1)),
            gaps=np.array(raw["gaps"], float),
            added=_dense(raw["added"], (PLACES, LETTERS)),
            edges=tuple(raw["edges"]),
            states=np.array(raw["states"], float),
            engine=raw.get("engine"),
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """One camera's part of the model: its channel, and the chance of each state at a confidence.

    `states` (1 + bins, states), rows as in `Tally`; rises with confidence for the clean state."""

    channel: Channel
    edges: tuple[float, ...]
    states: Floats

    def often(self, listed: str, read: str) -> bool:
        """Whether this camera often takes the listed character for the one it read, or, when that is
        empty, often loses it."""
        a = channel.ALPHABET.index(listed)
        b = channel.ALPHABET.index(read) if read else LOST
        return bool(self.channel.outcome[a, b] >= OFTEN)


@dataclass(frozen=True)
class Model:
    """A camera error model under the name `version`, which every hit made with it carries.

    `severity` (states); `pooled`, `engines`, `cameras`: the three levels. `own` and `misread`: counts of
    plates and of misread texts, for the background. `makes`, `colours`: their shares among vehicles.
    `weights`: the fitted weight of each piece of evidence (see evidence.Weights).
    """

    version: str
    severity: Floats
    pooled: Tally
    engines: Mapping[str, Tally]
    cameras: Mapping[str, Tally]
    own: Mapping[str, Any]
    misread: Mapping[str, Any]
    makes: Mapping[str, float]
    colours: Mapping[str, float]
    weights: Mapping[str, float]
    _readers: dict[tuple[str, str | None], Reader] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def own_density(self) -> Density:
        """Where the plates of other vehicles lie."""
        return background.density(self.own, fallback_share=1e-4)

    @cached_property
    def misread_density(self) -> Density:
        """Where the misreads of any plates lie."""
        return background.density(self.misread, fallback_share=0.1)

    def reader(self, camera_id: str, engine: str | None) -> Reader:
        """This camera's part: its own counts over its engine's over all cameras'."""
        known = self.cameras.get(camera_id)
        engine = engine or (known.engine if known else None)
        key = (camera_id if known else "", engine if engine in self.engines else None)
        if key not in self._readers:
            self._readers[key] = self._made(known, self.engines.get(key[1] or ""))
        return self._readers[key]

    def _made(self, camera: Tally | None, engine: Tally | None) -> Reader:
        made = _shrunk(root(self.severity), self.pooled, keep_edges=False)
        for tally in (engine, camera):
            if tally is not None:
                made = _shrunk(made, tally, keep_edges=True)
        return made

    def to_json(self) -> str:
        """The model as the text of a file."""
        raw = {
            "format": FORMAT,
            "version": self.version,
            "severity": self.severity.tolist(),
            "pooled": self.pooled.to_json(),
            "engines": {name: tally.to_json() for name, tally in self.engines.items()},
            "cameras": {name: tally.to_json() for name, tally in self.cameras.items()},
            "own": self.own,
            "misread": self.misread,
            "makes": self.makes,
            "colours": self.colours,
            "weights": self.weights,
        }
        return json.dumps(raw, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The model of such a text. Raises ValueError when it is not one."""
        try:
            raw = json.loads(text)
            if raw["format"] != FORMAT:
                raise ValueError(f"a model file of format {raw['format']}; this program reads {FORMAT}")
            return cls(
                version=raw["version"],
                severity=np.array(raw["severity"], float),
                pooled=Tally.from_json(raw["pooled"]),
                engines={name: Tally.from_json(tally) for name, tally in raw["engines"].items()},
                cameras={name: Tally.from_json(tally) for name, tally in raw["cameras"].items()},
                own=raw["own"],
                misread=raw["misread"],
                makes=raw["makes"],
                colours=raw["colours"],
                weights=raw["weights"],
            )
        except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
            raise ValueError("this is not a model file") from error


def default() -> Model:
    """The model that is shipped: it works on a camera never seen."""
    return Model.from_json(resources.files("anpr_match.matching").joinpath("default_model.json").read_text())


def root(severity: Floats) -> Reader:
    """What is believed of any camera before a single count: look-alikes are confused, edges suffer."""
    outcome = np.full((LETTERS, LETTERS + 1), 0.02)
    outcome[:, LOST] = 0.3
    for group in LOOKALIKES:
        codes = [channel.ALPHABET.index(character) for character in group]
        for a in codes:
            outcome[a, [b for b in codes if b != a]] += 0.15
    np.fill_diagonal(outcome, 0.0)
    states = np.array([0.8, 0.15, 0.05])
    made = Channel(
        slip=np.full(LETTERS, 0.03),
        outcome=outcome / outcome.sum(axis=1, keepdims=True),
        edge=np.ones(PLACES),
        loss_edge=np.ones(PLACES),
        added=np.array([0.005, 0.001, 0.005]),
        added_as=np.full(LETTERS, 1 / LETTERS),
        severity=severity,
    )
    return Reader(made, (), states[None, : len(severity)])


def _shrunk(above: Reader, tally: Tally, keep_edges: bool) -> Reader:
    """A level's reader: its counts, drawn towards the level above."""
    edges, states = _states(above, tally, keep_edges)
    return Reader(shrunk_channel(above.channel, tally), edges, states)


def shrunk_channel(above: Channel, tally: Tally) -> Channel:
    """The channel of these counts, drawn towards `above`."""
    wrong_at = tally.outcome.sum(axis=2)
    wrong, passed = wrong_at.sum(axis=0), tally.passed.sum(axis=0)
    overall = (wrong.sum() + SHRINK_SLIP * above.slip.mean()) / (passed.sum() + SHRINK_SLIP)
    expected_slip = above.slip * overall / np.average(above.slip, weights=passed + 1)
    slip = (wrong + SHRINK_SLIP * expected_slip) / (passed + SHRINK_SLIP)
    became = tally.outcome.sum(axis=0)
    outcome = (became + SHRINK_OUTCOME * above.outcome) / (became.sum(axis=1, keepdims=True) + SHRINK_OUTCOME)
    expected = (tally.passed * slip).sum(axis=1)
    expected_lost = (wrong_at * outcome[:, LOST]).sum(axis=1)
    added = tally.added.sum(axis=0)
    return Channel(
        slip=slip,
        outcome=outcome,
        edge=(wrong_at.sum(axis=1) + SHRINK_EDGE * above.edge) / (expected + SHRINK_EDGE),
        loss_edge=(tally.outcome[:, :, LOST].sum(axis=1) + 2 * SHRINK_EDGE * above.loss_edge)
        / (expected_lost + 2 * SHRINK_EDGE),
        added=(tally.added.sum(axis=1) + SHRINK_ADDED * above.added) / (tally.gaps + SHRINK_ADDED),
        added_as=(added + SHRINK_ADDED_AS * above.added_as) / (added.sum() + SHRINK_ADDED_AS),
        severity=above.severity,
    )


def _states(above: Reader, tally: Tally, keep_edges: bool) -> tuple[tuple[float, ...], Floats]:
    """Bins of confidence and the chances of the states in them.

    The level above lends its chances bin by bin where both are binned alike; else its overall ones.
    """
    overall = _drawn(tally.states.sum(axis=0), above.states[0])
    if not keep_edges or not tally.edges:
        shift = overall / above.states[0]
        states = above.states * shift
        return above.edges, states / states.sum(axis=1, keepdims=True)
    parents = above.states[1:] * (overall / above.states[0])
    alike = above.edges == tally.edges
    rows = [overall] + [
        _drawn(row, parents[i] / parents[i].sum() if alike else overall)
        for i, row in enumerate(tally.states[1:])
    ]
    return tally.edges, monotone(np.array(rows))


def _drawn(counts: Floats, above: Floats) -> Floats:
    drawn: Floats = (counts + SHRINK_STATES * above) / (counts.sum() + SHRINK_STATES)
    return drawn


def monotone(states: Floats) -> Floats:
    """Rows 1 and on made to rise in the clean state and to fall in the worst (pool adjacent violators)."""
    result = states.copy()
    if len(states) > 2:
        result[1:, CLEAN] = _rising(states[1:, CLEAN])
        result[1:, WORST] = -_rising(-states[1:, WORST])
        result[1:, 1] = np.maximum(1 - result[1:, CLEAN] - result[1:, WORST], 1e-4)
    result /= result.sum(axis=1, keepdims=True)
    return result


def _rising(values: Floats) -> Floats:
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (high, n), (low, m) = blocks[-2:]
            blocks[-2:] = [((high * n + low * m) / (n + m), n + m)]
    return np.concatenate([np.full(n, value) for value, n in blocks])


def _sparse(table: Floats) -> list[list[int]]:
    """Non-zero cells as [flat position, count]."""
    flat = table.ravel()
    return [[int(i), int(flat[i])] for i in np.flatnonzero(flat)]


def _dense(cells: list[list[int]], shape: tuple[int, ...]) -> Floats:
    flat = np.zeros(int(np.prod(shape)))
    for i, n in cells:
        flat[i] = n
    return flat.reshape(shape)
