"""The readers of a model that a matcher has met, worked out into tables for a batch of many cameras."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anpr_match.matching import channel
from anpr_match.matching.batch import Cameras
from anpr_match.matching.channel import Floats, Ints, Stacked
from anpr_match.matching.model import Model, Reader
from anpr_match.matching.packing import Indices


@dataclass(frozen=True, slots=True)
class Readers:
    """Readers with their `numbers` (by identity), their `channels`, and what their confidences say of
    the state of a read.

    `edges` (readers, bins), `states` (readers, 1 + bins, states) are those of the readers, as wide as
    the widest: no confidence lies above the edges that were added.
    """

    readers: Sequence[Reader]
    numbers: Mapping[int, int]
    channels: Stacked
    edges: Floats
    states: Floats

    def states_at(self, which: Ints, confidence: Floats) -> Floats:
        """(states, n) chances of the states by these readers; NaN is no confidence given."""
        bins = 1 + (self.edges[which] <= confidence[:, None]).sum(axis=1)
        return self.states[which, np.where(np.isnan(confidence), 0, bins)].T


def numbered(readers: Sequence[Reader]) -> Readers:
    """These readers in their order."""
    widest = max(len(reader.states) for reader in readers)
    edges = np.full((len(readers), widest), np.inf)
    states = np.empty((len(readers), widest + 1, len(readers[0].channel.severity)))
    for number, reader in enumerate(readers):
        edges[number, : len(reader.edges)] = reader.edges
        # Above its last bin, or without any, a reader says what its last row says.
        states[number] = reader.states[-1]
        states[number, : len(reader.states)] = reader.states
    numbers = {id(reader): number for number, reader in enumerate(readers)}
    return Readers(readers, numbers, channel.stack([reader.channel for reader in readers]), edges, states)


class Known:
    """The readers met so far: at most one for each camera and engine that the model knows, and one."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._readers = numbered([model.reader("", None)])

    def of(self, cameras: Cameras, engines: Mapping[str, str], reads: Indices) -> tuple[Readers, Ints]:
        """Readers, and the number among them of the camera of each of these reads."""
        known, of_reads = self._readers, cameras.of[reads].tolist()
        met = {camera: cameras.ids[camera] for camera in of_reads}
        readers = {camera: self._model.reader(id_, engines.get(id_)) for camera, id_ in met.items()}
        # Readers are the model's own objects, one for all cameras that it cannot tell apart.
        new = {id(reader): reader for reader in readers.values() if id(reader) not in known.numbers}
        if new:
            known = self._readers = numbered([*known.readers, *new.values()])
        which = {camera: known.numbers[id(reader)] for camera, reader in readers.items()}
        return known, np.array([which[camera] for camera in of_reads])
