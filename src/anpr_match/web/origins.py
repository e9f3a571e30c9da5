"""Which web pages may open a feed."""

from starlette.requests import HTTPConnection


def allowed(connection: HTTPConnection, others: tuple[str, ...]) -> bool:
    """Whether the page that asks is ours or one of `others`. A browser names the page's origin; a native
    client names none, and may: no cookie signs anybody in."""
    origin = connection.headers.get("origin")
    own = connection.headers.get("host", "")
    return origin is None or origin in others or origin.split("://")[-1] == own
