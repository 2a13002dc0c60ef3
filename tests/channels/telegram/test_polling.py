import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Self

import pytest

from channels.telegram.adapter import PollingTelegramChannel
from channels.telegram.emulator import Fault, TelegramEmulator
from channels.telegram.polling import following, pause
from core.domain.messages import Address, Button, ChoiceMade, Event, Outbound, TextReceived
from core.ports.channel import NotAccepted, OutcomeUnknown, RateLimited
from tests.channels.telegram.harness import SUBSCRIBER, TOKEN
from tests.conftest import FixedClock


class Inbox:
    """Takes events, or not."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self.refusals = 0
        self.asked = 0
        self._changed = asyncio.Condition()

    async def accept(self, events: Sequence[Event]) -> None:
        async with self._changed:
            self.asked += 1
            self._changed.notify_all()
            if self.refusals:
                self.refusals -= 1
                raise NotAccepted
            self.batches.append(list(events))

    @property
    def texts(self) -> list[str]:
        return [event.text for batch in self.batches for event in batch if isinstance(event, TextReceived)]

    async def until(self, texts: int) -> None:
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.texts) >= texts)


class Poll:
    """A channel that polls in a task; its pauses take no time."""

    def __init__(self, emulator: TelegramEmulator, clock: FixedClock) -> None:
        self.inbox = Inbox()
        self.pauses: list[float] = []
        self.channel = PollingTelegramChannel(
            emulator.settings(mode="polling"), clock=clock, sleep=self._sleep, chance=lambda: 1.0
        )

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.channel.poll(self.inbox.accept))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task
        await self.channel.close()


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is looked at has no event to wait for
            await asyncio.sleep(0)


async def settled(emulator: TelegramEmulator) -> None:
    """Wait until everything was confirmed."""
    await until(lambda: not emulator.deliveries.waiting)


async def test_hears_in_order_and_confirms(emulator: TelegramEmulator, clock: FixedClock) -> None:
    """What waits is heard at once and in order, what comes later as it comes, and all of it is confirmed."""
    for text in ("1", "2", "3"):
        assert await emulator.write(SUBSCRIBER, text) == 0
    async with Poll(emulator, clock) as poll:
        await poll.inbox.until(3)
        await emulator.write(SUBSCRIBER, "4")
        await poll.inbox.until(4)
        await settled(emulator)
    assert poll.inbox.texts == ["1", "2", "3", "4"]
    assert [len(batch) for batch in poll.inbox.batches] == [3, 1]
    assert emulator.deliveries.allowed == {"message", "callback_query", "my_chat_member"}
    assert poll.pauses == []


async def test_confirms_only_what_was_accepted(emulator: TelegramEmulator, clock: FixedClock) -> None:
    """While nothing can be stored, the same updates are asked for again, after growing pauses, and lost are none."""
    await emulator.write(SUBSCRIBER, "4711")
    poll = Poll(emulator, clock)
    poll.inbox.refusals = 3
    async with poll:
        await poll.inbox.until(1)
        await settled(emulator)
    assert poll.inbox.texts == ["4711"]
    assert poll.inbox.asked == 4
    assert poll.pauses == [1.0, 2.0, 4.0]


async def test_a_crash_before_confirming_brings_the_same_events(emulator: TelegramEmulator, clock: FixedClock) -> None:
    """A poller that dies after accepting hears the same events anew, under the same ids."""
    await emulator.write(SUBSCRIBER, "4711")
    first, second = Poll(emulator, clock), Poll(emulator, clock)

    async def dies(events: Sequence[Event]) -> None:
        first.inbox.batches.append(list(events))
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await first.channel.poll(dies)
    await first.channel.close()
    async with second as poll:
        await poll.inbox.until(1)
    assert first.inbox.batches == second.inbox.batches


async def test_presses_are_acknowledged_after_acceptance(emulator: TelegramEmulator, clock: FixedClock) -> None:
    """A button that was pressed stops spinning when the press is stored, and not before."""
    async with Poll(emulator, clock) as poll:
        buttons = ((Button("Да", "confirm:7K2QM"),),)
        to = Address("telegram", SUBSCRIBER)
        await poll.channel.send(Outbound(to=to, text="Верно?", buttons=buttons, idempotency_key="1"))
        poll.inbox.refusals = 1
        await emulator.press(SUBSCRIBER, "Да")
        await until(lambda: poll.inbox.asked)
        assert not emulator.api.acknowledged
        await until(lambda: emulator.api.acknowledged)
        assert emulator.api.acknowledged == emulator.api.presses
    ((event,),) = poll.inbox.batches
    assert isinstance(event, ChoiceMade)
    assert event.token == "confirm:7K2QM"


async def test_a_late_acknowledgement_costs_nothing(
    emulator: TelegramEmulator, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """An acknowledgement that Telegram refuses stops nothing and repeats nothing."""
    caplog.set_level(logging.INFO)
    channel = Poll(emulator, clock).channel
    await (await channel._api()).acknowledge(["1"])
    await channel.close()
    assert "query is too old" in caplog.text


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.BROKEN, Fault.RESET, Fault.GARBLED, Fault.STRANGER])
async def test_trouble_is_waited_out(
    emulator: TelegramEmulator, clock: FixedClock, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """Conflicts, broken lines and refusals are logged in one line each without the token, and asked again."""
    await emulator.write(SUBSCRIBER, "4711")
    emulator.fail(fault, times=3, method="getUpdates")
    async with Poll(emulator, clock) as poll:
        await poll.inbox.until(1)
    assert poll.pauses == [1.0, 2.0, 4.0]
    assert len([line for line in caplog.messages if line.startswith("polling Telegram waits")]) == 3
    assert TOKEN not in caplog.text


async def test_a_webhook_is_in_the_way(
    emulator: TelegramEmulator, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside a webhook polling says why it hears nothing, and hears as soon as it is gone."""
    emulator.hooks = "http://127.0.0.1:9/hooks/telegram"
    async with Poll(emulator, clock) as poll:
        await until(lambda: poll.pauses)
        await poll.channel.register("https://readings.example.ru")
        await emulator.write(SUBSCRIBER, "4711")
        await poll.inbox.until(1)
    assert "webhook is active" in caplog.messages[0]


def test_pauses() -> None:
    """Pauses double to a minute, of which a random half, and are as long as Telegram asks for."""
    assert [pause(OutcomeUnknown(), failed, 1.0) for failed in (1, 2, 7, 50)] == [1.0, 2.0, 60.0, 60.0]
    assert pause(OutcomeUnknown(), 1, 0.0) == 0.5
    assert pause(RateLimited(30.0), 1, 1.0) == 30.0


def test_offset() -> None:
    """The offset is behind the newest update, whatever order they come in, and stays where there are none."""
    assert following([{"update_id": 8}, {"update_id": 7}, "x", {"update_id": "9"}], None) == 9
    assert following([], 9) == 9


async def test_updates_without_ids_are_not_asked_for_without_pause(
    emulator: TelegramEmulator, clock: FixedClock
) -> None:
    """What cannot be confirmed comes again at once, so it is waited for."""
    emulator.deliveries._waiting[1] = {"message": {}}
    async with Poll(emulator, clock) as poll:
        await until(lambda: len(poll.pauses) > 1)
    assert poll.pauses[:2] == [1.0, 2.0]
