"""One hit from the camera to the officer's answer and back to the list, over REST and websocket alone."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.car import Car
from tests.e2e.commands import Run
from tests.e2e.desk import Desk, a_read
from tests.e2e.service import Service

LISTED, TRUE = "AB01CDE", "AB01COE"
ENGINE = "tesseract-psm7"
# Ten commands run as processes of their own, and one set begins with starting its servers.
pytestmark = pytest.mark.timeout(300)

ROUTING = {"ANPR_ROUTING__WIDER_AFTER_S": "1", "ANPR_ROUTING__CONTROL_ROOM_AFTER_S": "120"}


@pytest.fixture
def patient(service: Service) -> Iterator[tuple[Service, Desk]]:
    """The service with hits that wait a second for their first answer."""
    waiting = replace(service, env={**service.env, **ROUTING})
    desk = Desk.register(waiting)
    place = ("--road", "A505", "--lat", "51.9", "--lon", "-0.3")
    waiting.command("camera", "add", "CAM7", "--force", "herts", *place, "--engine", ENGINE)
    waiting.start()
    yield waiting, desk
    desk.client.close()
    waiting.kill()


async def _call(desk: Desk, method: str, path: str, token: str, status: int, **more: Any) -> Any:
    answer = await asyncio.to_thread(desk.call, method, path, token, **more)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_from_the_camera_to_the_answer(patient: tuple[Service, Desk], run: Run) -> None:
    """An urgent hit that the near unit does not answer goes wider, is taken by a unit of another force, and
    found to be a misread; the analyst sees it on the entry, the model's files have the pair, and nothing is
    left over."""
    service, desk = patient
    luton = service.command("unit", "add", "BEDS LU-01", "--force", "beds")["token"]
    entry = desk.list_plate(LISTED, priority=1).json()["entry_id"]
    async with (
        Car(desk.url, desk.patrol, addressed=True) as harpenden,
        Car(desk.url, luton, addressed=True) as beds,
    ):
        assert desk.post_reads([a_read("r1", LISTED, camera=7)]).status_code == 202
        await harpenden.until(lambda: bool(harpenden.hits))
        hit = harpenden.hits[0]
        path = f"/v1/hits/{hit['hit_id']}"
        assert (hit["status"], hit["routing"]["level"]) == ("open", "near")

        await beds.until(lambda: bool(beds.updates))
        assert beds.hits == []
        wide = beds.updates[0]
        assert (wide["hit_id"], wide["status"], wide["routing"]["level"]) == (hit["hit_id"], "open", "wide")

        await _call(desk, "POST", f"{path}/acknowledgements", luton, 201, json={"kind": "take"})
        await harpenden.until(lambda: bool(harpenden.updates) and harpenden.updates[-1]["status"] == "taken")
        assert harpenden.updates[-1]["taken_by"]["callsign"] == "BEDS LU-01"
        late = await _call(desk, "POST", f"{path}/acknowledgements", desk.patrol, 201, json={"kind": "take"})
        assert late["taken_by"]["callsign"] == "BEDS LU-01"

        no = {"kind": "not_it", "answer": "misread", "plate_true": TRUE, "note": "O, not D; seen by eye"}
        await _call(desk, "POST", f"{path}/acknowledgements", luton, 201, json=no)
        await harpenden.until(lambda: harpenden.updates[-1]["status"] == "closed")
        assert harpenden.updates[-1] == await _call(desk, "GET", path, desk.patrol, 200)

    history = await _call(desk, "GET", f"/v1/watchlist/entries/{entry}/history", desk.analyst, 200)
    assert history["answers"]["answers"] == {"misread": 1}
    assert history["answers"]["recent"][0]["callsign"] == "BEDS LU-01"
    left = await _call(desk, "GET", "/v1/hits/unanswered", desk.analyst, 200)
    assert (left["items"], left["tally"]["open"], left["overdue"]) == ([], 0, 0)
    _learned(service, run)


def _learned(service: Service, run: Run) -> None:
    """The answer is a pair that `learn` learns from; the report of the command line is empty too."""
    reads, truth, model = (service.folder / name for name in ("reads.csv", "truth.csv", "model.json"))
    files = ("--reads", str(reads), "--truth", str(truth))
    assert service.command("hits", "pairs", *files) == {"pairs": 1, "left_out": {}}
    assert f",CAM7,{ENGINE}," in reads.read_text(encoding="utf-8")
    assert f",{LISTED}," in reads.read_text(encoding="utf-8").splitlines()[1]
    assert truth.read_text(encoding="utf-8").splitlines()[1].endswith(f",{TRUE}")
    run("learn", *files, "--output", str(model))
    assert service.command("hits", "unanswered")["items"] == []
    precisions = {(one["by"], one["name"]): one for one in service.command("hits", "precision")}
    assert precisions["camera", "CAM7"]["wrong_plate"] == 1


async def test_a_withdrawn_entry_pulls_its_cards(patient: tuple[Service, Desk]) -> None:
    """The card of a withdrawn entry is taken away at once, also from a unit that hears only what is
    addressed to it."""
    _, desk = patient
    entry = desk.list_plate(LISTED, priority=1)
    async with Car(desk.url, desk.patrol, addressed=True) as car:
        desk.post_reads([a_read("r1", LISTED)])
        await car.until(lambda: bool(car.hits))
        path = f"/v1/watchlist/entries/{entry.json()['entry_id']}"
        begun_s = time.monotonic()
        seized = {"json": {"reason": "seized"}, "headers": {"If-Match": entry.headers["ETag"]}}
        await _call(desk, "DELETE", path, desk.analyst, 200, **seized)
        await car.until(lambda: bool(car.withdrawn))
        pulled_s = time.monotonic() - begun_s
    print(f"pulled after {pulled_s:.3f} s")
    left = await _call(desk, "GET", "/v1/hits/unanswered", desk.analyst, 200)
    assert left["items"] == []
