"""A token as its bearer shows it, and what is kept of it."""

import hashlib
import secrets

from anpr_match.domain.caller import Caller, NewToken, Role

PREFIX = "anpr_"
"""Tells scanners of code and logs, and people, that a text is a token of ours."""

_RANDOM_BYTES = 32


def new_token(
    role: Role,
    force: str,
    name: str,
    *,
    camera_id: str | None = None,
    unit_id: str | None = None,
    all_cameras: bool = False,
) -> NewToken:
    """A token that nobody can guess, with who bears it."""
    caller = Caller("t-" + secrets.token_hex(8), role, force, name, camera_id, unit_id, all_cameras)
    return NewToken(PREFIX + secrets.token_urlsafe(_RANDOM_BYTES), caller)


def digest(token: str) -> str:
    """The SHA-256 of the token in hexadecimal. A fast digest is enough, for a token is as long as the
    digest and made by chance."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
