import asyncio
import json
import random
from datetime import timedelta

from aiohttp import web

from channels.vk.emulator import VkEmulator, updates
from channels.vk.emulator.callbacks import PAUSES
from core.domain.messages import TextReceived
from tests.channels.vk.conftest import Naps
from tests.channels.vk.front import Front
from tests.channels.vk.harness import USER, told
from tests.conftest import FixedClock


async def test_ten_at_once_are_one(emulator: VkEmulator, front: Front, clock: FixedClock) -> None:
    """The same update ten times at once is one event."""
    update = told("message_new", updates.message(USER, "4711", at=clock.now()))
    statuses = await asyncio.gather(*(emulator.callbacks.deliver(update) for _ in range(10)))
    assert statuses == [200] * 10
    assert (len(front.heard), len(front.stored)) == (10, 1)


async def test_out_of_order_updates_are_whole(emulator: VkEmulator, front: Front, clock: FixedClock) -> None:
    """Updates in any order are each whole, with the time when they were written."""
    texts = {number: (f"показания 1001234567 {12345 + number}", clock.now()) for number in range(20)}
    for number in texts:
        clock.advance(seconds=7)
        texts[number] = (texts[number][0], clock.now())
    numbers = list(texts)
    random.shuffle(numbers)
    for number in numbers:
        text, at = texts[number]
        message = updates.message(USER, text, at=at, number=number)
        assert await emulator.callbacks.deliver(told("message_new", message, number=number)) == 200
    found = [(event.text, event.sent_at) for event in front.heard if isinstance(event, TextReceived)]
    assert found == [texts[number] for number in numbers]
    assert len(front.stored) == 20


async def test_late_repeat_keeps_its_time(emulator: VkEmulator, front: Front, clock: FixedClock) -> None:
    """A repeat after ten minutes is accepted, is the same event, and was sent when it was written."""
    update = told("message_new", updates.message(USER, "4711", at=clock.now()))
    front.refusals = [web.Response(status=503)]
    assert (await emulator.callbacks.call(emulator.hooks, update)).status == 503
    written = clock.now()
    clock.advance(minutes=10)
    assert (await emulator.callbacks.call(emulator.hooks, update, 7)).body == b"ok"
    (event,) = front.heard
    assert (event.sent_at, event.event_id) == (written, update["event_id"])


async def test_repeats_until_acknowledged(emulator: VkEmulator, front: Front, naps: Naps) -> None:
    """Whatever is not exactly `ok` is a failure: VK counts it in the header, and stops with the first `ok`."""
    texts = ["OK", "ok\n", '"ok"', "ok, 4711", ""]
    front.refusals = [web.Response(status=503), *(web.Response(text=text) for text in texts)]
    assert await emulator.write(str(USER), "1001234567 12345 4711") == 200
    assert [attempt.counter for attempt in emulator.callbacks.attempts] == list(range(7))
    assert naps.seconds == list(PAUSES[:6])
    assert [event.text for event in front.heard if isinstance(event, TextReceived)] == ["1001234567 12345 4711"]


async def test_gives_up(emulator: VkEmulator, front: Front, naps: Naps) -> None:
    """A hook that never says `ok` is called eleven times, and its last status is told."""
    front.refusals = [web.Response(status=500) for _ in range(20)]
    assert await emulator.write(str(USER), "4711") == 500
    assert len(front.refusals) == 9
    assert naps.seconds == list(PAUSES)


async def test_heeds_retry_after(emulator: VkEmulator, front: Front, clock: FixedClock, naps: Naps) -> None:
    """A date in `Retry-After` within three hours is waited for; seconds, and later dates, are not."""
    dates = [clock.now() + timedelta(minutes=5), clock.now() + timedelta(hours=4)]
    headers = [f"{date:%a, %d %b %Y %H:%M:%S} GMT" for date in dates]
    front.refusals = [web.Response(status=503, headers={"Retry-After": value}) for value in [*headers, "5"]]
    assert await emulator.write(str(USER), "4711") == 200
    assert naps.seconds == [300.0, PAUSES[1], PAUSES[2]]


async def test_remove_deletes_the_server(emulator: VkEmulator, front: Front) -> None:
    """VK takes `remove` at its word; a subscriber who writes it gets us to say nothing but `ok`."""
    assert await emulator.write(str(USER), "remove") == 200
    assert emulator.hooks
    front.refusals = [web.Response(text="remove")]
    assert await emulator.write(str(USER), "4711") == 200
    assert not emulator.hooks
    assert await emulator.write(str(USER), "4711") == 0


async def test_nobody_there(emulator: VkEmulator, naps: Naps) -> None:
    """Where nobody answers, VK tries to the end; where no address is set, nobody is asked."""
    assert await emulator.write(str(USER), "4711") == 0
    assert naps.seconds == []
    emulator.hooks = "http://127.0.0.1:9/hooks/vk"
    assert await emulator.write(str(USER), "4711") == 0
    assert naps.seconds == list(PAUSES)


async def test_tokens_come_back(emulator: VkEmulator, front: Front, clock: FixedClock) -> None:
    """The payload of a button makes its way through VK as a string in JSON."""
    token = "menu:a-b_c.7"
    update = told("message_new", updates.message(USER, "Да", at=clock.now(), payload=json.dumps({"t": token})))
    assert await emulator.callbacks.deliver(update) == 200
    assert getattr(front.heard[0], "token", "") == token
