"""A webhook as a place where events go: one POST an event, signed, in the order of the log.

The body is the frame of the feed. `webhook-id` is the same at each try of an event, so that the receiver
can drop what it has. Redirects are not followed: they could lead where the address may not.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from anpr_match.backends.webhook import signature, target
from anpr_match.domain.errors import Unavailable
from anpr_match.domain.event import Event
from anpr_match.ports.clock import Clock
from anpr_match.ports.sink import NotTaken
from anpr_match.wire import feed

HEAD_BYTES_MAX = 16_384
AWAY = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`answer_s`: from the first packet to the answer. `allowed`: networks of one's own, as
    192.0.2.0/24; others must be addresses in the open, and encrypted. `setting` is what names it where
    something is wrong with it."""

    url: str
    secret: str
    allowed: tuple[str, ...] = ()
    answer_s: float = 10.0
    setting: str = "ANPR_WEBHOOK"


class WebhookSink:
    """Speaks HTTP/1.1 itself, so that the address it connects to is the address that was looked at."""

    def __init__(self, endpoint: Endpoint, clock: Clock) -> None:
        """Raises `SetUp`."""
        self._target = target.target(endpoint.url, endpoint.setting)
        self._key = signature.key(endpoint.secret, endpoint.setting)
        self._allowed = target.networks(endpoint.allowed, endpoint.setting)
        self._answer_s = endpoint.answer_s
        self._clock = clock
        # One of its own: a name that nobody answers for holds up no other webhook, and nothing else here.
        self._names = ThreadPoolExecutor(1, thread_name_prefix="webhook-name")
        self._tls = ssl.create_default_context() if self._target.tls else None

    async def send(self, epoch: str, events: Sequence[Event]) -> None:
        for number, event in enumerate(events):
            body = feed.frame(event, event.seq - 1).encode()
            status = await self._post(f"{epoch}-{event.seq}", body)
            if status >= 500 or status in AWAY:
                raise Unavailable(f"the webhook's receiver answered {status}")
            if not 200 <= status < 300:
                raise NotTaken(number, f"the webhook's receiver answered {status}")

    async def _post(self, message_id: str, body: bytes) -> int:
        try:
            async with asyncio.timeout(self._answer_s):
                address = await target.resolved(self._target, self._allowed, self._names)
                return await self._spoken(address, message_id, body)
        except TimeoutError as error:
            raise Unavailable("the webhook's receiver did not answer in time") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise Unavailable(
                f"the webhook's receiver could not be spoken to: {type(error).__name__}"
            ) from error

    async def _spoken(self, address: str, message_id: str, body: bytes) -> int:
        """The status of the answer; what follows it does not matter."""
        reader, writer = await asyncio.open_connection(
            address,
            self._target.port,
            ssl=self._tls,
            server_hostname=self._target.host if self._tls else None,
            limit=HEAD_BYTES_MAX,
        )
        try:
            writer.write(self._head(message_id, body) + body)
            await writer.drain()
            version, _, rest = (await reader.readuntil(b"\r\n")).partition(b" ")
            if not version.startswith(b"HTTP/1."):
                raise ValueError("no answer of HTTP")
            return int(rest[:3])
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    def _head(self, message_id: str, body: bytes) -> bytes:
        signed = signature.headers(self._key, message_id, int(self._clock.now().timestamp()), body)
        lines = [
            f"POST {self._target.path} HTTP/1.1",
            f"Host: {self._target.authority}",
            "User-Agent: anpr-match",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in signed.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")

    async def close(self) -> None:
        """Nothing is kept open but the thread."""
        self._names.shutdown(wait=False, cancel_futures=True)
