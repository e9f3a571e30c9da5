"""`anpr-match token`: who may call."""

from dataclasses import asdict
from typing import Annotated

import typer

from anpr_match.cli import show
from anpr_match.domain.caller import Role, check_bounds
from anpr_match.domain.errors import Refused

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

COLUMNS = ("token_id", "role", "force", "name", "camera_id", "all_cameras", "unit_id")


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What its bearer may do.")],
    force: Annotated[str, typer.Option(help="The force of its bearer, for example herts.")],
    name: Annotated[str, typer.Option(help='Who or what bears it, for example "desk 4".')],
    camera: Annotated[str | None, typer.Option(help="Of a camera's token: the camera it is for.")] = None,
    all_cameras: Annotated[
        bool, typer.Option("--all-cameras", help="Of a gateway's token: all cameras of the force.")
    ] = False,
    json: show.Json = False,
) -> None:
    """Make a token, which is shown once. `camera add` and `unit add` make theirs themselves."""
    from anpr_match.cli.opened import Stores, in_stores, who
    from anpr_match.domain.caller import Grant, NewToken

    try:
        check_bounds(role, camera, all_cameras)
    except Refused as refused:
        raise typer.BadParameter(f"{refused.problems[0].detail}: --camera ID or --all-cameras") from None

    async def work(stores: Stores) -> NewToken:
        grant = Grant(role, force, name, camera, all_cameras)
        return await stores.registers.create_token(grant, who(), stores.clock.now())

    made = in_stores(work)
    token = {
        "token_id": made.caller.token_id,
        "token": made.token,
        "role": made.caller.role.value,
        "force": made.caller.force,
    }
    if json:
        show.as_json(token)
    else:
        show.as_facts(token, once="token")


@app.command("list")
def list_tokens(json: show.Json = False) -> None:
    """The tokens that are good, without their secrets."""
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.domain.caller import Caller

    async def work(stores: Stores) -> list[Caller]:
        return await stores.registers.tokens()

    tokens = [asdict(caller) for caller in in_stores(work)]
    if json:
        show.as_json(tokens)
    else:
        show.as_table(tokens, COLUMNS, "There is no token yet.")


@app.command()
def revoke(
    token_id: Annotated[
        str, typer.Argument(help="Its id, as `token list` shows it; never the token itself.")
    ],
) -> None:
    """Make a token good for nothing. A running service notices within a second or so."""
    from anpr_match.cli.opened import Stores, in_stores, who
    from anpr_match.ports.wake_up import Bell

    async def work(stores: Stores) -> None:
        await stores.registers.revoke_token(token_id, who(), stores.clock.now())
        await stores.wake_up.ring(Bell.REGISTERS)

    in_stores(work)
    print(f"{token_id} is revoked")
