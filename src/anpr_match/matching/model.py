"""A camera error model: what cameras mistake for what, how often, and how sure they say they are."""

from dataclasses import dataclass, field

LOOKALIKES = ("0ODQ", "1IL", "2Z", "5S", "8B", "6G", "VY", "MN", "FE", "7Z", "9S", "CG")
"""Characters that engines confuse most in real reads of the British face."""


@dataclass(frozen=True, slots=True)
class Model:
    """`version` names the model in every hit.

    The odds are of a listed vehicle against all others, given that one character differs: for a pair
    of look-alikes, for any other pair, and for a character lost or added.
    """

    version: str = "thin-1"
    exact_log_odds: float = 4.6
    lookalike_log_odds: float = 0.5
    other_log_odds: float = -3.0
    length_log_odds: float = -2.0
    pairs: frozenset[frozenset[str]] = field(
        default_factory=lambda: frozenset(
            frozenset((a, b)) for group in LOOKALIKES for a in group for b in group if a != b
        )
    )

    def confuses(self, one: str, other: str) -> bool:
        """Whether a camera often takes one character for the other."""
        return frozenset((one, other)) in self.pairs


def default() -> Model:
    """The model that is shipped: it works on a camera never seen."""
    return Model()
