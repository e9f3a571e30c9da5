"""A thread that notices when the event loop does not come round: heartbeats stop, and soon sessions end.

It counts that, writes to the log where the loop hangs (places in the code, no data), and ends the
process when it hangs for good: a process that is restarted goes on from what is durable.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from anpr_match.pipeline.pause import pause
from anpr_match.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`blocked_s`: longer than this is reported. `end_s`: longer than this ends the process; 0: never."""

    blocked_s: float = 5.0
    end_s: float = 60.0
    tick_s: float = 0.5


class LoopWatch:
    """Time is counted in the thread's own ticks, so that a process that was stopped as a whole (SIGSTOP, a
    machine asleep) is not taken for one that hangs."""

    def __init__(
        self, metrics: Metrics, limits: Limits, end_process: Callable[[int], object] = os._exit
    ) -> None:
        self._metrics = metrics
        self._limits = limits
        self._end_process = end_process
        self._beats = 0
        self._over = threading.Event()

    async def run(self, stop: asyncio.Event) -> None:
        self._over.clear()
        watching = threading.Thread(
            target=self._watch, args=(threading.get_ident(),), name="loop_watch", daemon=True
        )
        watching.start()
        try:
            while not stop.is_set():
                self._beats += 1
                await pause(stop, self._limits.tick_s)
        finally:
            self._over.set()
            watching.join()

    def _watch(self, loop_thread: int) -> None:
        seen, missed, reported = -1, 0, False
        while not self._over.wait(self._limits.tick_s):
            missed = missed + 1 if self._beats == seen else 0
            reported = reported and missed > 0
            seen = self._beats
            blocked_s = missed * self._limits.tick_s
            if blocked_s >= self._limits.blocked_s and not reported:
                reported = True
                self._metrics.loop_blocked.inc()
                log.error("loop_blocked", blocked_s=blocked_s, places=_places(loop_thread))
            if 0 < self._limits.end_s <= blocked_s:
                log.critical("loop_hangs", blocked_s=blocked_s, places=_places(loop_thread))
                self._end_process(EXIT_CODE)
                return


def _places(thread: int) -> list[str]:
    """Where a thread is, innermost last: files, lines and functions, and nothing of what is in them."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 the only way to another thread's stack
    stack = traceback.extract_stack(frame) if frame else []
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in stack[-20:]]
