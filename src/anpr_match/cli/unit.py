"""`anpr-match unit`: the register of patrol units."""

from typing import Annotated

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.command()
def add(
    callsign: Annotated[str, typer.Argument(help='Its callsign, unique over all forces: "HERTS CH-32".')],
    force: Annotated[str, typer.Option(help="The force that it belongs to, for example herts.")],
    json: show.Json = False,
) -> None:
    """Register a patrol unit and make its token, which is shown once."""
    from anpr_match.cli.opened import Stores, in_stores, stated, who
    from anpr_match.domain.caller import NewToken
    from anpr_match.domain.unit import Unit
    from anpr_match.wire import register as wire

    unit = stated(wire.UnitIn, callsign=callsign, force=force)

    async def work(stores: Stores) -> tuple[Unit, NewToken]:
        return await stores.registers.add_unit(unit.callsign, unit.force, who(), stores.clock.now())

    added = wire.new_unit_out(*in_stores(work)).model_dump(mode="json")
    if json:
        show.as_json(added)
    else:
        show.as_facts(added, once="token")


@app.command("list")
def list_units(json: show.Json = False) -> None:
    """The registered units of all forces."""
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.domain.unit import Unit
    from anpr_match.wire import register as wire

    async def work(stores: Stores) -> list[Unit]:
        return await stores.registers.units()

    units = [wire.unit_out(unit).model_dump(mode="json") for unit in in_stores(work)]
    if json:
        show.as_json(units)
    else:
        empty = 'No unit is registered yet: anpr-match unit add "HERTS CH-32" --force herts'
        show.as_table(units, ("unit_id", "callsign", "force"), empty)
