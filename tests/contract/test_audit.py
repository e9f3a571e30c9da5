"""What every audit guarantees."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from anpr_match.backends.memory.clock import START
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.sql.engine import Database
from anpr_match.domain.errors import AlreadyExists, Unwritable
from anpr_match.ports.audit import GENESIS, Act, Kind, Record, chained, fits
from tests.contract.makers import ANALYST, some_terms
from tests.contract.stores import Stores, tamper


async def _note(stores: Stores, subject: str) -> None:
    at = START + timedelta(microseconds=1)
    await stores.audit.note(Act(at, Kind.DISCLOSURE, "t-1", "herts", "hits.exported", subject, "CAD 7"))


async def _all(stores: Stores) -> list[Record]:
    return [record async for record in stores.audit.records()]


async def test_records(stores: Stores) -> None:
    """Records come back complete, in order, each chained to the one before."""
    await _note(stores, "one")
    await stores.audit.note(Act(START, Kind.CONSULTATION, "t-2", None, "hits.read", "two – “ü”", None))
    one, two = await _all(stores)
    act = Act(
        START + timedelta(microseconds=1), Kind.DISCLOSURE, "t-1", "herts", "hits.exported", "one", "CAD 7"
    )
    assert one == chained(GENESIS, 1, act)
    assert (two.number, two.force, two.subject, two.reason) == (2, None, "two – “ü”", None)
    assert fits(one.digest, 2, two)
    assert await stores.audit.verify() is None


async def test_no_records(stores: Stores) -> None:
    """An empty audit is in order."""
    assert await _all(stores) == []
    assert await stores.audit.verify() is None


async def test_more_than_a_page(stores: Stores) -> None:
    """A long audit is read and verified to its end."""
    wanted = [(f"e{n:04}", some_terms()) for n in range(2_100)]
    await stores.watchlist.create_many(wanted, ANALYST, START, "list")
    assert [record.number for record in await _all(stores)] == list(range(1, 2_101))
    assert await stores.audit.verify() is None


async def test_many_writers(stores: Stores, another: Callable[[], Stores]) -> None:
    """Writers in several processes make one chain without a gap."""
    writers = [stores, another(), another()]
    await asyncio.gather(*(_note(writers[n % 3], str(n)) for n in range(30)))
    assert [record.number for record in await _all(stores)] == list(range(1, 31))
    assert await stores.audit.verify() is None


async def test_no_act_no_record(stores: Stores) -> None:
    """An act that failed is not on record, and leaves no gap."""
    await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    with pytest.raises(AlreadyExists):
        await stores.watchlist.create("e1", some_terms(), ANALYST, START)
    await _note(stores, "after")
    assert [(record.number, record.subject) for record in await _all(stores)] == [(1, "e1"), (2, "after")]
    assert await stores.audit.verify() is None


@pytest.mark.parametrize("address", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["UPDATE audit SET subject = 'x'", "DELETE FROM audit"])
async def test_append_only(stores: Stores, statement: str) -> None:
    """The database itself refuses to change or delete a record."""
    assert isinstance(stores.beneath, Database)
    await _note(stores, "one")
    with pytest.raises((DBAPIError, Unwritable)):
        await stores.beneath.write(lambda connection: connection.execute(sa.text(statement)))
    assert await stores.audit.verify() is None


_FORGE = """
INSERT INTO audit (number, at, kind, by, action, subject, digest)
SELECT 7, at, kind, by, action, 'forged', digest FROM audit WHERE number = 6
"""
_TAMPERED = {
    "edited": (3, "UPDATE audit SET subject = 'nobody' WHERE number = 3"),
    "reason": (3, "UPDATE audit SET reason = NULL WHERE number = 3"),
    "who": (3, "UPDATE audit SET by = 't-9' WHERE number = 3"),
    "when": (3, "UPDATE audit SET at = (SELECT at FROM audit WHERE number = 6) WHERE number = 3"),
    "digest": (3, "UPDATE audit SET digest = (SELECT digest FROM audit WHERE number = 2) WHERE number = 3"),
    "deleted": (4, "DELETE FROM audit WHERE number = 3"),
    "first deleted": (2, "DELETE FROM audit WHERE number = 1"),
    "cut off": (5, "DELETE FROM audit WHERE number >= 5"),
    "emptied": (1, "DELETE FROM audit"),
    "swapped": (
        3,
        "UPDATE audit SET subject = CASE number WHEN 3 THEN 's4' ELSE 's3' END WHERE number IN (3, 4)",
    ),
    "inserted": (7, _FORGE),
}


@pytest.mark.parametrize(("found_at", "statement"), _TAMPERED.values(), ids=_TAMPERED.keys())
async def test_tampering(stores: Stores, found_at: int, statement: str) -> None:
    """Records that were edited, deleted, moved, cut off or put in are found where they begin not to fit."""
    for number in range(1, 7):
        at = START + timedelta(minutes=number)
        await stores.audit.note(
            Act(at, Kind.CONSULTATION, "t-1", "herts", "hits.read", f"s{number}", "CAD 7")
        )
    if isinstance(stores.beneath, Database):
        await tamper(stores, statement)
    else:
        _tamper_memory(stores.beneath, found_at, statement)
    assert await stores.audit.verify() == found_at


def _tamper_memory(ledger: Ledger, found_at: int, statement: str) -> None:
    """In memory: the record at the place where it should be found goes, or is replaced."""
    if statement.startswith("DELETE FROM audit WHERE number = "):
        del ledger.audit[found_at - 2]
    elif statement.startswith("DELETE"):
        del ledger.audit[found_at - 1 :]
    elif statement == _FORGE:
        ledger.audit.append(replace(ledger.audit[-1], number=7, subject="forged"))
    else:
        ledger.audit[found_at - 1] = replace(ledger.audit[found_at - 1], subject="nobody")
