"""What tests of the front door may use."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.web.front_door import FrontDoor, opened


@pytest.fixture
async def door() -> AsyncIterator[FrontDoor]:
    """The front door over empty stores in memory, with a token for each role."""
    async with opened() as front_door:
        yield front_door
