"""Vendors whom we ask: what they hold while we are stopped, or while nothing can be stored, is not lost."""

import pytest

from tests.survival.outages import Outage
from tests.survival.vendors import Telegram, Vendor, Vk
from tests.survival.world import READING, Place, Running, Time, until


@pytest.fixture(params=[Telegram.name, Vk.name])
def vendor(request: pytest.FixtureRequest, vendors: dict[str, Vendor]) -> Vendor:
    """Each messenger that can be asked."""
    return vendors[request.param]


async def asked(vendor: Vendor) -> None:
    """Wait until we ask: VK tells a newcomer only what comes after the first question."""
    if isinstance(vendor, Vk):
        await vendor.emulator.queue.wait_for(len(vendor.emulator.queue.asked) + 1)


async def test_a_restart_loses_nothing(vendor: Vendor, place: Place, time: Time) -> None:
    """What is written while we are stopped is heard when we start again, and what was heard before is not repeated."""
    emulator, user = vendor.emulator, vendor.user
    settings = {vendor: vendor.polls}
    async with place.serving(settings) as running:
        await asked(vendor)
        await emulator.write(user, READING.format(5100))
        await running.settled("sent")
    for text in ("помощь", READING.format(5110)):
        await time.passes(60)
        await emulator.write(user, text)
    async with place.serving(settings) as running:
        await running.settled("sent", "sent", "sent")
        await emulator.write(user, "помощь")
        await running.settled(*["sent"] * 4)
        heard = [READING.format(5100), "помощь", READING.format(5110), "помощь"]
        assert await running.events() == [(text, "handled") for text in heard]
        assert await running.readings() == [(202611, 5100, "superseded"), (202611, 5110, "accepted")]
    assert len(emulator.sent) == 4


async def test_what_cannot_be_stored_is_asked_for_again(
    vendor: Vendor,
    place: Place,
    time: Time,
    outage: Outage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """During an outage of the database nothing is confirmed to the vendor, and afterwards all of it is heard once."""

    async def could_not(_running: Running) -> bool:
        return "could not be stored" in caplog.text

    async with place.serving({vendor: vendor.polls}) as running:
        await asked(vendor)
        async with outage():
            for value in (5100, 5110):
                await vendor.emulator.write(vendor.user, READING.format(value))
            # Each look is a page of the service itself: it stays alive meanwhile.
            await until(lambda: could_not(running))
            status, _ = await running.get("/healthz")
            assert status == 200
        await time.passes(2)
        await running.settled("sent", "sent")
        assert sorted(await running.readings()) == [(202611, 5100, "superseded"), (202611, 5110, "accepted")]
    assert len(vendor.emulator.sent) == 2
