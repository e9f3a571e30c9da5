"""The audit in memory."""

from collections.abc import AsyncIterator, Sequence

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.ports.audit import GENESIS, Act, Record, fits


class MemoryAudit:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def note(self, act: Act) -> None:
        await self.note_all([act])

    async def note_all(self, acts: Sequence[Act]) -> None:
        await self._ledger.reach()
        self._ledger.append_audit(acts)

    async def records(self) -> AsyncIterator[Record]:
        await self._ledger.reach()
        for record in list(self._ledger.audit):
            yield record

    async def verify(self) -> int | None:
        await self._ledger.reach()
        digest = GENESIS
        for number, record in enumerate(self._ledger.audit, 1):
            if not fits(digest, number, record):
                return record.number
            digest = record.digest
        kept = len(self._ledger.audit)
        return kept + 1 if kept < self._ledger.audited else None
