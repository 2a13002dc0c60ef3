"""What vendors do to our messages: refuse them, break, hang, block; and that the other channels do not notice."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.storage.outbox import State
from core.storage.tables import outbox
from tests.survival.vendors import VENDORS, Vendor
from tests.survival.world import Place, Running, Time, until

FAULTS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "data/faults.toml").read_text("utf-8"))
LATER = 3600


def wake(running: Running) -> None:
    for _, dispatcher in running.service.dispatchers:
        dispatcher.wake()


@pytest.mark.parametrize("fault", FAULTS)
async def test_never_twice(vendor: Vendor, running: Running, time: Time, fault: str) -> None:
    """A reply ends `sent` and is there once; or `unknown`, where the vendor cannot tell a repeat from a new message."""
    expected = FAULTS[fault]
    vendor.emulator.fail(vendor.faults[fault])
    assert await vendor.bring(vendor.update("помощь", number=1, at=time.clock.now())) == 200
    if "hangs" in expected:
        await vendor.emulator.wait_for(1)
        await time.passes(expected["hangs"])
    if vendor.name in expected["once"]:
        await until(lambda: _failed_once(running))
        await time.passes(expected["wait"] + 1)
        wake(running)
        await running.settled("sent")
        assert len(vendor.emulator.sent) == 1
    else:
        await running.settled("unknown")
        await time.passes(LATER)
        wake(running)
        assert await vendor.bring(vendor.update("помощь", number=2, at=time.clock.now())) == 200
        await running.settled("unknown", "sent")
        assert len(vendor.emulator.sent) == expected["unknown"][vendor.name] + 1


async def _failed_once(running: Running) -> bool:
    """The failure is written down, and the row waits; for `RateLimited` and `Misconfigured` the whole channel does."""
    rows = await running.rows(select(outbox.c.state, outbox.c.error))
    return [(row.state, bool(row.error)) for row in rows] == [("queued", True)]


async def test_a_wait_is_kept(vendor: Vendor, running: Running, time: Time) -> None:
    """After 429 nothing goes out on this channel before the vendor's time is over, new replies neither."""
    vendor.emulator.fail(vendor.faults["busy"])
    assert await vendor.bring(vendor.update("помощь", number=1, at=time.clock.now())) == 200
    await until(lambda: _failed_once(running))
    assert await vendor.bring(vendor.update("помощь", number=2, at=time.clock.now())) == 200
    await time.passes(6)
    wake(running)
    for _ in range(20):
        assert await running.replies() == ["queued", "queued"]
    assert not vendor.emulator.sent
    await time.passes(2)
    await running.settled("sent", "sent")
    assert len(vendor.emulator.sent) == 2


@pytest.mark.parametrize("ailing", list(VENDORS))
@pytest.mark.parametrize("fault", ["hang", "busy", "stranger", "unavailable"])
async def test_the_others_keep_sending(
    vendors: dict[str, Vendor],
    place: Place,
    time: Time,
    ailing: str,
    fault: str,
) -> None:
    """While one vendor hangs or refuses, replies by the others go out at once."""
    settings: dict[Vendor, dict[str, object]] = {each: {} for each in vendors.values()}
    async with place.serving(settings) as running:
        vendors[ailing].emulator.fail(vendors[ailing].faults[fault], times=20)
        for number in range(10):
            for vendor in vendors.values():
                assert await vendor.bring(vendor.update("помощь", number=number, at=time.clock.now())) == 200
        for name, vendor in vendors.items():
            if name != ailing:
                await running.settled(*["sent"] * 10, channel=name)
                assert len(vendor.emulator.sent) == 10
        assert "sent" not in await running.replies(ailing)
        while "sending" in await running.replies(ailing):
            await time.passes(60)


@pytest.mark.parametrize("how", ["he leaves", "a send fails"])
async def test_blocked_in_the_middle(vendor: Vendor, running: Running, time: Time, how: str) -> None:
    """Who blocks us in a dialogue is not written to; his next message opens the address and goes on where he was."""
    emulator, user = vendor.emulator, vendor.user
    await emulator.write(user, "передать показания")
    await emulator.write(user, "2701001101 31002201")
    await running.settled("sent", "sent")
    if how == "he leaves":
        await emulator.leave(user)
    else:
        emulator.fail(vendor.faults["blocked"])
        await emulator.write(user, "что?")
        await running.settled("sent", "sent", State.UNREACHABLE)
    closed = await running.profile(vendor)
    assert closed.closed_at is not None
    await time.passes(60)
    await emulator.write(user, "5100")
    await until(lambda: _is_last(running, "sent"))
    opened = await running.profile(vendor)
    assert opened.closed_at is None
    assert "5100" in emulator.shown(user)[-1].text
    await emulator.write(user, "да")
    assert await running.readings() == [(202611, 5100, "accepted")]


async def _is_last(running: Running, state: str) -> bool:
    return (await running.replies())[-1] == state
