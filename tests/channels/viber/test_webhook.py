import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.viber.emulator import REPEATS, ViberEmulator
from channels.viber.emulator import callbacks as made
from core.domain.messages import Joined, TextReceived
from tests.channels.viber.conftest import Front, Sleeps
from tests.channels.viber.harness import ANNA, request_of
from tests.conformance.harness import RECEIVED_AT, SENT_AT
from tests.conftest import FixedClock


async def test_ten_at_once_are_one(emulator: ViberEmulator, front: Front) -> None:
    """The same call ten times at once has one event id each time, and is answered with success each time."""
    body = made.message(ANNA, {"type": "text", "text": "4711"}, 7, SENT_AT)
    answers = await asyncio.gather(*(emulator.tell(body) for _ in range(10)))
    assert [status for status, _ in answers] == [200] * 10
    assert len(front.heard) == 10
    assert {event.event_id for event in front.heard} == {"message:7"}


async def test_one_token_serves_several_events(emulator: ViberEmulator, front: Front) -> None:
    """Calls of different kinds with the same token are different events."""
    for kind, more in (("subscribed", {"user": made.profile(ANNA)}), ("unsubscribed", {"user_id": ANNA})):
        await emulator.tell(made.event(kind, 7, SENT_AT, **more))
    assert [event.event_id for event in front.heard] == ["subscribed:7", "unsubscribed:7"]


async def test_out_of_order(emulator: ViberEmulator, front: Front) -> None:
    """Calls that come in another order than they were sent are each whole, with their own times."""
    order = [3, 1, 2]
    for number in order:
        moment = SENT_AT + timedelta(seconds=number)
        await emulator.tell(made.message(ANNA, {"type": "text", "text": f"47{number}"}, number, moment))
    heard = [event for event in front.heard if isinstance(event, TextReceived)]
    assert [(event.event_id, event.text) for event in heard] == [(f"message:{n}", f"47{n}") for n in order]
    assert [(event.sent_at - SENT_AT).seconds for event in heard] == order


async def test_late_retry_keeps_its_time(front: Front) -> None:
    """A call that comes again ten minutes later is accepted with the time when the subscriber wrote."""
    first = request_of(made.message(ANNA, {"type": "text", "text": "4711"}, 7, SENT_AT))
    late = replace(first, received_at=RECEIVED_AT + timedelta(minutes=10))
    (once,), (again,) = front.channel.decode(first).events, front.channel.decode(late).events
    assert once == again
    assert again.sent_at == SENT_AT


@pytest.mark.parametrize("status", [503, 500, 404, 302, 204])
async def test_repeats_until_acknowledged(
    emulator: ViberEmulator, front: Front, sleeps: Sleeps, clock: FixedClock, status: int
) -> None:
    """Viber repeats whatever is not 200 with growing pauses, and stops at the first 200."""
    front.refusals, front.refusal = 3, status
    assert await emulator.write(ANNA, "4711") == 200
    assert emulator.attempts == [status] * 3 + [200]
    assert tuple(sleeps.seconds) == REPEATS[:3]
    (event,) = front.heard
    assert event.sent_at == clock.now()


async def test_gives_up_after_about_an_hour(emulator: ViberEmulator, front: Front, sleeps: Sleeps) -> None:
    """What is never acknowledged is given up after the last attempt."""
    front.refusals = 99
    assert await emulator.write(ANNA, "4711") == 503
    assert len(emulator.attempts) == len(REPEATS) + 1
    assert 45 * 60 <= sum(sleeps.seconds) <= 75 * 60
    assert not front.heard


async def test_nobody_is_there(emulator: ViberEmulator, sleeps: Sleeps) -> None:
    """A webhook that is offline is repeated too; a bot without one is never told anything."""
    assert await emulator.write(ANNA, "4711") == 0
    assert not emulator.attempts
    emulator.hooks = "http://127.0.0.1:9/hooks/viber"
    assert await emulator.write(ANNA, "4711") == 0
    assert len(emulator.attempts) == len(REPEATS) + 1


async def test_welcome_comes_with_each_attempt(emulator: ViberEmulator, front: Front) -> None:
    """A greeting that could not be given at once is given when we are back, and shown once."""
    front.refusals = 2
    assert await emulator.join(ANNA, "7K2QM") == 200
    assert [message.text for message in emulator.shown(ANNA)] == ["Здравствуйте!"]
    (event,) = front.heard
    assert isinstance(event, Joined)
    assert event.start == "7K2QM"


async def test_no_double_greeting(emulator: ViberEmulator, front: Front) -> None:
    """Who opens the conversation, subscribes and writes is greeted once; each event is heard."""
    emulator.language = "en"
    for act in (emulator.join(ANNA), emulator.subscribe(ANNA), emulator.write(ANNA, "4711")):
        assert await act == 200
    assert [message.text for message in emulator.shown(ANNA)] == ["Good day!"]
    assert [type(event).__name__ for event in front.heard] == ["Joined", "Joined", "TextReceived"]


async def test_receipts_are_not_heard(emulator: ViberEmulator, front: Front) -> None:
    """Receipts are acknowledged and mean nothing to us; that a phone could not show a message is told to the log."""
    for kind in ("delivered", "seen"):
        assert await emulator.receipt(kind, ANNA, 7) == 200
    assert not front.problems
    assert await emulator.receipt("failed", ANNA, 7, desc="keyboard is not valid") == 200
    assert not front.heard
    assert front.problems == ["a subscriber's Viber could not show a message of ours: keyboard is not valid"]
