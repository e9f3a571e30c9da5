"""Every error of the service.

- AnprMatchError
  - Refused: what was asked is not well formed or not allowed by the rules of the field
  - NotFound
  - Conflict
    - Stale: the version named is not the one that stands
    - AlreadyExists
  - Forbidden
  - Fenced: another process owns the partition; nothing of the batch was written
  - Unwritable: the store refuses these values, and would refuse them again
  - Unavailable: a part outside is away for now; the same call may go through later
    - Full: a bound was reached; come back later
  - SetUp: the service cannot start as it is configured
"""

from dataclasses import dataclass


class AnprMatchError(Exception):
    """Something of anpr-match went wrong."""

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or (self.__doc__ or "").strip()
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent: a JSON pointer to it, a stable code, and a sentence."""

    pointer: str
    code: str
    detail: str


class Refused(AnprMatchError):
    """What was sent breaks a rule."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.pointer}: {p.detail}" for p in problems))


class NotFound(AnprMatchError):
    """There is no such thing."""


class Conflict(AnprMatchError):
    """It does not fit what stands."""


class Stale(Conflict):
    """It was changed since you read it."""


class AlreadyExists(Conflict):
    """There is one of that name already."""


class Forbidden(AnprMatchError):
    """This caller may not do that."""


class Fenced(AnprMatchError):
    """Another process owns this partition now; nothing of the batch was written."""


class Unwritable(AnprMatchError):
    """The store refuses these values, and would refuse them again."""


class Unavailable(AnprMatchError):
    """A part that is needed is away for now."""


class Full(Unavailable):
    """A bound was reached; come back later."""


class SetUp(AnprMatchError):
    """The service cannot start as it is configured."""
