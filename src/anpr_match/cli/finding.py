"""What a check of the set-up found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`state` is ok, note or bad; only bad makes the command exit 1."""

    state: str
    check: str
    detail: str
    mend: str | None = None
