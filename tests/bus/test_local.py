"""The embedded inbox: batches of whatever waits, and an accept that returns with the commit."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from core.bus import local
from core.bus.local import BATCH_LIMIT, LocalInbox
from core.domain.messages import Arrival
from core.ports.channel import NotAccepted
from tests import world

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Desk:
    """Takes batches once its gate is open; refuses events whose text is `no`, raises at `boom`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, batch: Sequence[Arrival]) -> list[bool]:
        texts = [arrival.event.text for arrival in batch]  # type: ignore[attr-defined] # only texts here
        self.batches.append(texts)
        await self.gate.wait()
        if "boom" in texts:
            raise RuntimeError
        return [text != "no" for text in texts]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def inbox(desk: Desk) -> LocalInbox:
    started = LocalInbox(desk)
    started.start()
    return started


def accepting(inbox: LocalInbox, *texts: str) -> asyncio.Task[None]:
    return asyncio.create_task(inbox.accept([world.text(body) for body in texts], NOW))


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the inbox's own turn is waited for, not time
            await asyncio.sleep(0)


async def test_accept_returns_with_the_commit(inbox: LocalInbox, desk: Desk) -> None:
    """Not before: the vendor must not be told that it is safe."""
    desk.gate.clear()
    task = accepting(inbox, "a")
    await settled(lambda: desk.batches == [["a"]])
    assert not task.done()
    desk.gate.set()
    await task
    await inbox.close()


async def test_what_comes_meanwhile_is_the_next_batch(inbox: LocalInbox, desk: Desk) -> None:
    """No timer: the first goes at once, the rest together while it is worked on."""
    desk.gate.clear()
    tasks = [accepting(inbox, "a")]
    await settled(lambda: len(desk.batches) == 1)
    tasks += [accepting(inbox, "b"), accepting(inbox, "c", "d")]
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*tasks)
    assert desk.batches == [["a"], ["b", "c", "d"]]
    await inbox.close()


async def test_batch_has_a_limit(inbox: LocalInbox, desk: Desk) -> None:
    """What is more goes into the batch after, in the order of arrival."""
    await inbox.accept([world.text(str(n)) for n in range(BATCH_LIMIT * 2 + 1)], NOW)
    assert [len(batch) for batch in desk.batches] == [BATCH_LIMIT, BATCH_LIMIT, 1]
    assert [text for batch in desk.batches for text in batch] == [str(n) for n in range(BATCH_LIMIT * 2 + 1)]
    await inbox.close()


async def test_refused_event_hurts_its_own_delivery_only(inbox: LocalInbox, desk: Desk) -> None:
    """A delivery is accepted when all its events are durable."""
    results = await asyncio.gather(
        accepting(inbox, "a"), accepting(inbox, "b", "no"), accepting(inbox, "c"), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), NotAccepted, type(None)]
    await inbox.close()


async def test_desk_that_raises_is_no_end(inbox: LocalInbox, desk: Desk) -> None:
    """Nothing of that batch is known to be durable; the next is handled."""
    with pytest.raises(NotAccepted):
        await accepting(inbox, "boom")
    await accepting(inbox, "a")
    await inbox.close()


async def test_vendor_that_hangs_up_changes_nothing(inbox: LocalInbox, desk: Desk) -> None:
    """His event is handled all the same, and the others get their answers."""
    desk.gate.clear()
    gone, other = accepting(inbox, "a"), accepting(inbox, "b")
    await settled(lambda: desk.batches == [["a", "b"]])
    gone.cancel()
    await asyncio.sleep(0)
    desk.gate.set()
    await other
    assert gone.cancelled()
    await accepting(inbox, "c")
    await inbox.close()


async def test_full_inbox_asks_for_redelivery(inbox: LocalInbox, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better that the vendor tries again than that everybody waits."""
    monkeypatch.setattr(local, "QUEUE_LIMIT", 2)
    desk.gate.clear()
    tasks = [accepting(inbox, "a")]
    await settled(lambda: len(desk.batches) == 1)
    tasks += [accepting(inbox, "b"), accepting(inbox, "c")]
    await asyncio.sleep(0)
    with pytest.raises(NotAccepted):
        await accepting(inbox, "d")
    desk.gate.set()
    await asyncio.gather(*tasks)
    await inbox.close()


async def test_close_finishes_what_waits_and_takes_no_more(inbox: LocalInbox, desk: Desk) -> None:
    """A stop loses nothing that was taken."""
    desk.gate.clear()
    tasks = [accepting(inbox, "a")]
    await settled(lambda: len(desk.batches) == 1)
    tasks.append(accepting(inbox, "b"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(inbox.close())
    await asyncio.sleep(0)
    with pytest.raises(NotAccepted):
        await accepting(inbox, "c")
    desk.gate.set()
    await asyncio.gather(*tasks, closing)
    assert desk.batches == [["a"], ["b"]]


async def test_close_is_harmless_when_idle(inbox: LocalInbox) -> None:
    """Nothing waits, and it may be called twice."""
    await asyncio.gather(inbox.close(), inbox.close())
    await inbox.close()


async def test_nothing_to_accept_is_accepted(inbox: LocalInbox, desk: Desk) -> None:
    """A delivery without events of ours needs no commit."""
    await inbox.accept([], NOW)
    await inbox.close()
    assert desk.batches == []
