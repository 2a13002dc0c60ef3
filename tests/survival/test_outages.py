"""What is out of reach for a while: a vendor, or the database."""

import asyncio

import pytest
from sqlalchemy import select

from core.storage.tables import outbox
from tests.survival.outages import Outage
from tests.survival.vendors import VENDORS, Vendor
from tests.survival.world import READING, Place, Running, Time, until

NOBODY = "http://127.0.0.1:9"
"""The discard port, where nobody listens."""


@pytest.mark.parametrize("trouble", ["nobody listens", "the token is wrong"])
@pytest.mark.parametrize("ailing", list(VENDORS))
@pytest.mark.parametrize("asks", [False, True], ids=["called", "asking"])
async def test_a_vendor_out_of_reach_is_his_own_trouble(
    vendors: dict[str, Vendor],
    place: Place,
    trouble: str,
    ailing: str,
    asks: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    """A vendor whom we cannot reach, or who does not know us, stops neither the start nor readiness nor the others."""
    settings: dict[Vendor, dict[str, object]] = {each: {} for each in vendors.values()}
    sick, path = vendors[ailing], "/pa" if ailing == "viber" else ""
    wrong = {"api_base": f"{NOBODY}{path}"} if trouble == "nobody listens" else {"token": sick.strange_token}
    if asks and not sick.polls:
        pytest.skip("this vendor is never asked")
    settings[sick] = wrong | (sick.polls if asks else {})
    async with place.serving(settings) as running:
        for name, vendor in vendors.items():
            if name != ailing:
                assert await vendor.bring(vendor.update("помощь", number=1, at=place.clock.now())) == 200
                await running.settled("sent", channel=name)
        status, body = await running.get("/readyz")
        assert (status, '"ready"' in body) == (200, True), body
        assert await running.replies(ailing) == []


async def test_who_writes_to_a_vendor_out_of_reach_is_answered_later(vendor: Vendor, place: Place, time: Time) -> None:
    """The vendor calls us but cannot be called: the reading is stored, and the reply waits for the next start."""
    path = "/pa" if vendor.name == "viber" else ""
    away: dict[Vendor, dict[str, object]] = {vendor: {"api_base": f"{NOBODY}{path}"}}
    update = vendor.update(READING.format(5100), number=1, at=time.clock.now())
    async with place.serving(away) as running:
        assert await vendor.bring(update) == 200
        await until(lambda: _is_held(running))
    await time.passes(60)
    async with place.serving({vendor: {}}) as running:
        await running.settled("sent")
        assert await running.readings() == [(202611, 5100, "accepted")]
    assert len(vendor.emulator.sent) == 1


async def _is_held(running: Running) -> bool:
    """The reply has been tried, and the failure written down."""
    found = await running.rows(select(outbox.c.state, outbox.c.error))
    return [(row.state, bool(row.error)) for row in found] == [("queued", True)]


async def test_the_database_is_down_for_a_while(vendor: Vendor, running: Running, time: Time, outage: Outage) -> None:
    """Meanwhile the vendor gets 503 each time; what he brings again afterwards counts once, and so does its reply."""
    update = vendor.update(READING.format(5100), number=1, at=time.clock.now())
    async with outage():
        for _ in range(3):
            assert await vendor.bring(update) == 503
    assert await vendor.bring(update) == 200
    await vendor.emulator.wait_for(1)
    await running.settled("sent")
    assert await running.readings() == [(202611, 5100, "accepted")]


async def test_the_vendor_repeats_by_himself(vendor: Vendor, running: Running, time: Time, outage: Outage) -> None:
    """By the vendor's own schedule a message written during an outage arrives after it, as written then."""
    written = time.clock.now()
    time.vendors_wait.clear()
    async with outage():
        writing = asyncio.create_task(vendor.emulator.write(vendor.user, READING.format(5100)))
        await until(lambda: _refused(running, vendor))
    time.vendors_wait.set()
    assert await writing == 200
    await running.settled("sent")
    assert await running.readings() == [(202611, 5100, "accepted")]
    assert time.clock.now() > written


async def _refused(running: Running, vendor: Vendor) -> bool:
    """The metrics have counted a refusal."""
    _, text = await running.get("/metrics")
    return f'channel="{vendor.name}",reason="not_accepted"' in text


async def test_replies_wait_for_the_database(vendor: Vendor, running: Running, time: Time, outage: Outage) -> None:
    """What was sent and could not be written down during an outage is written down after it, and not sent again."""
    vendor.emulator.fail(vendor.faults["busy"])
    assert await vendor.bring(vendor.update("помощь", number=1, at=time.clock.now())) == 200
    await until(lambda: _is_held(running))
    async with outage():
        for _ in range(4):
            await time.passes(5)
            assert await vendor.bring(vendor.update("помощь", number=2, at=time.clock.now())) == 503
    assert await vendor.bring(vendor.update("помощь", number=2, at=time.clock.now())) == 200
    await time.passes(2)
    await running.settled("sent", "sent")
    assert len(vendor.emulator.sent) == 2
