"""The HTTP doors of a running service, as a camera and an analyst use them.

Standard library only; the calls run in a thread so that they can be awaited. What the service says no
to is raised in its own words.
"""

import asyncio
import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from anpr_match.domain.errors import Forbidden, Problem, Refused, SetUp, Unavailable
from anpr_match.domain.read import Read
from anpr_match.ports.read_log import ReadLogWriter
from anpr_match.wire import read as wire_read

WAIT_S = 10.0
PAGE_ENTRIES = 200
LOOK_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class Door:
    """One service and one token. Each call opens a connection of its own, since a kept one may be closed
    by the service just as it is used, and a call that was lost so must not be made twice."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise SetUp("the address must look like http://127.0.0.1:8000")
        self._https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(
        self, method: str, path: str, body: bytes, media_type: str, **headers: str
    ) -> tuple[Mapping[str, str], Any]:
        """The answer's headers and JSON. Raises `Unavailable` when trying again may help, else
        `Forbidden` or `Refused`."""
        sent = {**self._headers, "Content-Type": media_type, **headers}
        status, answered, text = await asyncio.to_thread(self._call, method, path, body, sent)
        if status in LOOK_AGAIN:
            raise Unavailable(f"the service answered {status}")
        if status in (401, 403):
            raise Forbidden(_detail(text) or "the token is not good for this")
        if status >= 400:
            raise Refused([Problem("", "refused", _detail(text) or f"the service answered {status}")])
        return answered, json.loads(text) if text else None

    def _call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        kind = http.client.HTTPSConnection if self._https else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable("the service does not answer") from error
        finally:
            connection.close()


class ReadsDoor(ReadLogWriter):
    """`POST /v1/reads` as a log to append to."""

    def __init__(self, url: str, token: str) -> None:
        self._door = Door(url, token)

    async def append(self, reads: Sequence[Read]) -> None:
        body = wire_read.encode_lines(reads)
        await self._door.call("POST", "/v1/reads", body, "application/x-ndjson")

    async def close(self) -> None:
        """Nothing is kept open."""


class DoorsByForce(ReadLogWriter):
    """Each force's cameras post with their own force's token."""

    def __init__(self, doors: Mapping[str, ReadLogWriter], force_of: Mapping[str, str]) -> None:
        self._doors = doors
        self._force_of = force_of

    async def append(self, reads: Sequence[Read]) -> None:
        by_force: dict[str, list[Read]] = {}
        for read in reads:
            by_force.setdefault(self._force_of[read.camera_id], []).append(read)
        for force, own in by_force.items():
            await self._doors[force].append(own)

    async def close(self) -> None:
        for door in self._doors.values():
            await door.close()


class Desk:
    """The analyst's calls."""

    def __init__(self, url: str, token: str) -> None:
        self._door = Door(url, token)

    async def add(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        """List a vehicle; its entry id and ETag."""
        headers, body = await self._door.call(
            "POST", "/v1/watchlist/entries", json.dumps(entry).encode(), "application/json"
        )
        return body["entry_id"], _etag(headers)

    async def withdraw(self, entry_id: str, etag: str, reason: str) -> None:
        await self._door.call(
            "DELETE",
            f"/v1/watchlist/entries/{entry_id}",
            json.dumps({"reason": reason}).encode(),
            "application/json",
            **{"If-Match": etag},
        )

    async def stand_down(self, source: str, reason: str) -> None:
        """Withdraw every active entry of this source."""
        cursor: str | None = ""
        while cursor is not None:
            path = f"/v1/watchlist/entries?state=active&limit={PAGE_ENTRIES}"
            path += f"&cursor={quote(cursor)}" if cursor else ""
            _, page = await self._door.call("GET", path, b"", "application/json")
            for entry in page["items"]:
                if entry["source"] == source:
                    await self.withdraw(entry["entry_id"], f'"{entry["version"]}"', reason)
            cursor = page["next"]


def _etag(headers: Mapping[str, str]) -> str:
    return next(value for name, value in headers.items() if name.lower() == "etag")


def _detail(text: bytes) -> str:
    """What the service said, without the plates it may have been about."""
    try:
        problem = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(problem, dict):
        return ""
    wrong = [f"{one.get('pointer')}: {one.get('detail')}" for one in problem.get("errors", [])]
    return "; ".join(wrong) or str(problem.get("detail") or problem.get("title") or "")
