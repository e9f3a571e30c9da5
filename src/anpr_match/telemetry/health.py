"""Named checks: what must be true for this process to be ready."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail` says what is missing, in words, or how things stand."""

    ok: bool
    detail: str


Check = Callable[[], Awaitable[Finding]]


class Health:
    """The checks of this process, by name. Ready means that all of them hold.

    A check answers quickly and does not raise: what goes wrong is its finding.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def findings(self) -> dict[str, Finding]:
        return {name: await check() for name, check in self._checks.items()}
