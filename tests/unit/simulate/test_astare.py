"""The story of Operation Astare."""

from itertools import pairwise

from anpr_match.simulate import astare, places
from anpr_match.simulate.cast import Role


def test_the_same_seed_tells_the_same_story() -> None:
    """A seed and a number fix a chapter; another number or seed gives other plates."""
    assert astare.chapter(1, 0) == astare.chapter(1, 0)
    plates = {
        frozenset(vehicle.plate for vehicle in astare.chapter(seed, number).vehicles.values())
        for seed, number in [(1, 0), (1, 1), (2, 0)]
    }
    assert len(plates) == 3


def test_every_camera_of_the_story_is_registered() -> None:
    """Nobody passes a camera that the demonstration does not set up."""
    passes = [beat.act for beat in astare.chapter(1, 0).beats if isinstance(beat.act, astare.Pass)]
    assert {act.camera_id for act in passes} <= set(places.FORCE_OF)


def test_a_viewer_can_follow() -> None:
    """Beats come a few seconds apart, the first at once."""
    at = [beat.at_s for beat in astare.chapter(7, 3).beats]
    assert at[0] == 0
    assert all(2 < later - earlier < 8 for earlier, later in pairwise(at))


def test_the_lead_car_is_first_misread_and_later_confirmed() -> None:
    """Its B is read as an 8 at first, and right further on."""
    chapter = astare.chapter(1, 0)
    plate = chapter.vehicles[Role.LEAD].plate.replace(" ", "")
    texts = [
        beat.act.text
        for beat in chapter.beats
        if isinstance(beat.act, astare.Pass) and beat.act.role is Role.LEAD
    ]
    assert plate[5] == "B"
    assert texts[0] == plate[:5] + "8" + plate[6:]
    assert texts[-1] == plate


def test_the_analyst_lists_one_vehicle_and_withdraws_another() -> None:
    """The newcomer is listed only on the way, and the sold car is taken off the list."""
    chapter = astare.chapter(1, 0)
    acts = [beat.act for beat in chapter.beats]
    assert Role.NEWCOMER not in chapter.listed_first
    assert astare.Listed(Role.NEWCOMER) in acts
    assert [act.role for act in acts if isinstance(act, astare.Withdrawn)] == [Role.SOLD]
