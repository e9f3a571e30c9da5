"""The model falls back level by level, and a file gives back what was written."""

import numpy as np
import pytest

from anpr_match.matching import model, readers
from anpr_match.matching.model import Model, monotone


@pytest.fixture(scope="module")
def shipped() -> Model:
    """The model that is shipped."""
    return model.default()


def test_a_model_file_gives_the_model_back(shipped: Model) -> None:
    """Written and read again, a model judges the same."""
    again = Model.from_json(shipped.to_json())
    one, other = shipped.reader("C", "ocrad"), again.reader("C", "ocrad")
    assert again.version == shipped.version
    assert np.allclose(one.channel.outcome, other.channel.outcome)
    assert np.allclose(one.states, other.states)


@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"format": 99}'])
def test_other_files_are_refused(text: str) -> None:
    """What is not a model file is a ValueError."""
    with pytest.raises(ValueError, match="a model file"):
        Model.from_json(text)


def test_unknown_engines_fall_back_to_all_cameras(shipped: Model) -> None:
    """A camera never seen with an engine never seen is read as cameras in general are."""
    assert shipped.reader("C", "never heard of") is shipped.reader("D", None)


def test_engines_differ(shipped: Model) -> None:
    """A known engine has a channel of its own."""
    general, own = shipped.reader("C", None), shipped.reader("C", "ocrad")
    assert not np.allclose(general.channel.slip, own.channel.slip)


def test_confidence_is_never_used_raw(shipped: Model) -> None:
    """More confidence never makes a clean read less likely, and none at all is the average."""
    reader = shipped.reader("C", "rapidocr-ppocrv4")
    confidence = np.array([np.nan, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999])
    states = readers.numbered([reader]).states_at(np.zeros(len(confidence), np.int64), confidence)
    assert (np.diff(states[0, 1:]) >= -1e-9).all()
    assert np.allclose(states[:, 0], reader.states[0])


def test_states_are_chances(shipped: Model) -> None:
    """The states of any confidence add up to one."""
    for engine in (None, *shipped.engines):
        assert np.allclose(shipped.reader("C", engine).states.sum(axis=1), 1)


def test_monotone_pools_what_falls() -> None:
    """Bins that fall where they should rise are pooled; a rising run is left alone."""
    rows = np.array([[0.5, 0.3, 0.2], [0.6, 0.2, 0.2], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]])
    made = monotone(rows)
    assert made[1, 0] == pytest.approx(made[2, 0], abs=0.02)
    assert made[3, 0] > made[2, 0]
