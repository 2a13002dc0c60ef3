import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import pytest

from channels.vk.adapter import VkCallback, VkLongPoll
from channels.vk.api import Api
from channels.vk.decode import Decoder
from channels.vk.emulator import Fault, VkEmulator
from channels.vk.emulator.server import POLL
from channels.vk.longpoll import LONGEST_WAIT, LongPoll
from core.domain.messages import Event, Left, TextReceived
from core.ports.channel import NotAccepted, Polls
from tests.channels.vk.conftest import Naps
from tests.channels.vk.front import Front
from tests.channels.vk.harness import GROUP_ID, USER
from tests.conftest import FixedClock

ME = str(USER)


class Inbox:
    """Takes events, unless it is told not to."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.refused: list[Sequence[Event]] = []
        self.refusals = 0

    async def accept(self, events: Sequence[Event]) -> None:
        if self.refusals:
            self.refusals -= 1
            self.refused.append(events)
            raise NotAccepted
        for event in events:
            self.events.put_nowait(event)

    async def texts(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            events = [await self.events.get() for _ in range(count)]
        return [event.text for event in events if isinstance(event, TextReceived)]


class Polling:
    """A long poll that runs until it is stopped."""

    def __init__(self, emulator: VkEmulator, clock: FixedClock, naps: Naps) -> None:
        settings = emulator.settings(mode="longpoll")
        self.inbox = Inbox()
        self.api = Api(settings)
        self.naps = naps
        self._long_poll = LongPoll(
            self.api, Decoder("vk", settings), GROUP_ID, clock=clock, sleep=self._sleep, chance=lambda: 1.0
        )
        self.resume = self._long_poll.resume
        self.another = lambda: Polling(emulator, clock, naps)
        self._emulator = emulator
        self._task: asyncio.Task[None] | None = None

    async def _sleep(self, seconds: float) -> None:
        await self.naps(seconds)
        await asyncio.sleep(0)

    async def start(self) -> None:
        """Run, and wait for the first poll."""
        asked = len(self._emulator.queue.asked)
        self._task = asyncio.create_task(self._long_poll.run(self.inbox.accept))
        await self._emulator.queue.wait_for(asked + 1)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
async def polling(emulator: VkEmulator, clock: FixedClock, naps: Naps) -> AsyncIterator[Polling]:
    polling = Polling(emulator, clock, naps)
    yield polling
    await polling.stop()
    await polling.api.close()


async def test_hears(polling: Polling, emulator: VkEmulator, clock: FixedClock) -> None:
    """What subscribers do comes in order, with VK's time, or ours where VK gives none."""
    await polling.start()
    assert await emulator.write(ME, "4711") == 0
    await emulator.write(ME, "4712")
    await emulator.leave(ME)
    assert await polling.inbox.texts(2) == ["4711", "4712"]
    left = await polling.inbox.events.get()
    assert isinstance(left, Left)
    assert left.sent_at == clock.now()
    assert polling.naps.seconds == []


async def test_same_ids_by_both_ways(polling: Polling, emulator: VkEmulator, front: Front) -> None:
    """A callback and a long poll bring the same event id, so that both together are harmless."""
    await polling.start()
    assert await emulator.write(ME, "4711") == 200
    polled = await asyncio.wait_for(polling.inbox.events.get(), 10)
    assert [event.event_id for event in front.heard] == [polled.event_id]


