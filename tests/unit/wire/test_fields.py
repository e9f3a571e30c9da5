"""Times and texts as bodies hold them."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from anpr_match.wire.fields import ForceCode, Instant, Prose, Word, rfc3339

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T18:30:00Z", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-11-22t18:30:00z", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-07-01T00:30:00.123+01:00", datetime(2026, 6, 30, 23, 30, 0, 123000, tzinfo=UTC)),
        ("2026-11-22 18:30:00+00:00", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-11-22T18:30:00.123456789Z", datetime(2026, 11, 22, 18, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_rfc3339_times_are_brought_to_utc(text: str, expected: datetime) -> None:
    """A time with its zone is taken in any of RFC 3339's spellings."""
    assert INSTANT.validate_python(text) == expected


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-22T18:30:00",
        "2026-11-22",
        "1764000000",
        1764000000,
        1764000000.5,
        True,
        None,
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:30:00Z",
        "2026-11-22T18:30:60Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "٢٠٢٦-11-22T18:30:00Z",
        " 2026-11-22T18:30:00Z",
    ],
)
def test_what_is_no_rfc3339_time_is_refused(given: object) -> None:
    """A time without zone, a number, and a time that no calendar has are refused."""
    with pytest.raises(ValidationError):
        INSTANT.validate_python(given)


def test_times_go_out_in_utc_with_z() -> None:
    """A time that went in comes out as the same instant, in UTC."""
    at = INSTANT.validate_python("2026-07-01T00:30:00.5+01:00")
    assert rfc3339(at) == "2026-06-30T23:30:00.500000Z"
    assert INSTANT.dump_json(at) == b'"2026-06-30T23:30:00.500000Z"'


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\x1bb", "x" * 2001, "\ud800"])
def test_text_that_no_database_takes_is_refused(text: str) -> None:
    """Empty, endless and unprintable text is refused before it reaches a store."""
    with pytest.raises(ValidationError):
        TypeAdapter(Prose).validate_python(text)


def test_prose_has_lines_and_words_have_none() -> None:
    """A reason may have several lines, a category has one; both are trimmed."""
    assert TypeAdapter(Prose).validate_python(" one\ntwo ") == "one\ntwo"
    assert TypeAdapter(Word).validate_python(" hare_coursing ") == "hare_coursing"
    with pytest.raises(ValidationError):
        TypeAdapter(Word).validate_python("one\ntwo")


def test_force_codes_are_lower_case() -> None:
    """A force is known by its code in whatever case it is written."""
    assert TypeAdapter(ForceCode).validate_python(" Herts ") == "herts"
