"""Reads on their way in, by a producer that does not give up: each is sent until it is accepted."""

import asyncio
import json
from itertools import islice
from typing import Any, Protocol

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.faults.fleet import Fleet
from tests.faults.ledger import Ledger

CHUNK = 1_000
AGAIN_S = 0.2
PARTS = 40
SPREAD_S = 0.3
TOPIC = "anpr.reads.v1"

Reads = list[dict[str, Any]]


class Source(Protocol):
    """Where reads come from."""

    async def send(to: Source, ledger: Ledger, how_many: int, during: asyncio.Future[None] | None = None) -> None:
    """So many reads of the ledger, in chunks; spread over the time that `during` takes, if it is given."""
    reads = ledger.reads(how_many)
    size = CHUNK if during is None else max(1, min(CHUNK, how_many // PARTS))
    while chunk := list(islice(reads, size)):
        await to.send(chunk)
        if during is not None:
            await asyncio.wait([during], timeout=SPREAD_S)
