"""`anpr-match bench match`: strings in, probability out, beside peers and the limit of memory.

Every method is built and timed in a process of its own, one after the other, on the same list and the
same reads, by one thread. Reads are of vehicles not listed, three in a hundred misread, and a few of
listed ones. The best round counts: whatever else runs on the machine can only make a round slower.
"""

import gc
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from anpr_match.bench import machine, passing, plates, searches
from anpr_match.bench.searches import Case, Search
from anpr_match.matching import packing
from anpr_match.matching.deletions import DeletionIndex
from anpr_match.replay.run import BATCH_READS

SIZES = (10_000, 100_000, 1_000_000)
_LISTED_SHARE = 0.001
_LATENCY_READS = 500
_LATENCY_CALLS = 200
_EDITS = 20
_ROUND_S = 0.05
_PROBES_A_READ = 8
_LOADS = 1 << 20


@dataclass(frozen=True, slots=True)
class Method:
    """How a way of searching is measured: reads a call, and whether a batch of 500 is timed alone."""

    name: str
    made: Callable[[Case], Search]
    batch: int
    latency: bool = False


METHODS = (
    Method("ours", searches.ours, BATCH_READS, latency=True),
    Method("ours_batch_4000", searches.ours, 4_000),
    Method("ours_without_memory", searches.ours_without_memory, BATCH_READS),
    Method("ours_candidates", searches.ours_candidates, BATCH_READS, latency=True),
    Method("rapidfuzz_extract", searches.rapidfuzz_extract, 1),
    Method("rapidfuzz_cdist", searches.rapidfuzz_cdist, 32),
    Method("symspellpy", searches.symspellpy, 1_000),
    Method("tantivy", searches.tantivy, 100),
)


def run(list_sizes: Sequence[int] = SIZES, seconds: float = 2.0, seed: int = 7) -> dict[str, Any]:
    """Machine, results and ratios. A peer that is not installed has an `error` in place of figures.

    `seconds` is the time for the rounds of one method on one list, building not counted.
    """
    fleet = plates.fleet(max(list_sizes) + passing.VEHICLES, seed)
    vehicles = fleet[-passing.VEHICLES :]
    reads = passing.reads(vehicles, BATCH_READS, seed)
    results: list[dict[str, Any]] = []
    for size in list_sizes:
        listed = fleet[:size]
        case = Case(listed, [searches.entry(i, plate) for i, plate in enumerate(listed)], vehicles)
        stream = plates.stream(reads, listed, _LISTED_SHARE, seed)
        for method in METHODS:
            figures = _in_child(_measured, method, case, stream, seconds)
            results.append({"name": method.name, "list_size": size, **figures})
        results.append({"name": "memory_limit", "list_size": size, **_in_child(_memory_limit, case)})
    ratios = _ratios(results)
    for row in results:
        share = ratios.get(f"{row['name']}/memory_limit@{row['list_size']}")
        if share is not None:
            row["share_of_limit"] = share
    return {"machine": machine.described(), "results": results, "ratios": ratios}


