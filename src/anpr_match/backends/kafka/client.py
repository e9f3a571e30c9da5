"""How this service talks to Kafka: every consumer, producer and admin client is made here.

Nothing here is given a deserialiser: aiokafka 0.14 drops good records of healthy partitions when one
raises, so bytes are taken and decoded by us.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import ConsumerStoppedError, KafkaError

from anpr_match.backends.kafka.security import Security
from anpr_match.domain.errors import Unavailable

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Client:
    """Where the brokers are (`host:port,…`), the group of the matchers, and the bounds of waiting.

    A member that is silent for `session_s` loses its partitions; at a rebalance it has `rebalance_s` to
    finish what it has in hand. `start_s` bounds joining, `request_s` every request.
    """

    bootstrap: str
    group: str = "anpr-match"
    session_s: float = 10.0
    rebalance_s: float = 60.0
    start_s: float = 30.0
    request_s: float = 10.0
    security: Security = field(default_factory=Security)

    def group_consumer(self) -> Any:
        """A member of the group, subscribed to nothing yet.

        `earliest`, so that a position that is gone never means to skip to the end. CRCs are checked.
        """
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            **self.security.options(),
            client_id="anpr-match",
            group_id=self.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            partition_assignment_strategy=[StickyPartitionAssignor],
            session_timeout_ms=round(self.session_s * 1000),
            heartbeat_interval_ms=round(self.session_s * 300),
            rebalance_timeout_ms=round(self.rebalance_s * 1000),
            request_timeout_ms=round(max(self.request_s, self.session_s) * 1000),
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=MEBIBYTE,
            fetch_max_bytes=16 * MEBIBYTE,
        )

    def onlooker(self) -> Any:
        """A consumer outside every group, assigned nothing yet."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            **self.security.options(),
            client_id="anpr-match",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=round(self.request_s * 1000),
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4 * MEBIBYTE,
        )

    def producer(self, request_bytes_max: int = MEBIBYTE, *, idempotent: bool = True) -> Any:
        """A producer whose records are written by all replicas in sync, or not at all; and once, if
        `idempotent`. An idempotent one of aiokafka can write no more after a batch was refused."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            **self.security.options(),
            client_id="anpr-match",
            enable_idempotence=idempotent,
            acks="all",
            compression_type="lz4",
            max_batch_size=256 * 1024,
            max_request_size=request_bytes_max,
            request_timeout_ms=round(self.request_s * 1000),
        )

    @contextlib.asynccontextmanager
    async def admin(self) -> AsyncIterator[Any]:
        """An admin client. Raises `Unavailable` when no broker answers."""
        client = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap,
            request_timeout_ms=round(self.request_s * 1000),
            **self.security.options(),
        )
        with brokers("asked"):
            try:
                async with asyncio.timeout(self.start_s):
                    await client.start()
                    yield client
            finally:
                await client.close()


@contextlib.contextmanager
def brokers(what: str) -> Iterator[None]:
    """Turn what goes wrong with the brokers into `Unavailable`: the same call may go through later."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(f"Kafka could not be {what} in time") from error
    except (KafkaError, ConsumerStoppedError) as error:
        raise Unavailable(f"Kafka could not be {what}: {type(error).__name__}") from error


async def start(client: Any, start_s: float) -> None:
    """Start a consumer or producer. Raises `Unavailable`, and then it is stopped again."""
    try:
        with brokers("joined"):
            async with asyncio.timeout(start_s):
                await client.start()
    except BaseException:
        await stop(client)
        raise


async def stop(client: Any, stop_s: float = 2.0) -> None:
    """Stop a consumer or producer, in whatever state it is, in about `stop_s`."""
    try:
        async with asyncio.timeout(stop_s):
            await client.stop()
    except (KafkaError, TimeoutError):
        # A producer that cannot flush, since its broker is away, leaves its sender and sockets behind.
        if (sender := getattr(client, "_sender", None)) is not None:
            await sender.close()
        await (getattr(client, "client", None) or client._client).close()  # noqa: SLF001
