"""The work of `anpr-match dead-letters`, and what it prints as JSON."""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from anpr_match.bootstrap.letters import Office, open_office
from anpr_match.cli import loaded
from anpr_match.cli.opened import who
from anpr_match.pipeline.dead_letters import Choice, Glimpse, Outcome, Overview
from anpr_match.ports.dead_letters import DeadLetter
from anpr_match.telemetry import logging

T = TypeVar("T")


def overview(newest: int) -> Overview:
    """Raises `Unavailable`."""
    return _in_office(lambda office: office.letters.overview(newest))


def letter(letter_id: str, reason: str) -> DeadLetter:
    """Raises `NotFound`, `Unavailable`."""
    return _in_office(lambda office: office.letters.show(letter_id, who(), reason))


def replayed(reason: str | None, ids: tuple[str, ...], why: str, *, apply: bool) -> Outcome:
    """Raises `SetUp` when a service holds the local log, `Unavailable`."""
    choice = Choice(reason, frozenset(ids))
    return _in_office(
        lambda office: office.letters.replay(choice, office.way_back, who(), why), way_back=apply
    )


def as_listed(told: Overview) -> dict[str, Any]:
    return {
        "by_reason": told.by_reason,
        "waiting": told.waiting,
        "newest": [_glimpse(one) for one in told.newest],
    }


def as_shown(one: DeadLetter) -> dict[str, Any]:
    value = one.unreadable.value
    return {
        "letter_id": one.letter_id,
        "kept_at": _instant(one.at),
        "reason": one.unreadable.reason,
        "detail": one.unreadable.detail,
        "whole": one.whole,
        "value_base64": None if value is None else base64.b64encode(value).decode(),
    }


def as_told(outcome: Outcome, *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "put_back": outcome.put_back,
        "by_reason": dict(outcome.by_reason),
        "put_back_before": outcome.again,
        "head_only": outcome.head_only,
        "not_taken": outcome.not_taken,
    }


def _glimpse(one: Glimpse) -> dict[str, Any]:
    return {
        "letter_id": one.letter_id,
        "kept_at": _instant(one.at),
        "reason": one.reason,
        "detail": one.detail,
        "bytes": one.bytes,
        "whole": one.whole,
        "replayed_at": _instant(one.replayed_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_office(work: Callable[[Office], Coroutine[Any, Any, T]], *, way_back: bool = False) -> T:
    settings = loaded.settings()
    logging.set_up("warning", "console")

    async def opened() -> T:
        async with open_office(settings, way_back=way_back) as office:
            return await work(office)

    return asyncio.run(opened())
