"""Which connection a device has now, and how far each device has come in the log of events."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.event import Position


class Deliveries(Protocol):
    """Each method raises `Unavailable` if the store is away."""

    async def connect(self, sessions: Mapping[Device, str], at: datetime) -> dict[Device, Position]:
        """These are the devices' connections from now on, whichever they had before; if one of them had
        one that is not over, the revision of rights grows. Returns how far the devices are known to have
        come, of those of which anything is known."""
        ...

    async def leave(self, sessions: Mapping[Device, str]) -> None:
        """These connections are over. A device that has another by now keeps it."""
        ...

    async def sessions(self, devices: Collection[Device]) -> dict[Device, str]:
        """The connection that each of these devices has, of those that have one."""
        ...

    async def note(self, receipts: Sequence[Receipt]) -> None:
        """Keep how far devices have come: onwards only, within one epoch. A receipt of another epoch
        replaces what was known, and one of a token that is not in the register is left out."""
        ...

    async def receipts(self, token_ids: Collection[str]) -> list[Receipt]:
        """How far each device of these tokens has come, of those that said so and are not forgotten."""
        ...
