"""Where a webhook may lead, address by address."""

import pytest

from anpr_match.backends.webhook import target
from anpr_match.domain.errors import SetUp, Unavailable

INNER = [
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104 to be refused
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INNER)
def test_addresses_that_are_not_in_the_open_are_refused(address: str) -> None:
    """Loopback, private, link-local and metadata addresses are refused, however they are written."""
    assert not target.may_lead_to(address, (), tls=True)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_in_the_open_need_encryption(address: str) -> None:
    """An address in the open may be spoken to, and only encrypted."""
    assert target.may_lead_to(address, (), tls=True)
    assert not target.may_lead_to(address, (), tls=False)


def test_a_network_of_ones_own_is_allowed_by_name() -> None:
    """What lies in an allowed network may be spoken to; its neighbours may not."""
    allowed = target.networks(["10.1.0.0/16", "::1/128"])
    assert target.may_lead_to("10.1.200.3", allowed, tls=False)
    assert target.may_lead_to("::1", allowed, tls=False)
    assert not target.may_lead_to("10.2.0.1", allowed, tls=False)


async def test_the_name_is_resolved_before_it_is_judged() -> None:
    """A name that leads to an inner address is refused as the address is."""
    with pytest.raises(Unavailable):
        await target.resolved(target.target("https://localhost/hook"), ())
    allowed = target.networks(["127.0.0.0/8", "::1/128"])
    assert await target.resolved(target.target("http://127.0.0.1:9/hook"), allowed) == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/",
        "https://",
        "https://a:b@example.org/",
        "https://e.org/a\r\nX: y",
        "http://h:x/",
    ],
)
def test_what_is_no_address_is_refused_at_the_start(url: str) -> None:
    """A process does not start with an address that cannot be meant."""
    with pytest.raises(SetUp):
        target.target(url)
