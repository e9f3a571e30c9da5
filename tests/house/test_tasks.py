"""No task or thread runs that nobody watches and ends."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import modules, parsed, place

STARTERS = {"create_task", "ensure_future", "run_coroutine_threadsafe", "Thread"}

ALLOWED = {
    # The one place of the service: each part is named, watched, and ended in order.
    "src/anpr_match/pipeline/supervisor.py",
    # A transaction is carried to its end though its caller left; `dispose` waits for all of them.
    "src/anpr_match/backends/sql/engine.py",
    # It watches the event loop, so it cannot run on it; joined when the watch ends.
    "src/anpr_match/pipeline/loop_watch.py",
    # A library in somebody else's process, which has no supervisor of ours; ended by its `async with`.
    "src/anpr_match/client/client.py",
}


def test_tasks_are_started_by_the_supervisor_only() -> None:
    """Whoever starts a task or a thread is the supervisor, a TaskGroup (whose block waits for all it
    started), or stands here with the reason."""
    assert [
        place(path, call)
        for path in modules("src")
        if place(path) not in ALLOWED
        for call in _starts(parsed(path))
    ] == []


def test_who_is_allowed_to_still_does() -> None:
    """No exception stands here longer than it is needed."""
    starting = {place(path) for path in modules("src") if list(_starts(parsed(path)))}
    assert starting >= ALLOWED


def _starts(module: ast.Module) -> Iterator[ast.Call]:
    groups = set(_groups(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in STARTERS:
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if not (isinstance(owner, ast.Name) and owner.id in groups):
                yield node


def _groups(module: ast.Module) -> Iterator[str]:
    """The names that task groups have in this module."""
    for node in ast.walk(module):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                if ast.unparse(item.context_expr) == "asyncio.TaskGroup()" and item.optional_vars:
                    yield ast.unparse(item.optional_vars)


def test_a_task_outside_a_group_is_seen(tmp_path: Path) -> None:
    """The rule sees a bare task, and lets a group's own pass."""
    source = "async def f():\n    async with asyncio.TaskGroup() as g:\n        g.create_task(x)\n    {}\n"
    assert list(_starts(ast.parse(source.format("pass")))) == []
    assert len(list(_starts(ast.parse(source.format("asyncio.create_task(x)"))))) == 1
