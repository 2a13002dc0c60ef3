"""What Telegram does with a webhook that is slow, away or called twice."""

import asyncio
from datetime import timedelta

from channels.telegram import create
from channels.telegram.emulator import TelegramEmulator, updates
from core.domain.messages import Address, Button, ChoiceMade, Outbound, TextReceived
from tests.channels.telegram.front import Front
from tests.channels.telegram.harness import CHAT, SUBSCRIBER
from tests.conformance.harness import RECEIVED_AT, SENT_AT
from tests.conftest import FixedClock

NEIGHBOUR = "5099887766"


async def test_ten_deliveries_are_one_event(emulator: TelegramEmulator, front: Front) -> None:
    """The same update ten times at once has one event id."""
    update = {"update_id": 7, **updates.message(CHAT, 1, SENT_AT, text="4711")}
    answers = await asyncio.gather(*(emulator.deliveries.call(update) for _ in range(10)))
    assert [status for status, _ in answers] == [200] * 10
    assert len(front.heard) == 10
    assert len({event.event_id for event in front.heard}) == 1


async def test_out_of_order_updates_are_whole(emulator: TelegramEmulator, front: Front) -> None:
    """Updates that come in another order keep their own texts, times and ids."""
    sent = {number: SENT_AT + timedelta(seconds=number) for number in (3, 1, 2)}
    for number, moment in sent.items():
        await emulator.deliveries.call(
            {"update_id": number, **updates.message(CHAT, number, moment, text=f"471{number}")}
        )
    heard = [(event.text, event.sent_at) for event in front.heard if isinstance(event, TextReceived)]
    assert heard == [(f"471{number}", moment) for number, moment in sent.items()]
    assert len({event.event_id for event in front.heard}) == 3


async def test_late_repetition_keeps_its_time(emulator: TelegramEmulator, front: Front, clock: FixedClock) -> None:
    """A repetition ten minutes later is taken, with the time at which the subscriber wrote."""
    update = {"update_id": 7, **updates.message(CHAT, 1, SENT_AT, text="4711")}
    await emulator.deliveries.call(update)
    clock.advance(minutes=10)
    assert await emulator.deliveries.call(update) == (200, 0.0)
    first, second = front.heard
    assert first == second
    assert second.sent_at == SENT_AT < RECEIVED_AT


async def test_repeats_until_acknowledged(emulator: TelegramEmulator, front: Front) -> None:
    """What we do not store comes again, at once and then after 2, 4 and 8 seconds, and not after it was stored."""
    front.refusals = 4
    assert await emulator.write(SUBSCRIBER, "4711") == 200
    assert front.statuses == [503] * 4 + [200]
    assert emulator.deliveries.pauses == [0, 2, 4, 8]
    assert emulator.deliveries.waiting == 0
    assert len(front.heard) == 1


async def test_our_retry_after_is_kept(emulator: TelegramEmulator, front: Front) -> None:
    """Telegram comes again when our answer asks it to."""
    front.refusals, front.retry_after = 2, "5"
    assert await emulator.write(SUBSCRIBER, "4711") == 200
    assert emulator.deliveries.pauses == [5, 5]


async def test_one_chat_waits_alone(emulator: TelegramEmulator, front: Front) -> None:
    """What a chat says waits behind what could not be stored, in order, and nobody else's does."""
    front.refuses = {SUBSCRIBER}
    first = asyncio.create_task(emulator.write(SUBSCRIBER, "1"))
    second = asyncio.create_task(emulator.write(SUBSCRIBER, "2"))
    async with asyncio.timeout(10), front.arrived:
        await front.arrived.wait_for(lambda: len(front.statuses) > 3)
    assert await emulator.write(NEIGHBOUR, "3") == 200
    assert not first.done()
    front.refuses = set()
    assert [await first, await second] == [200, 200]
    assert [event.text for event in front.heard if isinstance(event, TextReceived)] == ["3", "1", "2"]


async def test_a_strange_update_blocks_nobody(emulator: TelegramEmulator, front: Front) -> None:
    """An update that nobody can read is acknowledged, and the chat goes on."""
    assert await emulator.deliveries.deliver(CHAT, {"message": {"chat": "?", "from": [], "text": {}}}) == 200
    assert await emulator.write(SUBSCRIBER, "4711") == 200
    assert len(front.heard) == 1


async def test_a_press_is_acknowledged_in_the_answer(emulator: TelegramEmulator, front: Front) -> None:
    """A button stops spinning when its press is stored and not before, and without a call of ours."""
    channel = create(emulator.settings())
    buttons = ((Button("Да", "confirm:7K2QM"), Button("Нет", "reject:7K2QM")),)
    to = Address("telegram", SUBSCRIBER)
    await channel.send(Outbound(to=to, text="Верно?", buttons=buttons, idempotency_key="1"))
    await channel.close()
    front.refuses = {SUBSCRIBER}
    pressing = asyncio.create_task(emulator.press(SUBSCRIBER, "Да"))
    async with asyncio.timeout(10), front.arrived:
        await front.arrived.wait_for(lambda: front.statuses)
    assert emulator.api.acknowledged == []
    front.refuses = set()
    assert await pressing == 200
    assert emulator.api.acknowledged == emulator.api.presses
    assert emulator.api.calls == ["sendmessage"]
    (event,) = front.heard
    assert isinstance(event, ChoiceMade)
    assert event.token == "confirm:7K2QM"
