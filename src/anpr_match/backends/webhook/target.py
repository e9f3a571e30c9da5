"""Where a webhook may lead: into the internet, and into the networks that were allowed by name.

An address is looked at after its name was resolved, and that very address is connected to: a name that
leads elsewhere the next time leads nowhere.
"""

import asyncio
import functools
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from urllib.parse import urlsplit

from anpr_match.domain.errors import SetUp, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint. `host` is what its certificate and its `Host` header are for."""

    host: str
    port: int
    path: str
    tls: bool

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def target(url: str, setting: str = "ANPR_WEBHOOK") -> Target:
    """Raises `SetUp`, with the webhook's setting and without the address: it may hold a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SetUp(f"{setting}__URL is no address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise SetUp(f"{setting}__URL must look like https://example.org/path")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise SetUp(f"{setting}__URL must have a path of plain characters")
    return Target(parts.hostname, port or (443 if tls else 80), path, tls)


def networks(texts: Sequence[str], setting: str = "ANPR_WEBHOOK") -> tuple[Network, ...]:
    """Raises `SetUp`."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise SetUp(f"{setting}__ALLOWED_NETWORKS: {error}") from error


async def resolved(target: Target, allowed: Sequence[Network], thread: Executor | None = None) -> str:
    """An address of the target that may be connected to. Raises `Unavailable` when there is none; one bad
    address among several is enough for that. A name is looked up in `thread`, for as long as that takes."""
    look_up = functools.partial(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(thread, look_up)
    except (OSError, UnicodeError) as error:
        raise Unavailable("the name of the webhook's receiver cannot be resolved") from error
    texts = [str(entry[4][0]) for entry in found]
    if not texts or not all(may_lead_to(text, allowed, tls=target.tls) for text in texts):
        raise Unavailable("the webhook leads to an address that is not allowed: see its ALLOWED_NETWORKS")
    return texts[0]


def may_lead_to(text: str, allowed: Sequence[Network], *, tls: bool) -> bool:
    """Whether this address may be spoken to: it lies in an allowed network; or it is anybody's, in the
    open, and the talk is encrypted."""
    if "%" in text:
        return False
    address = inner(ipaddress.ip_address(text))
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return tls and address.is_global and not address.is_multicast


def inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
