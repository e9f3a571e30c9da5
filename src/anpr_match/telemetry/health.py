"""Named checks: what must be true for this process to be ready."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail` says what is missing, in words, or how things stand. One that does not hinder is an alarm
    that leaves the process ready: it still does the rest of its work."""

    ok: bool
    detail: str
    hinders: bool = True


Check = Callable[[], Awaitable[Finding]]


class Health:
    """The checks of this process, by name. Ready means that all of them hold that could hinder.

    A check answers quickly and does not raise: what goes wrong is its finding.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def findings(self) -> dict[str, Finding]:
        return {name: await check() for name, check in self._checks.items()}
