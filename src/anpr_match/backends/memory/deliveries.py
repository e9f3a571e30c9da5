"""Devices, their connections and their receipts in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from anpr_match.backends.memory.ledger import Ledger
from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.event import Position


class MemoryDeliveries:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def connect(self, sessions: Mapping[Device, str], at: datetime) -> dict[Device, Position]:
        await self._ledger.reach()
        if any(device in self._ledger.sessions for device in sessions):
            self._ledger.rights_revision += 1
        self._ledger.sessions |= sessions
        known = self._ledger.receipts
        return {device: known[device].position for device in sessions if device in known}

    async def leave(self, sessions: Mapping[Device, str]) -> None:
        await self._ledger.reach()
        for device, session in sessions.items():
            if self._ledger.sessions.get(device) == session:
                del self._ledger.sessions[device]

    async def sessions(self, devices: Collection[Device]) -> dict[Device, str]:
        await self._ledger.reach()
        return {
            device: self._ledger.sessions[device] for device in devices if device in self._ledger.sessions
        }

    async def note(self, receipts: Sequence[Receipt]) -> None:
        await self._ledger.reach()
        for receipt in receipts:
            known = self._ledger.receipts.get(receipt.device)
            onwards = known is None or known.position.epoch != receipt.position.epoch
            if receipt.device.token_id in self._ledger.tokens and (
                onwards or (known is not None and known.position.seq < receipt.position.seq)
            ):
                self._ledger.receipts[receipt.device] = receipt

    async def receipts(self, token_ids: Collection[str]) -> list[Receipt]:
        await self._ledger.reach()
        known = sorted(self._ledger.receipts.items())
        return [receipt for device, receipt in known if device.token_id in token_ids]
