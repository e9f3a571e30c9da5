"""`python -m tests.faults.soak --minutes N`: a thousand reads a second for so long, and what memory does.

Each half minute it prints the resident memory of the process with every role on files. It ends with 1
when memory at the end is more than a tenth above what it was after the first fifth.
"""

import argparse
import asyncio
import tempfile
import time
from itertools import islice
from pathlib import Path

from tests.faults.fleet import embedded
from tests.faults.ledger import Ledger, Verdict
from tests.faults.traffic import source

READS_PER_S = 1_000
EVERY_S = 30.0
GROWTH_MAX = 1.1


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


async def soak(minutes: float, folder: Path) -> int:
    fleet = embedded(folder)
    try:
        ledger = Ledger.of(seed=1)
        for plate in ledger.listed:
            fleet.desk.list_plate(plate).raise_for_status()
        assert fleet.front.pid is not None
        to, memory = source(fleet), [resident_mib(fleet.front.pid)]
        began_s = time.monotonic()
        while (ran_s := time.monotonic() - began_s) < minutes * 60:
            while ledger.sent < ran_s * READS_PER_S:
                await to.send(list(islice(ledger.reads(READS_PER_S), READS_PER_S)))
            if ran_s >= len(memory) * EVERY_S:
                memory.append(resident_mib(fleet.front.pid))
                print(f"{ran_s:6.0f} s  {ledger.sent:9d} reads  {memory[-1]:6.1f} MiB", flush=True)
            await asyncio.sleep(0.1)
        await to.close()
        while fleet.head_seq() < len(ledger.expected):  # noqa: ASYNC110 another process is waited for
            await asyncio.sleep(0.5)
        verdict = Verdict.of(ledger, fleet.hits())
        settled = memory[max(1, len(memory) // 5) :] or memory
        growth = settled[-1] / settled[0]
        print(f"{ledger.sent} reads: {verdict}; memory x {growth:.3f} since {settled[0]:.1f} MiB")
        return 0 if verdict.good and growth <= GROWTH_MAX else 1
    finally:
        fleet.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="anpr-soak-") as folder:
        raise SystemExit(asyncio.run(soak(minutes, Path(folder))))
