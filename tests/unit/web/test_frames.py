"""Frames made once for all: as the websocket library reads them, and shared by those who get the same."""

import pytest
from websockets.frames import Frame, Opcode

from anpr_match.web.frames import FRAMES_MAX, Frames, text_frame
from tests.contract.makers import some_hit
from tests.unit.pipeline.flow import Flow


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_text_frame_is_what_others_make(size: int) -> None:
    """Whatever its length, it is what another implementation of the protocol makes."""
    text = "é" * (size // 2) + "x" * (size % 2)
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


async def test_the_same_frame_is_made_once() -> None:
    """Those who get the same event after the same one share its bytes; the memory of frames is bounded."""
    flow = Flow()
    entry = await flow.list_plate()
    await flow.hits.record([some_hit(entry, f"r{n}") for n in range(FRAMES_MAX + 5)], [])
    events = await flow.hits.events(0, FRAMES_MAX + 5)
    frames = Frames()
    made, is_first = frames.packed(events[0], 0, place_unknown=False)
    again, is_again_first = frames.packed(events[0], 0, place_unknown=False)
    assert made is again
    assert (is_first, is_again_first) == (True, False)
    assert frames.packed(events[0], 7, place_unknown=False)[0] != made
    for event in events:
        frames.packed(event, event.seq - 1, place_unknown=False)
    assert frames.packed(events[0], 0, place_unknown=False)[1]
