"""Small files that survive a loss of power: written whole, then put in the place of the old one."""

import os
from pathlib import Path
from typing import Any

import msgspec


def write(path: Path, value: Any) -> None:
    """Raises `OSError`."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(value))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)


def read(path: Path) -> Any:
    """What was written; None when nothing was, or when it cannot be read: the device then begins anew."""
    try:
        return msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return None
