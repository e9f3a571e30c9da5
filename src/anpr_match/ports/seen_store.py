"""Where the matcher's memory (plates seen, last sightings of listed ones) outlives the process."""

from typing import Protocol


class SeenStore(Protocol):
    """One memory, replaced whole. Losing it costs some precision for a few days, never a hit."""

    def load(self) -> bytes | None:
        """What was saved last; None when nothing was, or it cannot be read."""
        ...

    async def save(self, memory: bytes) -> None:
        """Replace what was saved: after a crash there is the old one or the new one, whole.
        Raises `Unavailable`."""
        ...
