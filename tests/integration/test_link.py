"""The line that tests cut does what it is told."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.services.link import Link

ENDED_S = 10.0


class Echo:
    """A server that says back what it hears, and notes how each connection ended."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.ends: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while heard := connection.recv(65_536):
                    connection.sendall(heard)
                self.ends.append("closed")
            except ConnectionResetError:
                self.ends.append("reset")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


def said_back(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    heard = b""
    while len(heard) < len(text):
        piece = connection.recv(65_536)
        if not piece:
            break
        heard += piece
    return heard


def connected(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=10)


def test_a_line_carries_both_ways(echo: Echo) -> None:
    """Bytes go there and back unchanged, and an end is handed on."""
    text = bytes(range(256)) * 2_000
    with Link(echo.port) as link, connected(link) as connection:
        sending = threading.Thread(target=connection.sendall, args=(text,))
        sending.start()
        heard = b""
        while len(heard) < len(text):
            heard += connection.recv(65_536)
        sending.join()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert heard == text


def test_a_delay_is_felt(echo: Echo) -> None:
    """Each piece waits on its way, there and back."""
    with Link(echo.port) as link, connected(link) as connection:
        link.delay(0.1)
        begun = time.monotonic()
        assert said_back(connection, b"x") == b"x"
        assert time.monotonic() - begun >= 0.2


def test_a_stall_holds_everything_and_loses_nothing(echo: Echo) -> None:
    """What was sent in a stall arrives when it ends."""
    with Link(echo.port) as link, connected(link) as connection:
        assert said_back(connection, b"before") == b"before"
        link.stall()
        connection.sendall(b"meanwhile")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(10)
        link.flow()
        assert connection.recv(100) == b"meanwhile"


def test_what_is_dropped_is_lost(echo: Echo) -> None:
    """The sender cannot tell that nobody heard."""
    with Link(echo.port) as link, connected(link) as connection:
        link.drop()
        connection.sendall(b"lost")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)


def test_a_reset_is_a_reset_at_both_ends(echo: Echo) -> None:
    """Neither end sees an orderly end, and new connections may come."""
    with Link(echo.port) as link:
        with connected(link) as connection:
            assert said_back(connection, b"x") == b"x"
            link.reset()
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        until = time.monotonic() + ENDED_S
        while not echo.ends and time.monotonic() < until:
            time.sleep(0.01)
        assert echo.ends == ["reset"]
        with connected(link) as connection:
            assert said_back(connection, b"y") == b"y"


def test_a_forgotten_client_is_not_reported(echo: Echo) -> None:
    """The client is gone and the server's connection stays open."""
    with Link(echo.port) as link, connected(link) as connection:
        assert said_back(connection, b"x") == b"x"
        link.forget_clients()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert (link.connections, echo.ends) == (1, [])


def test_a_cut_line_takes_nobody_until_it_is_mended(echo: Echo) -> None:
    """While it is cut, connecting is refused."""
    with Link(echo.port) as link:
        link.cut()
        with pytest.raises(ConnectionRefusedError):
            connected(link)
        link.mend()
        with connected(link) as connection:
            assert said_back(connection, b"x") == b"x"
