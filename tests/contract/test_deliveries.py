"""What every keeper of devices and receipts guarantees."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from anpr_match.backends.memory.clock import START
from anpr_match.domain.caller import Grant, Role
from anpr_match.domain.delivery import Device, Receipt
from anpr_match.domain.event import Position
from tests.contract.stores import Stores


async def a_device(stores: Stores, name: str = "tablet") -> Device:
    new = await stores.registers.create_token(Grant(Role.PATROL, "herts", "car"), "t-1", START)
    return Device(new.caller.token_id, name)


def receipt(device: Device, seq: int, epoch: str = "one", later_s: float = 0) -> Receipt:
    return Receipt(device, Position(epoch, seq), START + timedelta(seconds=later_s))


async def test_the_newest_connection_has_the_device(stores: Stores, another: Callable[[], Stores]) -> None:
    """A device that connects again, in any process, has the new connection, and rights are looked at."""
    device, other = await a_device(stores), await a_device(stores)
    before = await stores.registers.rights_revision()
    assert await stores.deliveries.connect({device: "first"}, START) == {}
    assert await stores.registers.rights_revision() == before
    await stores.deliveries.connect({other: "other"}, START)
    assert await another().deliveries.connect({device: "second"}, START) == {}
    assert await stores.registers.rights_revision() > before
    unknown = Device(device.token_id, "phone")
    found = await stores.deliveries.sessions([device, other, unknown])
    assert found == {device: "second", other: "other"}
    assert await stores.deliveries.sessions([]) == {}


async def test_who_left_takes_nothing_over(stores: Stores, another: Callable[[], Stores]) -> None:
    """A device whose connection is over has none, and its return is no change of rights; of a device
    that is connected anew the older connection's end changes nothing."""
    device = await a_device(stores)
    await stores.deliveries.connect({device: "first"}, START)
    before = await stores.registers.rights_revision()
    await another().deliveries.leave({device: "first"})
    assert await stores.deliveries.sessions([device]) == {}
    await stores.deliveries.connect({device: "second"}, START)
    assert await stores.registers.rights_revision() == before
    await stores.deliveries.leave({device: "first"})
    await stores.deliveries.leave({})
    assert await stores.deliveries.sessions([device]) == {device: "second"}
    await stores.deliveries.connect({device: "third"}, START)
    assert await stores.registers.rights_revision() > before


async def test_receipts_go_onwards(stores: Stores) -> None:
    """A receipt is kept when it is further on, or of another log; one that is behind changes nothing."""
    device = await a_device(stores)
    await stores.deliveries.connect({device: "first"}, START)
    for told, kept in [
        (receipt(device, 5), 5),
        (receipt(device, 4, later_s=1), 5),
        (receipt(device, 9, later_s=2), 9),
        (receipt(device, 2, epoch="two", later_s=3), 2),
    ]:
        await stores.deliveries.note([told])
        assert [known.position.seq for known in await stores.deliveries.receipts([device.token_id])] == [kept]
    assert await stores.deliveries.connect({device: "second"}, START) == {device: Position("two", 2)}
    assert await stores.deliveries.receipts([device.token_id]) == [receipt(device, 2, epoch="two", later_s=3)]


async def test_receipts_without_a_connection(stores: Stores) -> None:
    """Devices without a name have a receipt and no connection; tokens that are not there have neither."""
    nameless = await a_device(stores, "")
    nobody = Device("t-nobody", "")
    await stores.deliveries.note([receipt(nameless, 3), receipt(nobody, 3)])
    await stores.deliveries.note([])
    assert await stores.deliveries.receipts([nameless.token_id, nobody.token_id]) == [receipt(nameless, 3)]
    assert await stores.deliveries.sessions([nameless]) == {}


async def test_many_receipts_at_once(stores: Stores, another: Callable[[], Stores]) -> None:
    """Processes that note receipts of the same devices at once end with the furthest of each."""
    devices = [await a_device(stores, f"tablet {number}") for number in range(5)]
    other = another()
    notes = [
        process.deliveries.note([receipt(device, seq) for device in ordered])
        for seq, process, ordered in [
            (1, stores, devices),
            (3, other, devices[::-1]),
            (2, stores, devices[::-1]),
        ]
    ]
    await asyncio.gather(*notes)
    told = await stores.deliveries.receipts([device.token_id for device in devices])
    assert {known.device: known.position.seq for known in told} == dict.fromkeys(devices, 3)


async def test_receipts_of_those_asked_for(stores: Stores) -> None:
    """Receipts are those of every device of the tokens asked for, and of no other token."""
    tablet, other = await a_device(stores), await a_device(stores)
    phone = Device(tablet.token_id, "phone")
    await stores.deliveries.note([receipt(device, 3) for device in (tablet, other, phone)])
    assert await stores.deliveries.receipts([tablet.token_id]) == [receipt(phone, 3), receipt(tablet, 3)]
    assert await stores.deliveries.receipts([]) == []


async def test_devices_of_one_token_are_told_apart(stores: Stores) -> None:
    """What is known of one device of a token is not told of another, nor of another token's namesake."""
    tablet, other = await a_device(stores), await a_device(stores)
    phone, namesake = Device(tablet.token_id, "phone"), Device(other.token_id, "phone")
    await stores.deliveries.connect({tablet: "1", phone: "2", other: "3", namesake: "4"}, START)
    assert await stores.deliveries.sessions([phone, other]) == {phone: "2", other: "3"}
