"""The calls that a client makes beside its websocket. Standard library only; awaited in a thread."""

import asyncio
import http.client
from urllib.parse import urlsplit

PAGE_EVENTS = 500


class Rest:
    """One service and one token. Each call opens a connection of its own: they are few."""

    def __init__(self, url: str, token: str, wait_s: float = 15.0) -> None:
        """Raises `ValueError` for what is no address of a service."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError("the address must look like http://127.0.0.1:8000")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port = parts.hostname, parts.port
        self._wait_s = wait_s
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def events(self, after: int) -> tuple[int, bytes]:
        """Status and body of a page of the log."""
        return await self.call("GET", f"/v1/hits?after={after}&limit={PAGE_EVENTS}", None)

    async def call(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `OSError` when there was none."""
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = self._kind(self._host, self._port, timeout=self._wait_s)
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError("the service broke off its answer") from error
        finally:
            connection.close()
