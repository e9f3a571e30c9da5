"""Hits and the event log in memory."""

from collections.abc import Sequence
from dataclasses import replace

from anpr_match.backends.memory.ledger import KeptHit, Ledger
from anpr_match.domain import handling, sighting
from anpr_match.domain.errors import Fenced
from anpr_match.domain.event import Bounds, Event, Kind
from anpr_match.domain.handling import Handling
from anpr_match.domain.hit import Hit, Recorded
from anpr_match.domain.routing import Plan
from anpr_match.domain.sighting import Rules
from anpr_match.domain.watchlist import State
from anpr_match.ports.clock import Clock
from anpr_match.ports.hit_store import Done
from anpr_match.ports.read_log import Claim, Partition
from anpr_match.wire import hit as wire_hit


class MemoryHitStore:
    """`rules`: which reads of an entry's vehicle are one passing. `plan`: how hits are routed."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        group: str = "anpr-match",
        rules: Rules | None = None,
        plan: Plan | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._group = group
        self._rules = rules or Rules()
        self._plan = plan or Plan()

    async def claim(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        await self._ledger.reach()
        self._ledger.claims_made += 1
        claims: dict[Partition, Claim] = {}
        for partition in partitions:
            before = self._ledger.claims.get((self._group, partition))
            next_offset = before.next_offset if before else None
            claims[partition] = Claim(next_offset, self._ledger.claims_made)
            self._ledger.claims[self._group, partition] = claims[partition]
        return claims

    async def record(self, hits: Sequence[Hit], done: Sequence[Done]) -> Recorded:
        await self._ledger.reach()
        self._advance(done)
        new = [hit_id for hit in hits if (hit_id := self._keep(hit)) is not None]
        return Recorded(len(new), len(self._ledger.events), tuple(new))

    def _advance(self, done: Sequence[Done]) -> None:
        claims = self._ledger.claims
        for part in done:
            claim = claims.get((self._group, part.partition))
            if claim is None or claim.owner_epoch != part.owner_epoch:
                raise Fenced(f"partition {part.partition.number} of {part.partition.topic} has another owner")
        for part in done:
            claim = claims[self._group, part.partition]
            if claim.next_offset is None or claim.next_offset < part.next_offset:
                claims[self._group, part.partition] = replace(claim, next_offset=part.next_offset)

    def _keep(self, hit: Hit) -> str | None:
        """The id of the hit if it was kept, None if it is known or its entry no longer active."""
        entry = self._ledger.entries.get(hit.match.entry.entry_id)
        if hit.hit_id in self._ledger.hits or entry is None or entry.state is not State.ACTIVE:
            return None
        if hit.matched_at >= entry.terms.ends_at:
            return None
        passings = self._ledger.sightings.setdefault(entry.entry_id, [])
        recent = sighting.newest(passings)
        passing = sighting.place(hit, recent, self._rules)
        others = [other for other in passings if other.sighting_id != passing.sighting_id]
        self._ledger.sightings[entry.entry_id] = [*others, passing]
        seq = len(self._ledger.events) + 1
        state = handling.begun(hit, self._clock.now(), self._plan, self._earlier(passing.sighting_id))
        body = wire_hit.render(hit, seq, passing.sighting, sighting.previous(passing, recent), state)
        event = self._event(hit, seq, body, state)
        self._ledger.events.append(event)
        step = handling.next_step(state, self._plan)
        step_at = step[0] if step else None
        self._ledger.hits[hit.hit_id] = KeptHit(hit, event, passing.sighting_id, state, step_at)
        return hit.hit_id

    def _earlier(self, sighting_id: str) -> Handling | None:
        """The state of the newest hit of a passing."""
        for kept in reversed(self._ledger.hits.values()):
            if kept.sighting_id == sighting_id and kept.withdrawn_reason is None:
                return kept.state
        return None

    def _event(self, hit: Hit, seq: int, body: str, state: Handling) -> Event:
        terms = hit.match.entry.terms
        return Event(
            seq=seq,
            kind=Kind.HIT,
            hit_id=hit.hit_id,
            owner_force=terms.owner_force,
            shared_with=terms.shared_with,
            category=terms.category,
            priority=terms.priority,
            tier=hit.match.tier.value,
            operation_id=terms.operation_id,
            captured_at=hit.read.captured_at,
            recorded_at=self._clock.now(),
            body=body,
            routing=state.addressed,
            place=hit.place,
        )

    async def bounds(self) -> Bounds:
        await self._ledger.reach()
        return Bounds(self._ledger.epoch, 0, len(self._ledger.events))

    async def events(self, after: int, limit: int) -> list[Event]:
        await self._ledger.reach()
        return self._ledger.events[after : after + limit]

    async def hit_body(self, hit_id: str) -> Event | None:
        await self._ledger.reach()
        kept = self._ledger.hits.get(hit_id)
        return None if kept is None else as_it_stands(kept)


def as_it_stands(kept: KeptHit) -> Event:
    """The hit as an event of kind `hit` with its present state."""
    body = wire_hit.as_it_stands(kept.event.body, kept.state, kept.withdrawn_reason)
    return replace(kept.event, body=body)
