"""Times as people write them in lists and on the command line."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/London")
"""The zone of a date that names none."""


def first_moment(value: str) -> datetime:
    """An RFC 3339 time, or a date: the moment at which that day begins. Raises ValueError."""
    return _moment(value, timedelta(0))


def last_moment(value: str) -> datetime:
    """An RFC 3339 time, or a date: the moment at which that day is over. Raises ValueError."""
    return _moment(value, timedelta(days=1))


def _moment(value: str, after: timedelta) -> datetime:
    text = value.strip()
    try:
        return _understood(text, after)
    except (ValueError, OverflowError) as error:
        raise ValueError("a date as 2026-12-31, or a time with its zone as 2026-12-31T18:00:00Z") from error


def _understood(text: str, after: timedelta) -> datetime:
    if len(text) == len("2026-12-31"):
        day = date.fromisoformat(text) + after
        return datetime(day.year, day.month, day.day, tzinfo=HOME).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)
