"""A model learns from confirmed pairs, and few are enough to help."""

import numpy as np
import pytest

from anpr_match.matching import channel, model, readers
from anpr_match.matching.learn import Confirmed, learn

PLATES = [
    f"AB{i % 100:02d}{a}{b}{c}"
    for i, (a, b, c) in enumerate((a, b, c) for a in "DEF" for b in "GHJ" for c in "KLMN")
]


def odd_camera(count: int) -> list[Confirmed]:
    """Pairs of a camera that reads every K as X and sometimes a D as 7."""
    pairs = []
    for i in range(count):
        plate = PLATES[i % len(PLATES)]
        read = plate.replace("K", "X") if i // 4 % 2 else plate
        pairs.append(Confirmed(read, plate, "odd", confidence=0.5 if read != plate else 0.9))
    return pairs


def outcome(made: model.Model, camera: str, plate: str, read: str) -> float:
    at = channel.ALPHABET.index
    return float(made.reader(camera, None).channel.outcome[at(plate), at(read)])


def test_150_pairs_teach_a_cameras_own_confusions() -> None:
    """After 150 pairs the camera's own confusion is expected of it, and not of others."""
    base = model.default()
    made = learn(odd_camera(150), base, "m")
    assert outcome(made, "odd", "K", "X") > 3 * outcome(base, "odd", "K", "X")
    assert outcome(made, "other", "K", "X") < outcome(made, "odd", "K", "X")


def test_confidence_is_learned() -> None:
    """A camera whose wrong reads are less sure has a clean state that rises with confidence."""
    reader = learn(odd_camera(400), model.default(), "m").reader("odd", None)
    states = readers.numbered([reader]).states_at(np.zeros(2, np.int64), np.array([0.5, 0.9]))
    assert states[0, 1] > states[0, 0]


def test_learning_is_repeatable() -> None:
    """The same pairs give the same model."""
    base = model.default()
    assert learn(odd_camera(60), base, "m").to_json() == learn(odd_camera(60), base, "m").to_json()


def test_a_model_from_nothing_has_severities_in_order() -> None:
    """Without a base the states are fitted, from clean to bad."""
    made = learn(odd_camera(300), None, "m")
    assert (np.diff(made.severity) >= 0).all()


def test_nothing_to_learn_is_an_error() -> None:
    """Pairs without a read text are a ValueError."""
    with pytest.raises(ValueError, match="no confirmed pair"):
        learn([Confirmed("", "AB01CDE", "c")], model.default(), "m")
