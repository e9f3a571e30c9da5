"""`anpr-match unit`: the register of patrol units."""

from collections.abc import Sequence
from typing import Annotated

import typer

from anpr_match.cli import show
from anpr_match.domain.unit import Unit

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
    from anpr_match.wire import register as wire

    unit = stated(wire.UnitIn, callsign=callsign, force=force)

    async def work(stores: Stores) -> tuple[Unit, NewToken]:
        return await stores.registers.add_unit(unit.callsign, unit.force, who(), stores.clock.now())

    added = wire.new_unit_out(*in_stores(work)).model_dump(mode="json")
    if json:
        show.as_json(added)
    else:
        show.as_facts(added, once="token")


@app.command("start-shift")
def start_shift(
    unit: Annotated[str, typer.Argument(help="Its id or its callsign.")],
    crew: Annotated[list[str] | None, typer.Option(help="Who is in the car; may be given again.")] = None,
    operation: Annotated[
        list[str] | None, typer.Option(help="What it works for; may be given again.")
    ] = None,
    json: show.Json = False,
) -> None:
    """Put a unit on duty. From its first shift on it has the feed only while on shift."""
    import secrets

    from anpr_match.cli.opened import Stores, in_stores, stated, who
    from anpr_match.domain.unit import Shift
    from anpr_match.ports.wake_up import Bell
    from anpr_match.wire import patrol as wire

    given = stated(wire.ShiftIn, crew=crew, operations=operation)

    async def work(stores: Stores) -> Shift:
        unit_id = _unit_id(await stores.registers.units(), unit)
        shift = Shift(
            "s-" + secrets.token_hex(8),
            unit_id,
            tuple(given.crew),
            tuple(given.operations),
            stores.clock.now(),
        )
        await stores.patrols.start_shift(shift, who())
        await stores.wake_up.ring(Bell.REGISTERS)
        return shift

    _show(wire.shift_out(in_stores(work)).model_dump(mode="json"), json=json)


@app.command("end-shift")
def end_shift(
    unit: Annotated[str, typer.Argument(help="Its id or its callsign.")], json: show.Json = False
) -> None:
    """Take a unit off duty: a running service closes its feeds within a second or so."""
    from anpr_match.cli.opened import Stores, in_stores, who
    from anpr_match.domain.unit import Shift
    from anpr_match.ports.wake_up import Bell
    from anpr_match.wire import patrol as wire

    async def work(stores: Stores) -> Shift:
        shift = await stores.patrols.end_shift(
            _unit_id(await stores.registers.units(), unit), who(), stores.clock.now()
        )
        await stores.wake_up.ring(Bell.REGISTERS)
        return shift

    _show(wire.shift_out(in_stores(work)).model_dump(mode="json"), json=json)


@app.command("list")
def list_units(json: show.Json = False) -> None:
    """The registered units of all forces."""
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.wire import register as wire

    async def work(stores: Stores) -> list[Unit]:
        return await stores.registers.units()

    units = [wire.unit_out(unit).model_dump(mode="json") for unit in in_stores(work)]
    if json:
        show.as_json(units)
    else:
        empty = 'No unit is registered yet: anpr-match unit add "HERTS CH-32" --force herts'
        show.as_table(units, ("unit_id", "callsign", "force"), empty)


def _unit_id(units: Sequence[Unit], unit: str) -> str:
    """The id of the unit of this id or callsign; what is neither is left for the register to refuse."""
    for known in units:
        if unit in (known.unit_id, known.callsign):
            return known.unit_id
    return unit


def _show(shift: dict[str, object], *, json: bool) -> None:
    if json:
        show.as_json(shift)
    else:
        show.as_facts(shift)
