"""Bells between processes that share a PostgreSQL database, by LISTEN and NOTIFY.

A ring is lost while the connection that listens is away; `run` brings it back, and then rings every
bell, since nobody knows what was missed.
"""

import asyncio
import contextlib
import secrets

import asyncpg
import sqlalchemy as sa
import structlog

from anpr_match.backends.sql.engine import Database
from anpr_match.domain.errors import Unavailable
from anpr_match.ports.wake_up import Bell, Listener, WakeUp

log = structlog.get_logger(__name__)

_PREFIX = "anpr_"
_TURN_S = 0.5
"""How soon a stop is noticed."""

_CLOSE_S = 1.0
_CHECK_S = 15.0
"""How often a line on which nothing is said is tried."""

_notify = sa.select(sa.func.pg_notify(sa.bindparam("channel"), sa.bindparam("payload")))


class PostgresWakeUp:
    """`local` are the bells of this process: they ring at once, whatever the database does. Without
    `run`, only they are heard here; others are told all the same."""

    def __init__(self, database: Database, local: WakeUp) -> None:
        self._database = database
        self._local = local
        # To know our own rings again when they come back.
        self._name = secrets.token_hex(8)

    async def ring(self, bell: Bell) -> None:
        await self._local.ring(bell)
        try:
            await self._database.read(lambda connection: self._tell(connection, bell))
        except Unavailable as error:
            log.info("ring_lost", bell=bell.value, detail=error.detail)

    def _tell(self, connection: sa.Connection, bell: Bell) -> None:
        connection.execute(_notify, {"channel": _channel(bell), "payload": self._name})

    def listen(self, bell: Bell) -> Listener:
        return self._local.listen(bell)

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set. Raises `Unavailable` when the database is away: run it again."""
        connection = await self._database.listener()
        line = _Line(connection, self._name)
        try:
            await line.open()
            for bell in Bell:
                await self._local.ring(bell)
            while not stop.is_set() and not line.lost:
                for bell in await line.heard(_TURN_S):
                    await self._local.ring(bell)
                await line.check()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable(f"the wake-up line was lost: {type(error).__name__}") from None
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_CLOSE_S)
        if line.lost:
            raise Unavailable("the wake-up line was lost")

    async def close(self) -> None:
        await self._local.close()


def _channel(bell: Bell) -> str:
    return _PREFIX + bell.value


class _Line:
    """What comes in over one connection."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", own_name: str) -> None:
        self._connection = connection
        self._own_name = own_name
        self._bells: set[Bell] = set()
        self._news = asyncio.Event()
        self._checked_at_s = asyncio.get_running_loop().time()
        self.lost = False

    async def open(self) -> None:
        self._connection.add_termination_listener(self._hung_up)
        for bell in Bell:
            await self._connection.add_listener(_channel(bell), self._told)

    async def check(self) -> None:
        """From time to time, ask the server something: a network that is gone says nothing by itself."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._checked_at_s >= _CHECK_S:
            self._checked_at_s = now_s
            await self._connection.execute("SELECT 1")

    def _told(self, _connection: object, _process: int, channel: str, payload: object) -> None:
        if payload != self._own_name:
            self._bells.add(Bell(channel.removeprefix(_PREFIX)))
            self._news.set()

    def _hung_up(self, _connection: object) -> None:
        self.lost = True
        self._news.set()

    async def heard(self, wait_s: float) -> set[Bell]:
        """The bells rung since the last call, at once or as soon as one is; empty after `wait_s`."""
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return set()
        self._news.clear()
        bells, self._bells = self._bells, set()
        return bells
