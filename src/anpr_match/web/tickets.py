"""Single-use tickets: how a browser, which cannot set a header on a websocket, opens the feed.

A ticket goes into the `hello`, never into an address, which is logged. What is kept of it is a digest.
"""

import secrets
from datetime import timedelta

from fastapi import APIRouter, Request
from pydantic import BaseModel

from anpr_match.domain.caller import Caller
from anpr_match.domain.delivery import Ticket
from anpr_match.domain.errors import Forbidden
from anpr_match.web import auth, documented, origins
from anpr_match.web.services import Parts, Services
from anpr_match.wire import token as wire_token
from anpr_match.wire.fields import Instant

router = APIRouter(prefix="/v1", tags=["hits"], responses=documented.SIGNED_IN)

PREFIX = "anprt_"
TICKET_CHARS_MAX = 200
_RANDOM_BYTES = 32


class TicketOut(BaseModel):
    """A ticket for one websocket: for its `hello`, before it expires."""

    ticket: str
    expires_at: Instant


@router.post("/ws-tickets", status_code=201, summary="A single-use ticket for a browser's websocket")
async def make_ticket(request: Request, caller: auth.Informed, parts: Parts) -> TicketOut:
    """The ticket opens one websocket as the caller. Asked for by a web page, only a page of that origin
    can use it."""
    if not origins.allowed(request, parts.feed.origins):
        raise Forbidden("this web page may not open a feed")
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    now = parts.clock.now()
    ticket = Ticket(
        caller.token_id, request.headers.get("origin"), now + timedelta(seconds=parts.feed.ticket_s)
    )
    await parts.tickets.keep(wire_token.digest(secret), ticket, now)
    return TicketOut(ticket=secret, expires_at=ticket.expires_at)


async def bearer(services: Services, secret: str, origin: str | None) -> Caller | None:
    """Who bears the ticket, which is used up by asking; None when it is not good, or not for that
    origin."""
    if not secret.startswith(PREFIX) or len(secret) > TICKET_CHARS_MAX:
        return None
    ticket = await services.tickets.take(wire_token.digest(secret), services.clock.now())
    if ticket is None or ticket.origin not in (None, origin):
        return None
    return (await services.registers.bearers([ticket.token_id])).get(ticket.token_id)
