"""The front door behind its real server and sockets, called by foreign clients."""

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from anpr_match.web.app import create_app
from anpr_match.web.server import Limits, Server
from tests.unit.web.front_door import FrontDoor, opened

READ = {"camera_id": "CAM001", "captured_at": "2026-01-05T11:59:59Z", "plate": "AB01CDE"}
WAIT_S = 30


@dataclass(frozen=True, slots=True)
class Listening:
    """A front door that listens on a port."""

    door: FrontDoor
    port: int

    def post(self, body: bytes, token: str) -> tuple[int, str, Any]:
        """Post reads with urllib: status, media type and JSON of the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/reads", body, {"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
                return answer.status, answer.headers["content-type"], json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers["content-type"], json.load(refused)

    def post_chunks(self, chunks: Iterator[bytes], token: str) -> tuple[int, Any]:
        """Post a body whose length is not declared."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            headers = {"Authorization": f"Bearer {token}"}
            connection.request("POST", "/v1/reads", chunks, headers, encode_chunked=True)
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    """The front door over stores in memory, served on a port of its own."""
    async with opened() as door:
        server = Server(create_app(door.services), "127.0.0.1", 0, Limits(stop_s=1))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.run(stop))
            yield Listening(door, server.port)
            stop.set()


async def test_a_read_comes_through_the_socket(listening: Listening) -> None:
    """A foreign client's post of one read is answered 202."""
    body = json.dumps(READ).encode()
    status, _, answer = await asyncio.to_thread(listening.post, body, listening.door.tokens["camera"])
    assert (status, answer["accepted"]) == (202, 1)


@pytest.mark.parametrize("size_bytes", [3_000_000, 20_000_000])
@pytest.mark.parametrize("who", ["camera", "nobody"])
async def test_a_large_body_is_answered_and_not_reset(
    listening: Listening, size_bytes: int, who: str
) -> None:
    """A client that sends far too much in one go still reads the 413, signed in or not."""
    token = listening.door.tokens.get(who, who)
    status, media_type, answer = await asyncio.to_thread(listening.post, b"x" * size_bytes, token)
    assert (status, media_type) == (413, "application/problem+json")
    assert answer["status"] == 413


async def test_a_large_body_in_chunks_is_answered(listening: Listening) -> None:
    """Without a declared length the bound holds as well."""
    chunks = (b"x" * 100_000 for _ in range(50))
    status, answer = await asyncio.to_thread(listening.post_chunks, chunks, listening.door.tokens["camera"])
    assert (status, answer["status"]) == (413, 413)


async def test_an_early_refusal_waits_for_the_body(listening: Listening) -> None:
    """A client with a bad token reads its 401 though nobody wanted its body."""
    status, media_type, _ = await asyncio.to_thread(listening.post, b"x" * 1_900_000, "nobody")
    assert (status, media_type) == (401, "application/problem+json")


async def test_a_connection_is_good_for_many_posts(listening: Listening) -> None:
    """A refusal does not end a kept-alive connection."""

    def posts() -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", listening.port, timeout=WAIT_S)
        try:
            return [status_of(connection, body) for body in (b"{", json.dumps(READ).encode()) * 3]
        finally:
            connection.close()

    def status_of(connection: http.client.HTTPConnection, body: bytes) -> int:
        headers = {"Authorization": f"Bearer {listening.door.tokens['camera']}"}
        connection.request("POST", "/v1/reads", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert await asyncio.to_thread(posts) == [422, 202] * 3
