"""Who may see an entry, and its hits."""

from collections.abc import Collection


def may_see(force: str, owner_force: str, shared_with: Collection[str]) -> bool:
    """Whether that force may: the owner, and those the entry is shared with."""
    return force == owner_force or force in shared_with
