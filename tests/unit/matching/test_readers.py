"""Readers met so far are numbered once, and tables of many say what each says alone."""

import numpy as np

from anpr_match.matching import batch, model, readers


def test_each_reader_has_its_own_states_among_others() -> None:
    """Beside readers with more bins of confidence, or none, a reader says what it says alone."""
    shipped = model.default()
    some = [shipped.reader("C", engine) for engine in (None, *shipped.engines)]
    some.append(model.root(shipped.severity))
    confidence = np.array([np.nan, 0.0, 0.3, 0.9, 0.999, 1.0])
    together = readers.numbered(some)
    for number, reader in enumerate(some):
        alone = readers.numbered([reader]).states_at(np.zeros(len(confidence), np.int64), confidence)
        assert np.array_equal(together.states_at(np.full(len(confidence), number), confidence), alone)


def test_cameras_that_the_model_cannot_tell_apart_have_one_reader() -> None:
    """A thousand cameras never seen are one reader; an engine that the model knows is another."""
    shipped = model.default()
    known = readers.Known(shipped)
    cameras = batch.cameras((f"C{i}" for i in range(1_000)), 1_000)
    engine = next(iter(shipped.engines))
    own, which = known.of(cameras, {"C7": engine}, np.arange(1_000))
    assert len(own.readers) == 2
    assert np.flatnonzero(which).tolist() == [7]
    assert known.of(cameras, {"C7": engine}, np.array([7]))[0] is own
