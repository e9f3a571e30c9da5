"""A process that appends to the local log for ever, and prints the number of each read that was accepted.

Arguments: the folder, and how many appends go on at once.
"""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from anpr_match.backends.local.clock import SystemClock
from anpr_match.backends.local.read_log import LocalReadLog
from anpr_match.domain.read import Read

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


async def main(folder: Path, at_once: int) -> None:
    """Append until killed."""
    log = LocalReadLog(folder, SystemClock())
    numbers = count()

    async def append() -> None:
        for number in numbers:
            await log.append([Read("CAM001", AT, "AB01CDE", f"r-{number}")])
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(append() for _ in range(at_once)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
