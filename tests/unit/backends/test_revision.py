"""The revision that a start asks for, and the migrations that there are."""

from anpr_match.backends.sql import migrate, revision


def test_head_is_the_newest_migration() -> None:
    """The revision that this version needs is the newest of the migrations."""
    assert migrate.head() == revision.HEAD