def _in_child(measure: Callable[..., dict[str, Any]], *given: object) -> dict[str, Any]:
    """What `measure` returns in a forked process, whose memory is its own."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=_report, args=(theirs, measure, given))
    child.start()
    theirs.close()
    try:
        figures: dict[str, Any] = ours.recv()
    except EOFError:
        figures = {"error": "the process ended before it was measured"}
    child.join()
    return figures


def _report(to: Connection, measure: Callable[..., dict[str, Any]], given: tuple[Any, ...]) -> None:
    try:
        to.send(measure(*given))
    except ImportError as missing:
        to.send({"error": f"{missing.name} is not installed: pip install 'anpr-match[bench]'"})


def _measured(method: Method, case: Case, stream: Sequence[str], seconds: float) -> dict[str, Any]:
    resident, began = machine.resident_bytes(), time.perf_counter()
    search = method.made(case)
    build_s = time.perf_counter() - began
    grown = max(0, machine.resident_bytes() - resident)
    # The list stays: a collection that walks it again and again would be counted as searching.
    gc.collect()
    gc.freeze()
    wall, cpu, pairs = _rounds(search, method.batch, stream, seconds)
    figures: dict[str, Any] = {
        "reads_per_s": _rounded(max(wall)),
        "reads_per_s_median": _rounded(float(np.median(wall))),
        "reads_per_cpu_s": _rounded(max(cpu)),
        "batch": method.batch,
        "pairs_per_read": round(pairs, 5),
        "build_s": round(build_s, 3),
        "bytes_per_plate": round(grown / len(case.plates), 1),
    }
    if method.latency:
        figures["batch_500_ms"] = _latency(search, stream)
    if isinstance(search, searches.Ours):
        figures.update(_of_index(search, len(case.plates)))
    return figures


def _of_index(search: searches.Ours, plates_listed: int) -> dict[str, float]:
    """What the index takes, without the memory of plates seen, whose size does not depend on the list;
    and how long an edit takes until a read matches it, the slowest of some."""
    taken, taken_cpu = [], []
    for number in range(_EDITS):
        began, began_cpu = time.perf_counter(), time.process_time()
        if not search.edited(number):
            raise RuntimeError("an edit was not live")
        taken.append((time.perf_counter() - began) * 1e3)
        taken_cpu.append((time.process_time() - began_cpu) * 1e3)
    return {
        "build_s": round(search.build_s, 3),
        "build_first_s": round(search.build_first_s, 3),
        "build_cpu_s": round(search.build_cpu_s, 3),
        "bytes_per_plate": round(search.index_bytes / plates_listed, 1),
        "memory_bytes": search.memory_bytes,
        "edit_live_ms": round(float(np.median(taken)), 2),
        "edit_live_max_ms": round(max(taken), 2),
        "edit_live_cpu_ms": round(float(np.median(taken_cpu)), 2),
    }


def _rounds(
    search: Search, batch: int, stream: Sequence[str], seconds: float
) -> tuple[list[float], list[float], float]:
    """Reads a second of wall time and of this process, round by round, and the pairs a read."""
    search(stream[:batch])
    wall: list[float] = []
    cpu: list[float] = []
    at = reads_in_all = pairs = 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(wall) < 3:
        reads = 0
        began, began_cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < _ROUND_S:
            pairs += search(stream[at : at + batch])
            reads += len(stream[at : at + batch])
            at = at + batch if at + 2 * batch <= len(stream) else 0
        wall.append(reads / (time.perf_counter() - began))
        cpu.append(reads / max(1e-9, time.process_time() - began_cpu))
        reads_in_all += reads
    return wall, cpu, pairs / reads_in_all


def _latency(search: Search, stream: Sequence[str]) -> dict[str, float]:
    taken = []
    for call in range(_LATENCY_CALLS):
        at = call * _LATENCY_READS % (len(stream) - _LATENCY_READS)
        reads = stream[at : at + _LATENCY_READS]
        began = time.perf_counter()
        search(reads)
        taken.append((time.perf_counter() - began) * 1e3)
    return {f"p{part}": round(float(np.percentile(taken, part)), 3) for part in (50, 99)}


def _memory_limit(case: Case) -> dict[str, Any]:
    """Reads a second if a read cost nothing but its eight independent loads from a table as large as
    the index's filter: no deletion index of that size can be faster on one core."""
    filter_bytes = DeletionIndex(np.unique(packing.pack(case.plates).words)).filter_bytes
    random = np.random.default_rng(1)
    table = random.integers(0, 256, filter_bytes, np.uint8)
    places = random.integers(0, filter_bytes, _LOADS)
    out = np.empty(_LOADS, np.uint8)
    wall, cpu = [], []
    for _ in range(20):
        began, began_cpu = time.perf_counter(), time.process_time()
        np.take(table, places, out=out, mode="clip")
        wall.append((time.perf_counter() - began) / _LOADS)
        cpu.append((time.process_time() - began_cpu) / _LOADS)
    return {
        "reads_per_s": _rounded(1 / (_PROBES_A_READ * min(wall))),
        "reads_per_cpu_s": _rounded(1 / (_PROBES_A_READ * min(cpu))),
        "load_ns": round(min(cpu) * 1e9, 2),
        "filter_bytes": filter_bytes,
    }


def _ratios(results: list[dict[str, Any]]) -> dict[str, float]:
    """Ours, scored and not, against every other method on the same list, by the time of the processor:
    what else runs on the machine then counts least."""
    measured = [row for row in results if "reads_per_cpu_s" in row]
    speed = {(row["name"], row["list_size"]): row["reads_per_cpu_s"] for row in measured}
    ratios = {}
    for own in ("ours", "ours_candidates"):
        for (name, size), other in speed.items():
            if not name.startswith("ours") and (own, size) in speed:
                ratios[f"{own}/{name}@{size}"] = float(f"{speed[own, size] / other:.3g}")
    return ratios


def _rounded(reads_per_s: float) -> float:
    return float(f"{reads_per_s:.4g}")
