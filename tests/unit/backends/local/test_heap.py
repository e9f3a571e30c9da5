"""Memory that was freed goes back to the system, and threads keep none for themselves."""

import subprocess
import sys
from pathlib import Path

import pytest

from anpr_match.backends.local import heap

MIB = 1 << 20
PROGRAM = """
import ctypes, sys, threading
from anpr_match.backends.local import heap
if sys.argv[1] == "shared":
    heap.share()
def hold():
    blocks.append(bytes(4096))
    begun.wait()
blocks, begun = [], threading.Barrier(5)
threads = [threading.Thread(target=hold) for _ in range(4)]
for thread in threads:
    thread.start()
begun.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""
"""Four threads take memory at once; tells how many heaps there are then (man 3 malloc_info)."""


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_gaps_between_what_lives_are_given_back() -> None:
    """Of many blocks every second one of which is freed, about half of the memory comes back."""
    heap.trim()
    blocks = [bytes([1]) * 16_384 for _ in range(8_192)]
    full = _resident()
    kept = blocks[::2]
    del blocks
    heap.trim()
    assert full - _resident() > 32 * MIB
    assert len(kept) == 4_096


@pytest.mark.parametrize(("how", "one"), [("shared", True), ("apart", False)])
def test_threads_take_from_one_heap(tmp_path: Path, how: str, one: bool) -> None:
    """Once the heap is shared, threads make none of their own; by themselves they would."""
    told = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", PROGRAM, how, told], check=True, timeout=60)
    assert (told.read_text().count("<heap nr=") == 1) is one