async def test_not_accepted_is_asked_again(
    polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Updates that were not stored are asked for again from the same place, and one line says why nothing comes."""
    caplog.set_level(logging.INFO)
    polling.inbox.refusals = 3
    await polling.start()
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    await emulator.write(ME, "4712")
    assert await polling.inbox.texts(1) == ["4712"]
    assert emulator.queue.asked[:5] == ["0", "0", "0", "0", "1"]
    assert len({events[0].event_id for events in polling.inbox.refused}) == 1
    assert polling.naps.seconds == [1.0, 2.0, 4.0]
    lines = [record.message for record in caplog.records if record.name == "channels.vk.longpoll"]
    assert lines == [
        "VK's long poll waits and tries again: the updates could not be stored",
        "VK's long poll goes on",
    ]


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.GARBLED, Fault.RESET, Fault.BROKEN])
async def test_outage(polling: Polling, emulator: VkEmulator, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    """While VK is away we ask with growing pauses, say so once, and miss nothing that came meanwhile."""
    emulator.fail(fault, times=9, method=POLL)
    await polling.start()
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    assert polling.naps.seconds == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


async def test_pauses_are_random(emulator: VkEmulator, clock: FixedClock, naps: Naps) -> None:
    """Half of a pause is chance, so that clients spread when VK comes back."""
    settings = emulator.settings(mode="longpoll")
    api = Api(settings)
    stopped = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await naps(seconds)
        stopped.set()
        await asyncio.Event().wait()

    emulator.fail(Fault.UNAVAILABLE, method=POLL)
    long_poll = LongPoll(api, Decoder("vk", settings), GROUP_ID, clock=clock, sleep=sleep, chance=lambda: 0.0)
    task = asyncio.create_task(long_poll.run(Inbox().accept))
    await asyncio.wait_for(stopped.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await api.close()
    assert naps.seconds == [0.5]


async def test_wrong_token(polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture) -> None:
    """A token that VK does not take is told in the log, and asked with again until staff have acted."""
    emulator.fail(5, times=2, method="groups.getLongPollServer")
    await polling.start()
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    assert polling.naps.seconds == [1.0, 2.0]
    assert "5: the token is wrong" in caplog.text


async def test_key_expires(polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture) -> None:
    """`failed: 2`: a new key, the same place, nothing lost, and nothing worth a line in the log."""
    await polling.start()
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    emulator.queue.fail(2)
    await emulator.write(ME, "4712")
    await emulator.write(ME, "4713")
    assert sorted(await polling.inbox.texts(2)) == ["4712", "4713"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_history_is_lost(polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture) -> None:
    """`failed: 1`: VK's new place is taken, as a number, and the log says that messages may be missing."""
    emulator.queue.fail(1)
    await polling.start()
    await emulator.queue.wait_for(2)
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    assert "messages may be missing" in caplog.text


async def test_session_is_lost(polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture) -> None:
    """`failed: 3`: key and place are new, and the log says that messages may be missing."""
    emulator.queue.fail(3)
    await polling.start()
    await emulator.queue.wait_for(2)
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    assert "messages may be missing" in caplog.text


async def test_begins_where_it_stopped(polling: Polling, emulator: VkEmulator) -> None:
    """Stopped and begun again in the same process, it misses nothing that came in between."""
    await polling.start()
    await emulator.write(ME, "4711")
    assert await polling.inbox.texts(1) == ["4711"]
    await polling.stop()
    await emulator.write(ME, "4712")
    await polling.start()
    assert await polling.inbox.texts(1) == ["4712"]


async def test_secrets_stay_out_of_the_log(
    polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor the key of the poll, which is in its address, is in a line of the log."""
    caplog.set_level(logging.DEBUG)
    emulator.fail(Fault.RESET, times=2, method=POLL)
    emulator.fail(5, method="groups.getLongPollServer")
    await polling.start()
    await emulator.write(ME, "секретное слово")
    assert await polling.inbox.texts(1) == ["секретное слово"]
    assert len(polling.naps.seconds) == 3
    assert "waits and tries again" in caplog.text
    assert not any(secret in caplog.text for secret in (emulator.token, "key1", "секретное слово"))


async def test_channel_polls(emulator: VkEmulator, front: Front) -> None:
    """In its mode the channel itself polls, for whoever starts it."""
    channel = VkLongPoll(emulator.settings(mode="longpoll"))
    assert isinstance(channel, Polls)
    assert not isinstance(VkCallback(emulator.settings()), Polls)
    inbox = Inbox()
    task = asyncio.create_task(channel.poll(inbox.accept))
    await emulator.queue.wait_for(1)
    await emulator.write(ME, "4711")
    assert await inbox.texts(1) == ["4711"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await channel.close()


@pytest.mark.parametrize("raw", [{}, {"ts": ""}, {"ts": "drop table"}, {"ts": "٤"}, {"type": "message_new"}])
async def test_begins_with_what_is_new_without_a_note(
    polling: Polling, emulator: VkEmulator, raw: dict[str, str]
) -> None:
    """Without a place that VK can have named, it hears what comes from now on."""
    await emulator.write(ME, "old")
    polling.resume(raw)
    await polling.start()
    await emulator.write(ME, "new")
    assert await polling.inbox.texts(1) == ["new"]


async def test_goes_on_where_it_was(polling: Polling, emulator: VkEmulator) -> None:
    """Each event notes where its poll began; a process that begins there hears that event and all behind it."""
    await polling.start()
    await emulator.write(ME, "1")
    event = await polling.inbox.events.get()
    await polling.stop()
    await emulator.write(ME, "2")
    again = polling.another()
    again.resume(event.raw)
    await again.start()
    assert await again.inbox.texts(2) == ["1", "2"]
    await again.stop()
    await again.api.close()


async def test_a_place_that_vk_has_forgotten(
    polling: Polling, emulator: VkEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Where VK keeps nothing from there on any more, it goes on with what is new, and the log says so."""
    polling.resume({"ts": "4711"})
    await polling.start()
    await emulator.queue.wait_for(2)
    await emulator.write(ME, "new")
    assert await polling.inbox.texts(1) == ["new"]
    assert "has lost its place" in caplog.text
