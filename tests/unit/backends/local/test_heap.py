"""Memory that was freed goes back to the system."""

from pathlib import Path

from anpr_match.backends.local import heap

MIB = 1 << 20


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
