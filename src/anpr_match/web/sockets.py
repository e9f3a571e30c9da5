"""uvicorn's websockets, with an end that is certain.

A websocket is closed in order: what was written is sent first, then the close. With a client that takes
nothing this would last until the kernel gives up. Here one that has not taken the rest within `LINGER_S`
is cut off, and no connection holds more than a little that its client has not taken.
"""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CUT = "anpr.cut"
"""The extension of the ASGI scope that ends the websocket at once: its `cut` takes a code and a reason."""

TELL = "anpr.tell"
"""The extension that sends without waiting: its `tell` takes a whole text frame, as `frames.text_frame`
makes it, and is False when it would have to wait, or when nobody is there any more."""

LINGER_S = 5.0
UNSENT_BYTES_MAX = 65_536


class Socket(WebSocketsSansIOProtocol):
    """One websocket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"] = {**(self.scope["extensions"] or {}), CUT: {"cut": self.cut}}
            self.scope["extensions"][TELL] = {"tell": self.tell}

    def tell(self, frame: bytes) -> bool:
        """So a thousand clients are told in one go. Frames are not compressed here, and each is whole, so
        that bytes made for one client are right for all."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    def cut(self, code: int, reason: str) -> None:
        """Say the close behind what is on its way already, and wait for neither for long."""
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.transport.close()
        self._end_soon()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            # The handshake is over, and what was said in it would be kept as long as the websocket is open.
            self.request = self.response = None  # type: ignore[assignment]  # nothing reads them from here on
        if message["type"] == "websocket.close":
            self._end_soon()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._end_soon()

    def _end_soon(self) -> None:
        self.loop.call_later(LINGER_S, self._cut_off)

    def _cut_off(self) -> None:
        if not self.disconnected:
            self.transport.abort()
