"""Entity tags (RFC 9110): the version of an entry, and what a caller says of it."""

import re
from typing import Annotated

from fastapi import Header
from starlette.exceptions import HTTPException

from anpr_match.domain.errors import Stale

_TAGS = re.compile(r'(W/)?"([^"]*)"')

IfMatch = Annotated[
    str | None,
    Header(
        description='The ETag of the version you read, such as `"3"`. Needed: 428 without, 412 when stale.'
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="An ETag you hold; 304 when it still stands.")]


def etag(version: int) -> str:
    return f'"{version}"'


def require_match(if_match: str | None, version: int) -> None:
    """Raises 428 when the caller does not say which version it read, `Stale` when it was another."""
    if if_match is None:
        raise HTTPException(428, "say with If-Match which version you read")
    strong = [tag for weak, tag in _TAGS.findall(if_match) if not weak]
    if if_match.strip() != "*" and str(version) not in strong:
        raise Stale(f"the entry is at version {version} now; read it again and repeat the change")


def holds(if_none_match: str | None, version: int) -> bool:
    """Whether the caller's copy is the version that stands."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or str(version) in [tag for _, tag in _TAGS.findall(if_none_match)]
