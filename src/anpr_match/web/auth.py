"""What a caller may do: the bearer of a good token, with the right role."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from anpr_match.domain.caller import Caller, Role
from anpr_match.domain.errors import Forbidden
from anpr_match.web import services

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An opaque token made with `anpr-match token create`.",
)


def token_of(connection: HTTPConnection) -> str | None:
    """The bearer token of the `Authorization` header, of a request or of a websocket's handshake."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def require(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller, as `with_role` does."""

    async def allowed(
        connection: HTTPConnection,
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    ) -> Caller:
        return await with_role(connection, *roles)

    return allowed


async def with_role(connection: HTTPConnection, *roles: Role) -> Caller:
    """The caller: 401 without a good token, 403 without one of these roles."""
    caller = await signed_in(connection)
    if caller.role not in roles:
        raise Forbidden(f"this needs the role {' or '.join(roles)}; the token has {caller.role}")
    return caller


async def signed_in(connection: HTTPConnection) -> Caller:
    """The caller of a request, whatever the role. Raises 401."""
    token = token_of(connection)
    if token is None:
        raise _unknown("a bearer token is needed", "Bearer")
    caller = await services.of(connection).callers.caller(token)
    if caller is None:
        raise _unknown("the token is unknown or was revoked", 'Bearer error="invalid_token"')
    return caller


def _unknown(detail: str, challenge: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": challenge})


Analyst = Annotated[Caller, Depends(require(Role.ANALYST))]
Operator = Annotated[Caller, Depends(require(Role.OPERATOR))]
Overseer = Annotated[Caller, Depends(require(Role.OPERATOR, Role.ANALYST))]
Informed = Annotated[Caller, Depends(require(Role.PATROL, Role.ANALYST))]
