"""The answer to a post of reads."""

import msgspec

from anpr_match.domain.errors import Problem
from anpr_match.domain.read import Read


class Wrong(msgspec.Struct, frozen=True):
    """One thing wrong: a JSON pointer into the body sent, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item, in the order they were sent. `status` is `accepted` or `refused`."""

    read_id: str | None
    status: str
    errors: tuple[Wrong, ...] = ()


class Accepted(msgspec.Struct, frozen=True):
    """`accepted` reads are durable now."""

    accepted: int
    results: list[Result]


class Understood(msgspec.Struct, frozen=True):
    """How the items would be kept (`dry_run`); nothing was."""

    reads: list[Read | list[Wrong]]


def accepted(items: list[Read | list[Problem]]) -> bytes:
    """The answer for items that were accepted or refused, as JSON."""
    results = [
        Result(item.read_id, "accepted")
        if isinstance(item, Read)
        else Result(None, "refused", tuple(_wrong(item)))
        for item in items
    ]
    return _encode(Accepted(sum(1 for item in items if isinstance(item, Read)), results))


def understood(items: list[Read | list[Problem]]) -> bytes:
    """The answer to a dry run, as JSON."""
    return _encode(Understood([item if isinstance(item, Read) else _wrong(item) for item in items]))


def _wrong(problems: list[Problem]) -> list[Wrong]:
    return [Wrong(problem.pointer, problem.code, problem.detail) for problem in problems]


_encode = msgspec.json.Encoder().encode
