"""The checks of `anpr-match doctor`: each one line, with the fix."""

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anpr_match.bootstrap import inspection
from anpr_match.bootstrap import stores as opened_stores
from anpr_match.cli import door, loaded, running, sources, topics
from anpr_match.cli.finding import Finding
from anpr_match.cli.opened import Stores, in_stores
from anpr_match.domain import errors
from anpr_match.settings import Settings

FREE_BYTES_MIN = 1_000_000_000
BROKER_WAIT_S = 5.0
CLOCK_OFF_S = 5.0


def findings() -> list[Finding]:
    """What every check found; without good settings there is nothing else to check."""
    try:
        settings = loaded.settings()
    except errors.SetUp as error:
        return [Finding("bad", "settings", error.detail, "anpr-match config sample shows every setting")]
    # What a part says in the log of its own trouble stands in its line here.
    logging.disable()
    checks: list[Callable[[Settings], Iterable[Finding] | Finding | None]] = [
        _settings,
        _zones,
        _disk,
        _model,
        _database,
        _clock,
        _callers,
        _kafka,
        _letters,
        _service,
    ]
    found: list[Finding] = []
    for check in checks:
        told = check(settings)
        found += [told] if isinstance(told, Finding) else told or ()
    return found


def _settings(settings: Settings) -> Finding:
    if misspelt := sources.unknown():
        return Finding(
            "bad", "settings", f"no setting is called {', '.join(misspelt)}", "correct or remove them"
        )
    reads = "Kafka" if settings.kafka.bootstrap else "local log"
    database = settings.database_url.split(":", 1)[0].split("+", 1)[0]
    return Finding("ok", "settings", f"reads: {reads}, stores: {database}")


def _zones(settings: Settings) -> Finding:
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return Finding("bad", "time zones", "Europe/London is not known", "pip install tzdata")
    return Finding("ok", "time zones", "known")


def _disk(settings: Settings) -> Finding:
    folder = settings.data.dir
    there = _nearest(folder)
    if not os.access(there, os.W_OK):
        return Finding("bad", "data folder", f"{there} cannot be written", "set ANPR_DATA__DIR")
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES_MIN:
        return Finding(
            "bad", "data folder", f"{free / 1e9:.1f} GB free at {there}", "make room, or set ANPR_DATA__DIR"
        )
    return Finding("ok", "data folder", f"{folder}, {free / 1e9:.0f} GB free")


def _database(settings: Settings) -> Finding:
    try:
        revision, head = opened_stores.revisions(settings)
    except errors.AnprMatchError as error:
        return Finding("bad", "database", error.detail, "check ANPR_DATABASE__URL, and that the server runs")
    if revision == head:
        return Finding("ok", "database", f"at {head}")
    if revision is None and settings.database_url.startswith("sqlite"):
        return Finding("note", "database", "empty; it is made at first use")
    return Finding("bad", "database", f"at {revision or 'empty'}, {head} is needed", "anpr-match db upgrade")


def _callers(settings: Settings) -> Finding | None:
    """Who is registered; not asked of a database that has no tables yet."""
    if _database(settings).state != "ok":
        return None

    async def work(stores: Stores) -> tuple[int, int, int]:
        registers = stores.registers
        return len(await registers.cameras()), len(await registers.units()), len(await registers.tokens())

    try:
        cameras, units, tokens = in_stores(work)
    except errors.AnprMatchError as error:
        return Finding("bad", "registers", error.detail, "see the line of the database")
    counted = f"{cameras} cameras, {units} units, {tokens} tokens"
    if not tokens:
        return Finding("note", "registers", counted, "nobody can call yet: anpr-match token create")
    return Finding("ok", "registers", counted)


def _model(settings: Settings) -> Finding | None:
    model = settings.match.model
    if model is None:
        return None
    if not os.access(model, os.R_OK):
        return Finding("bad", "model", f"{model} cannot be read", "anpr-match learn makes one; or unset it")
    return Finding("ok", "model", str(model))


def _clock(settings: Settings) -> Finding | None:
    """Entries end, and hits are late, by the clock of each process: they must agree."""
    if settings.database_url.startswith("sqlite") or _database(settings).state != "ok":
        return None
    try:
        ahead_s = asyncio.run(inspection.clock_ahead_s(settings))
    except errors.AnprMatchError as error:
        return Finding("bad", "clock", error.detail, "see the line of the database")
    if ahead_s is None:
        return None
    told = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} the database's"
    if abs(ahead_s) > CLOCK_OFF_S:
        return Finding("bad", "clock", told, "chrony or systemd-timesyncd on both machines")
    return Finding("ok", "clock", told)


def _kafka(settings: Settings) -> Iterable[Finding] | Finding | None:
    kafka = settings.kafka
    if kafka.bootstrap is None:
        return None
    try:
        found = asyncio.run(inspection.topics(settings, kafka.bootstrap, BROKER_WAIT_S))
    except errors.AnprMatchError as error:
        mend = "check ANPR_KAFKA__BOOTSTRAP, and that a broker runs there"
        return Finding("bad", "kafka", error.detail, mend)
    told = list(topics.findings(settings, found))
    missing = [name for name in (kafka.reads_topic, kafka.dead_letters_topic) if name not in found]
    if missing and not kafka.create_topics:
        told.append(Finding("bad", "kafka", f"not there: {', '.join(missing)}", "make the topics"))
    elif missing:
        told.append(Finding("note", "kafka", f"not there yet: {', '.join(missing)}; made at start"))
    return told


def _letters(settings: Settings) -> Finding | None:
    if _database(settings).state != "ok":
        return None
    try:
        kept = asyncio.run(inspection.letters(settings))
    except errors.AnprMatchError as error:
        return Finding("note", "dead letters", error.detail, "see the lines of the database and of Kafka")
    if kept is None or not kept.by_reason:
        return Finding("ok", "dead letters", "none")
    counted = ", ".join(f"{letters} {reason}" for reason, letters in sorted(kept.by_reason.items()))
    if kept.waiting:
        mend = "anpr-match dead-letters list; replay, when the cause is mended"
        return Finding("note", "dead letters", f"{kept.waiting} not yet put back ({counted})", mend)
    return Finding("ok", "dead letters", f"{counted}, all put back")


def _service(settings: Settings) -> Iterable[Finding] | Finding:
    url = f"http://{settings.http.host}:{settings.http.port}"
    try:
        status, answer = door.ready(url)
    except errors.Unavailable:
        return Finding("note", "service", f"nothing answers at {url}", "anpr-match serve")
    told = Finding("ok", "service", f"ready at {url}")
    if status != 200:
        told = Finding("bad", "service", f"not ready at {url}: {_lacking(answer)}", "see what it lacks")
    return [told, *running.findings(running.samples(door.numbers(url)), time.time())]


def _lacking(answer: object) -> str:
    """The checks of /readyz that do not hold, in its words."""
    checks = answer.get("checks") if isinstance(answer, dict) else None
    if not isinstance(checks, dict):
        return str(answer)
    return "; ".join(f"{name}: {found['detail']}" for name, found in checks.items() if not found["ok"])


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
