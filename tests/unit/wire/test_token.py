"""Tokens."""

import hashlib

from anpr_match.domain.caller import Role
from anpr_match.wire.token import PREFIX, digest, new_token


def test_new_tokens() -> None:
    """Tokens are marked as ours, long, and never alike."""
    made = {new_token(Role.ANALYST, "herts", "desk").token for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith(PREFIX) and len(token) >= 48 for token in made)


def test_digest() -> None:
    """What is kept is the SHA-256, also of a text that no token can be."""
    assert digest("anpr_x") == hashlib.sha256(b"anpr_x").hexdigest()
    assert len(digest("\ud800")) == 64
