"""The memory of plates seen as a file."""

import os
from pathlib import Path

import pytest

from anpr_match.backends.local.seen_store import LocalSeenStore
from anpr_match.domain.errors import Unavailable
from tests.services.disk import SmallFiles


def modes(folder: Path) -> dict[str, int]:
    """The rights of each file that there is."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_what_was_saved_last_is_found(tmp_path: Path) -> None:
    """Another process on the folder finds what was saved last, and the key; nobody else can read them."""
    store = LocalSeenStore(tmp_path / "data")
    assert store.load() is None
    key = store.key()
    await store.save(b"first")
    await store.save(b"second")
    again = LocalSeenStore(tmp_path / "data")
    assert (again.load(), again.key()) == (b"second", key)
    assert modes(tmp_path / "data") == {"seen.bin": 0o600, "seen.key": 0o600}


async def test_a_full_disk_keeps_the_old_one_and_leaves_no_half(tmp_path: Path) -> None:
    """What cannot be written whole is not there; what was saved before is, and the next save goes through."""
    store = LocalSeenStore(tmp_path)
    await store.save(b"old")
    with SmallFiles(tmp_path, mib=1) as disk:
        disk.started(os.getpid())
        try:
            with pytest.raises(Unavailable):
                await store.save(b"x" * 2_000_000)
        finally:
            disk.grow()
    assert list(modes(tmp_path)) == ["seen.bin"]
    assert store.load() == b"old"
    await store.save(b"new")
    assert store.load() == b"new"
