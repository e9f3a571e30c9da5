"""Cursors of listings: opaque to clients, so that what a page is ordered by can change."""

import base64
import binascii

from anpr_match.domain.errors import Problem, Refused

_MARK = b"1:"
CURSOR_CHARS_MAX = 600


def cursor(last_id: str) -> str:
    """The cursor of the page that follows the item with this id."""
    return base64.urlsafe_b64encode(_MARK + last_id.encode()).decode().rstrip("=")


def last_id(cursor: str) -> str:
    """The id that the cursor was made of. Raises `Refused` for a text that is no cursor."""
    try:
        if len(cursor) > CURSOR_CHARS_MAX:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        if not decoded.startswith(_MARK):
            raise ValueError("no mark")
        last = decoded.removeprefix(_MARK).decode()
        if not last.isprintable():
            raise ValueError("not an id")
        return last
    except (ValueError, binascii.Error):
        problem = Problem("/cursor", "cursor", "take the value of `next` from the page before, unchanged")
        raise Refused([problem]) from None
