"""The front door: which routes there are, and what stands around them."""

from typing import Any

from fastapi import FastAPI

import anpr_match
from anpr_match.web import (
    acts,
    documented,
    errors,
    feed,
    health,
    hits,
    reads,
    registers,
    reports,
    shifts,
    stream,
    tickets,
    watchlist,
)
from anpr_match.web.bodies import BodyCap, Guard
from anpr_match.web.services import ROLES, Services
from anpr_match.web.ui import pages

DESCRIPTION = """ANPR reads against a shared watchlist, and each hit to the patrol car that can act.

Errors are `application/problem+json` (RFC 9457) with `errors[{pointer, code, detail}]`. Times are
RFC 3339, UTC out. Plates travel in bodies, never in a URL."""


class Door(FastAPI):
    """FastAPI, with a description that says what our errors and bodies really look like."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = documented.completed(super().openapi())
        return self.openapi_schema


def create_app(services: Services) -> FastAPI:
    """The application with the routes of the given roles; health is always there."""
    app = _with_routes(services.roles)
    app.state.services = services
    errors.install(app)
    app.add_middleware(BodyCap, limits=services.limits)
    app.add_middleware(Guard)
    return app


def description() -> dict[str, Any]:
    """The OpenAPI description of all routes, without a service behind them."""
    return _with_routes(ROLES).openapi()


def _with_routes(roles: frozenset[str]) -> Door:
    app = Door(
        title="anpr-match",
        version=anpr_match.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    # Routes are tried in this order, and most requests bring reads.
    if "ingest" in roles:
        app.include_router(reads.router)
    app.include_router(health.router)
    if "web" in roles:
        app.include_router(watchlist.router)
        app.include_router(registers.router)
        app.include_router(shifts.router)
    if "feed" in roles:
        app.include_router(acts.router)
        # Before `/v1/hits/{hit_id}`, which would take their names for ids.
        app.include_router(reports.router)
        app.include_router(stream.router)
        app.include_router(hits.router)
        app.include_router(feed.router)
        app.include_router(tickets.router)
        app.include_router(pages.router)
    return app
