"""Small writes put together."""

import asyncio
from collections.abc import Sequence

import pytest

from anpr_match.domain.errors import Unavailable
from anpr_match.pipeline.together import Together


class Slow:
    """A store whose writes end when they are let."""

    def __init__(self) -> None:
        self.writes: list[list[int]] = []
        self.away = False
        self.let = asyncio.Semaphore(0)

    async def write(self, things: Sequence[int]) -> None:
        self.writes.append(list(things))
        await self.let.acquire()
        if self.away:
            raise Unavailable


async def test_what_comes_meanwhile_is_written_in_one_go() -> None:
    """One write is under way; all that came behind it is the next, in bounds and in order."""
    slow = Slow()
    together = Together(slow.write, most=4)
    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(together.put(number))
            await asyncio.sleep(0)
        for _ in range(3):
            slow.let.release()
    assert slow.writes == [[0], [1, 2, 3, 4], [5, 6, 7]]


async def test_a_failure_is_everybodys() -> None:
    """All of a batch that could not be written are told so, at once; the next one is tried anew."""
    slow = Slow()
    slow.away = True
    together = Together(slow.write)
    async with asyncio.TaskGroup() as group:
        puts = [group.create_task(_failing(together, number)) for number in range(3)]
        await asyncio.sleep(0)
        for _ in range(2):
            slow.let.release()
    assert [put.result() for put in puts] == [True] * 3
    assert slow.writes == [[0], [1, 2]]
    slow.away = False
    slow.let.release()
    await together.put(9)
    assert slow.writes[-1] == [9]


async def _failing(together: Together[int], number: int) -> bool:
    with pytest.raises(Unavailable):
        await together.put(number)
    return True


async def test_who_leaves_leaves_the_others_their_write() -> None:
    """When the one that writes for all is cancelled, another of them writes."""
    slow = Slow()
    together = Together(slow.write)
    tasks = [asyncio.ensure_future(together.put(number)) for number in range(3)]
    await asyncio.sleep(0)
    slow.let.release()
    await tasks[0]
    while len(slow.writes) < 2:  # noqa: ASYNC110  what is waited for is a plain list
        await asyncio.sleep(0)
    tasks[1].cancel()
    slow.let.release()
    await tasks[2]
    assert slow.writes == [[0], [1, 2], [1, 2]]
