"""`anpr-match camera`: the register of cameras."""

from typing import Annotated

import typer

from anpr_match.cli import show

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

COLUMNS = ("camera_id", "force", "name", "road", "lat", "lon", "heading", "zone", "engine")


@app.command()
def add(
    camera_id: Annotated[str, typer.Argument(help="Its id, as it will name itself in its reads.")],
    force: Annotated[str, typer.Option(help="The force that it belongs to, for example herts.")],
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    road: Annotated[str | None, typer.Option(help="The road it looks at, for example A1081.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude in degrees.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude in degrees.")] = None,
    heading: Annotated[
        float | None, typer.Option(help="Degrees from north that the traffic it reads travels.")
    ] = None,
    zone: Annotated[
        str, typer.Option(help="IANA zone of its clock, for times that name none.")
    ] = "Europe/London",
    engine: Annotated[str | None, typer.Option(help="What reads the plates; `typed`: a person.")] = None,
    json: show.Json = False,
) -> None:
    """Register a camera and make its token, which is shown once."""
    from anpr_match.cli.opened import Stores, in_stores, stated, who
    from anpr_match.domain.caller import NewToken
    from anpr_match.wire import register as wire

    camera = stated(
        wire.CameraIn,
        camera_id=camera_id,
        force=force,
        name=name,
        road=road,
        lat=lat,
        lon=lon,
        heading=heading,
        zone=zone,
        engine=engine,
    ).camera()

    async def work(stores: Stores) -> NewToken:
        return await stores.registers.add_camera(camera, who(), stores.clock.now())

    added = wire.new_camera_out(camera, in_stores(work)).model_dump(mode="json")
    if json:
        show.as_json(added)
    else:
        show.as_facts(added, once="token")


@app.command("list")
def list_cameras(json: show.Json = False) -> None:
    """The registered cameras of all forces."""
    from anpr_match.cli.opened import Stores, in_stores
    from anpr_match.domain.camera import Camera
    from anpr_match.wire import register as wire

    async def work(stores: Stores) -> list[Camera]:
        return await stores.registers.cameras()

    cameras = [wire.camera_out(camera).model_dump(mode="json") for camera in in_stores(work)]
    if json:
        show.as_json(cameras)
    else:
        show.as_table(
            cameras, COLUMNS, "No camera is registered yet: anpr-match camera add CAM001 --force herts"
        )


@app.command()
def test(
    camera_id: Annotated[str, typer.Argument(help="The camera that the token belongs to.")],
    token: Annotated[
        str, typer.Option(envvar="ANPR_TOKEN", help="Its token; better by the variable than typed.")
    ],
    url: Annotated[str, typer.Option(help="Where the service is.")] = "http://127.0.0.1:8000",
    plate: Annotated[str, typer.Option(help="What it is to have read.")] = "AB01CDE",
    json: show.Json = False,
) -> None:
    """Try a camera's token at the door of a running service.

    Sends a read as the camera would, as a dry run: it is understood, shown as understood, and not kept.
    """
    from anpr_match.cli import door

    status, answer = door.dry_run(url, token, camera_id, plate)
    if json:
        show.as_json({"status": status, "answer": answer})
    else:
        print(door.in_words(status, answer))
    if status >= 300:
        raise typer.Exit(1)
