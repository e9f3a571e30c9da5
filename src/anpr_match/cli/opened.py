"""Commands that work on the stores: open them on this machine's settings, do the work, close them."""

import asyncio
import getpass
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from anpr_match.bootstrap.stores import Stores, open_stores
from anpr_match.cli import loaded
from anpr_match.domain.caller import Caller, Role
from anpr_match.telemetry import logging

__all__ = ["Stores", "as_analyst", "in_stores", "stated", "who"]

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def in_stores(work: Callable[[Stores], Coroutine[Any, Any, T]]) -> T:
    """What `work` returns for the stores of the settings. A service may run on them meanwhile."""
    settings = loaded.settings()
    # Logs go to standard error, which leaves standard output to what the command prints.
    logging.set_up("warning", "console")

    async def opened() -> T:
        async with open_stores(settings) as stores:
            return await work(stores)

    return asyncio.run(opened())


def who() -> str:
    """Who is at the terminal, as the audit names it."""
    return f"cli:{getpass.getuser()}"


def as_analyst(force: str) -> Caller:
    """The person at the terminal as an analyst of this force."""
    return Caller(token_id=who(), role=Role.ANALYST, force=force, name=who())


def stated(shape: type[M], **values: object) -> M:
    """The options as the body that the same act takes over HTTP; one that does not fit is wrong usage."""
    try:
        return shape.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        named = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else None
        raise typer.BadParameter(str(first["msg"]), param_hint=named) from None
