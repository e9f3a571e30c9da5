"""Officers' acts on hits: recorded, then the bell."""

from dataclasses import replace

from anpr_match.domain.act import Actor, HitAct
from anpr_match.domain.caller import Caller
from anpr_match.ports.act_store import Acted, ActStore
from anpr_match.ports.wake_up import Bell, WakeUp


class Acts:
    """What the front door does with an act."""

    def __init__(self, store: ActStore, wake_up: WakeUp) -> None:
        self._store = store
        self._wake_up = wake_up

    async def record(self, act: HitAct, by: Caller) -> Acted:
        """Raises `NotFound`, also for a hit that is not shared with the caller's force, and `Refused`.

        A device's clock may be off: a time that is still to come counts as now.
        """
        acted = await self._store.act(replace(act, at=min(act.at, act.recorded_at)), by)
        if acted.new:
            await self._wake_up.ring(Bell.EVENTS)
        return acted


def actor(caller: Caller) -> Actor:
    """Who acts: a unit is the same one with every token of its."""
    return Actor(caller.unit_id or caller.token_id, caller.name, caller.force, caller.unit_id)
