"""Pictures that wait, through the real desk and both databases: each is answered once, whatever happens meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from structlog.testing import capture_logs

from core.domain.messages import Address, Arrival, Capabilities, Event, PhotoReceived, TextReceived, TextUnit
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    NotAccepted,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)
from core.services.desk.desk import Desk
from core.services.photos import Photos
from core.services.photos.worker import WAITS
from core.storage.database import Database, Unavailable
from core.storage.tables import case, event, outbox
from tests import world
from tests.conftest import FixedClock

CHAT = Capabilities(text_limit=4096, text_unit=TextUnit.UTF16, button_rows=10, buttons_per_row=5, label_limit=40)
WHO = Address("telegram", "700100200")
BILL = b"ST00012|Name=PJSC|PersAcc=2701001101"


class Vendor:
    """Keeps pictures; each call of `fetch` gives or raises the next of what is scripted, else the picture."""

    def __init__(self) -> None:
        self.script: list[Exception | bytes] = []
        self.asked: list[str] = []
        self.called = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def fetch(self, photo: str) -> bytes:
        self.asked.append(photo)
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        found = self.script.pop(0) if self.script else BILL
        if isinstance(found, Exception):
            raise found
        return found


class Bench:
    """A desk, a vendor, and photos between them; a picture holds but the payload of its code."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        rules = world.rules()
        capabilities = {**rules.capabilities, "telegram": CHAT}
        rules = replace(rules, capabilities=capabilities, reads_photos=frozenset({"telegram"}))
        self.database, self.clock, self.vendor = database, clock, Vendor()
        self.refusals, self.waited, self.nudges = 0, list[float](), 0
        self.desk = Desk(database, rules, clock, look=self._nudge)
        self.photos = self.start()

    def start(self) -> Photos:
        """As after the service's start."""
        return Photos(
            self.database, {"telegram": self.vendor}, self._accept, self.clock, scan=self._scan, sleep=self._sleep
        )

    async def hear(self, *events: Event) -> None:
        assert all(await self.desk.handle([Arrival(each, self.clock.now()) for each in events]))

    async def photo(self, event_id: str = "7:1", caption: str = "") -> None:
        sent_at = self.clock.now()
        await self.hear(
            PhotoReceived(event_id=event_id, address=WHO, sent_at=sent_at, photo=f"file{event_id}", caption=caption)
        )

    async def look(self) -> None:
        """Look at all that waits, to the end."""
        await asyncio.gather(*await self.photos.begin())

    async def codes(self) -> dict[str, str]:
        """What became of each event."""
        rows = await self._rows(select(event.c.event_id, event.c.code).order_by(event.c.id))
        return dict(map(tuple, rows))

    async def replies(self) -> list[str]:
        return [row.text for row in await self._rows(select(outbox.c.text).order_by(outbox.c.id))]

    async def cases(self) -> list[str]:
        return [row.photo for row in await self._rows(select(case.c.photo).order_by(case.c.id))]

    async def _rows(self, query: Any) -> Sequence[Any]:
        return await self.database.read(lambda connection: connection.execute(query).all())

    async def _accept(self, events: Sequence[Event]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotAccepted
        await self.hear(*events)

    async def _scan(self, picture: bytes) -> list[bytes]:
        return [picture] if picture else []

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await asyncio.sleep(0)

    def _nudge(self) -> None:
        self.nudges += 1


@pytest.fixture
async def bench(database: Database, clock: FixedClock) -> Bench:
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    return Bench(database, clock)


async def test_a_bill_in_a_picture(bench: Bench) -> None:
    """The picture is acknowledged without an answer, somebody is told that it waits, and the bill is answered."""
    await bench.photo()
    assert bench.nudges == 1
    assert await bench.replies() == []
    await bench.look()
    assert await bench.codes() == {"7:1": "photo_waits", "photo:7:1": "link"}
    (reply,) = await bench.replies()
    assert "*1101" in reply
    assert await bench.cases() == []


async def test_no_bill_in_a_picture(bench: Bench) -> None:
    """A person gets it, with what stood below it."""
    bench.vendor.script = [b""]
    await bench.photo(caption="вот счётчик")
    await bench.look()
    assert await bench.codes() == {"7:1": "photo_waits", "photo:7:1": "photo"}
    assert await bench.cases() == ["file7:1"]
    assert len(await bench.replies()) == 1


async def test_looked_at_once(bench: Bench) -> None:
    """What is answered does not wait any more, neither now nor after a start; nor what is under way."""
    await bench.photo()
    bench.vendor.gate = asyncio.Event()
    first = await bench.photos.begin()
    assert await bench.photos.begin() == first
    bench.vendor.gate.set()
    await asyncio.gather(*first)
    assert await bench.photos.begin() == []
    bench.photos = bench.start()
    assert await bench.photos.begin() == []
    assert bench.vendor.asked == ["file7:1"]


@pytest.mark.parametrize("stage", ["fetching", "accepting"])
async def test_a_stop_in_the_middle(bench: Bench, stage: str) -> None:
    """What a stop or a crash cuts off is looked at after the next start, and answered once."""
    await bench.photo()
    if stage == "fetching":
        bench.vendor.gate = asyncio.Event()
    (task,) = await bench.photos.begin()
    if stage == "accepting":
        # It was accepted, and we die before we know.
        await asyncio.wait([task])
    else:
        task.cancel()
        await asyncio.wait([task])
        bench.vendor.gate = None
    bench.photos = bench.start()
    await bench.look()
    assert await bench.codes() == {"7:1": "photo_waits", "photo:7:1": "link"}
    assert len(await bench.replies()) == 1


async def test_two_processes(bench: Bench) -> None:
    """Two that look at the same picture at the same time give one answer."""
    await bench.photo()
    bench.vendor.gate = asyncio.Event()
    tasks = [*await bench.photos.begin(), *await bench.start().begin()]
    bench.vendor.gate.set()
    await asyncio.gather(*tasks)
    assert len(bench.vendor.asked) == 2
    assert len(await bench.replies()) == 1


@pytest.mark.parametrize(
    "failure",
    [TemporarilyUnavailable(), OutcomeUnknown(), RateLimited(7), Misconfigured(), TimeoutError()],
    ids=lambda failure: type(failure).__name__,
)
async def test_fetched_later(bench: Bench, failure: Exception) -> None:
    """What may be had later is asked for again, after growing waits."""
    bench.vendor.script = [failure] * len(WAITS)
    await bench.photo()
    with capture_logs():
        await bench.look()
    assert (await bench.codes())["photo:7:1"] == "link"
    assert bench.waited == list(WAITS)


@pytest.mark.parametrize(
    ("failures", "calls"), [([ContentRejected("404")], 1), ([TemporarilyUnavailable()] * 9, len(WAITS) + 1)]
)
async def test_never_fetched(bench: Bench, failures: list[SendFailure], calls: int) -> None:
    """What cannot be had is a person's, at once where it is gone for good."""
    bench.vendor.script = list(failures)
    await bench.photo()
    with capture_logs() as logs:
        await bench.look()
    assert (await bench.codes())["photo:7:1"] == "photo"
    assert await bench.cases() == ["file7:1"]
    assert len(bench.vendor.asked) == calls
    assert "file7:1" not in str(logs)


async def test_a_mistake_of_ours(bench: Bench) -> None:
    """It is logged, and costs the subscriber no answer."""
    bench.vendor.script = [RuntimeError("a mistake")]
    await bench.photo()
    with capture_logs() as logs:
        await bench.look()
    assert [entry["event"] for entry in logs] == ["photo_failed"]
    assert (await bench.codes())["photo:7:1"] == "photo"


async def test_the_inbox_refuses(bench: Bench) -> None:
    """What is found is offered until it is taken, and the picture is not fetched again for that."""
    bench.refusals = 3
    await bench.photo()
    await bench.look()
    assert (await bench.codes())["photo:7:1"] == "link"
    assert bench.waited == [WAITS[0]] * 3
    assert len(bench.vendor.asked) == 1


async def test_one_that_hangs_holds_up_no_other(bench: Bench) -> None:
    """Several are looked at at a time, and no more than that."""
    bench.vendor.gate = asyncio.Event()
    for number in range(5):
        await bench.photo(f"7:{number}")
    tasks = await bench.photos.begin()
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(bench.vendor.asked) == 3
    bench.vendor.gate.set()
    await asyncio.gather(*tasks)
    assert len(await bench.replies()) == 5


async def test_who_was_forgotten_meanwhile(bench: Bench) -> None:
    """Nothing is left to fetch, and nobody to answer."""
    await bench.photo()

    def forget(connection: Connection) -> None:
        connection.execute(update(event).values(raw="", text=""))

    await bench.database.write(forget)
    assert await bench.photos.begin() == []


async def test_what_is_looked_at(bench: Bench) -> None:
    """A caption that is a reading is taken as one, and a text is no picture; neither waits."""
    await bench.photo(caption="2701001101 31002201 5123")
    now = bench.clock.now()
    await bench.hear(TextReceived(event_id="7:2", address=WHO, sent_at=now, text="привет"))
    assert await bench.photos.begin() == []
    assert (await bench.codes())["7:1"] == "accepted"


async def test_pictures_of_last_week(bench: Bench) -> None:
    """After a long stop what was left over is answered; what is older than a week nobody waits for."""
    await bench.photo("7:1")
    bench.clock.advance(days=6)
    await bench.photo("7:2")
    bench.clock.advance(days=2)
    bench.photos = bench.start()
    await bench.look()
    assert bench.vendor.asked == ["file7:2"]


async def test_running(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks when it is woken, bears a database that is down, and leaves nothing running when it is stopped."""
    read, downs = bench.database.read, [Unavailable("down")]

    async def sometimes(job: Any) -> Any:
        if downs:
            raise downs.pop()
        return await read(job)

    monkeypatch.setattr(bench.database, "read", sometimes)
    with capture_logs() as logs:
        running = asyncio.create_task(bench.photos.run())
        await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["photos_wait"]
    bench.vendor.gate = asyncio.Event()
    await bench.photo()
    bench.photos.wake()
    async with asyncio.timeout(10):
        await bench.vendor.called.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert await bench.replies() == []
