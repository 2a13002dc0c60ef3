"""What vendors do to webhooks: the same update many times at once, updates out of order, and late ones."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.survival.vendors import Vendor
from tests.survival.world import READING, Running, Time


async def test_ten_at_once_are_one(vendor: Vendor, running: Running, time: Time) -> None:
    """The same update ten times at once is acknowledged each time, and is one event, one reading and one reply."""
    update = vendor.update(READING.format(5100), number=1, at=time.clock.now())
    assert await asyncio.gather(*(vendor.bring(update) for _ in range(10))) == [200] * 10
    await vendor.emulator.wait_for(1)
    await running.settled("sent")
    assert await running.events() == [(READING.format(5100), "handled")]
    assert await running.readings() == [(202611, 5100, "accepted")]
    assert await vendor.bring(update) == 200
    assert await running.replies() == ["sent"]
    assert len(vendor.emulator.sent) == 1


async def test_the_latest_written_counts(vendor: Vendor, running: Running, time: Time) -> None:
    """Corrections that arrive out of order end with the one that was written last, and each is answered."""
    values = [5100, 5110, 5120, 5130]
    begun = time.clock.now()
    updates = [
        vendor.update(READING.format(value), number=number, at=begun + timedelta(minutes=number))
        for number, value in enumerate(values)
    ]
    await time.passes(300)
    for number in (2, 0, 3, 1):
        assert await vendor.bring(updates[number]) == 200
    await running.settled(*["sent"] * 4)
    statuses = [(value, status) for _, value, status in await running.readings()]
    assert statuses == [(5100, "superseded"), (5110, "superseded"), (5120, "superseded"), (5130, "accepted")]


async def test_a_late_repeat_is_judged_by_when_it_was_written(vendor: Vendor, running: Running, time: Time) -> None:
    """A reading of the window's last minute counts for it although only the retry ten minutes later reaches us."""
    written = datetime(2026, 11, 25, 13, 59, tzinfo=UTC)
    time.clock.moment = written
    hooks, vendor.emulator.hooks = vendor.emulator.hooks, f"http://127.0.0.1:9/hooks/{vendor.name}"
    update = vendor.update(READING.format(5100), number=1, at=written)
    assert await vendor.bring(update) == 0
    await time.passes(600)
    vendor.emulator.hooks = hooks
    assert await vendor.bring(update) == 200
    await running.settled("sent")
    assert await running.readings() == [(202611, 5100, "accepted")]
