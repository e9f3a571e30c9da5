"""How far a long command is: on standard error, and only on a terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator

Told = Callable[[int, int], None]
"""Told what is done, and of how many."""


@contextlib.contextmanager
def bar(doing: str) -> Iterator[Told | None]:
    """A bar that what is yielded moves; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(doing, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
