"""The live page: one HTML file and its own modules and styles, served as they lie here.

Nothing is fetched from elsewhere and nothing stands inline, so that the policy of `SECURITY` holds.
The page speaks only to the API: what it shows, any other client could.
"""

import functools
import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from fastapi import APIRouter, Request, Response

from anpr_match.domain.errors import NotFound

router = APIRouter(include_in_schema=False)

_FILES = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE = "page.html"

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with the page and its parts: nothing from outside, nothing inline, in nobody's frame."""


@dataclass(frozen=True, slots=True)
class DemoSession:
    """A ready sign-in for the page, given to whoever opens it on this machine. Only `demo` makes one,
    and hangs it up as `app.state.demo_session`."""

    unit: str
    token: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A file as it is served; `tag` is its ETag."""

    body: bytes
    media_type: str
    tag: str


@router.get("/")
async def page(request: Request) -> Response:
    """The live page."""
    return _serve(_parts()[_PAGE], request)


@router.get("/static/{name}")
async def part(name: str, request: Request) -> Response:
    """A style, module or picture of the page."""
    if name not in _parts():
        raise NotFound("the page has no such part")
    return _serve(_parts()[name], request)


@router.get("/demo/session")
async def demo_session(request: Request) -> Response:
    """The ready sign-in: `{"unit", "token"}`; 204 when there is none, or for another machine."""
    headers = SECURITY | {"Cache-Control": "no-store"}
    session = getattr(request.app.state, "demo_session", None)
    if not isinstance(session, DemoSession) or not _same_machine(request):
        return Response(status_code=204, headers=headers)
    return Response(msgspec.json.encode(session), media_type="application/json", headers=headers)


@functools.cache
def _parts() -> Mapping[str, _Part]:
    return {path.name: _part(path) for path in sorted(_FILES.iterdir()) if path.suffix in _TYPES}


def _part(path: Path) -> _Part:
    body = path.read_bytes()
    return _Part(body, _TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _serve(part: _Part, request: Request) -> Response:
    """The file, or 304 when the browser holds it: asked each time, so that an upgrade is seen at once."""
    headers = SECURITY | {"Cache-Control": "no-cache", "ETag": part.tag}
    if request.headers.get("if-none-match") == part.tag:
        return Response(status_code=304, headers=headers)
    return Response(part.body, media_type=part.media_type, headers=headers)


def _same_machine(request: Request) -> bool:
    """Whether the caller is on this machine, and means it: a page from elsewhere whose name was made to
    point here would bring its own name in `Host`."""
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
