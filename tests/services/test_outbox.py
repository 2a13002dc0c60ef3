"""The dispatcher: at the vendor's pace, patient, and never wrong about what was sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from structlog.testing import capture_logs

from core.domain.messages import Capabilities, Outbound, Receipt, TextUnit
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from core.services import outbox as outbox_module
from core.services.outbox import LONGEST_WAIT, MISCONFIGURED_WAIT, Dispatcher, backoff
from core.storage.database import Database, Job, T, Unavailable
from core.storage.outbox import claim
from core.storage.tables import case, outbox
from tests.conftest import FixedClock

Step = Exception | str | Callable[[Outbound], Any]


class Scripted:
    """A channel that does what it is told, send after send; then it takes everything."""

    name = "sms"

    def __init__(self, clock: FixedClock, *script: Step, is_idempotent: bool = False) -> None:
        self.capabilities = Capabilities(
            text_limit=2, text_unit=TextUnit.SEGMENTS, idempotent_send=is_idempotent, delivery_reports=True
        )
        self.script = list(script)
        self.tried: list[tuple[str, float]] = []
        self._clock, self._begun = clock, clock.moment

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, outbound: Outbound) -> Receipt:
        self.tried.append((outbound.idempotency_key, (self._clock.moment - self._begun).total_seconds()))
        step = self.script.pop(0) if self.script else f"v{outbound.idempotency_key}"
        if isinstance(step, Exception):
            raise step
        if callable(step):
            await step(outbound)
            return Receipt("called")
        return Receipt(step)

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.tried]


class Bench:
    """A dispatcher over a database, with a clock that its sleep moves on."""

    def __init__(
        self,
        database: Database,
        clock: FixedClock,
        channel: Scripted,
        *,
        per_second: float = 10,
        per_address_seconds: float = 0,
    ) -> None:
        self.database, self.clock, self.channel = database, clock, channel
        self.slept: list[float] = []
        self.chance = 1.0
        self.dispatcher = Dispatcher(
            database,
            channel,
            clock,
            per_second=per_second,
            per_address_seconds=per_address_seconds,
            sleep=self._sleep,
            chance=lambda: self.chance,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    async def round(self) -> int:
        """Take what is due, and let it end."""
        taken = await self.dispatcher.send_due()
        await self.dispatcher.drain(5)
        return taken

    async def put(self, *keys: int, **columns: Any) -> None:
        now = self.clock.moment
        rows = [
            {
                "id": key,
                "channel": "sms",
                "external_id": f"+7914{key:07}",
                "priority": 0,
                "text": f"Принято {key}",
                "state": "queued",
                "attempts": 0,
                "created_at": now,
                "due_at": now,
                "expires_at": now + timedelta(days=3),
            }
            | columns
            for key in keys
        ]
        await self.database.write(lambda connection: connection.execute(insert(outbox), rows))

    async def rows(self) -> Sequence[Any]:
        return await self.database.read(
            lambda connection: connection.execute(select(outbox).order_by(outbox.c.id)).all()
        )

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def cases(self) -> list[int]:
        return await self.database.read(
            lambda connection: list(connection.execute(select(case.c.event_key).order_by(case.c.event_key)).scalars())
        )


@pytest.fixture
def bench(database: Database, clock: FixedClock) -> Callable[..., Bench]:
    def build(*script: Step, is_idempotent: bool = False, **paces: float) -> Bench:
        return Bench(database, clock, Scripted(clock, *script, is_idempotent=is_idempotent), **paces)

    return build


@pytest.fixture(autouse=True)
def logs() -> Any:
    with capture_logs() as entries:
        yield entries


async def test_reply_is_sent_once(bench: Callable[..., Bench]) -> None:
    """With the row's key as the idempotency key; the vendor's name for it is kept."""
    it = bench()
    await it.put(7)
    assert [await it.round(), await it.round()] == [1, 0]
    (row,) = await it.rows()
    assert (row.state, row.vendor_id, row.attempts) == ("sent", "v7", 1)
    assert it.channel.keys == ["7"]


async def test_vendors_pace_is_kept(bench: Callable[..., Bench]) -> None:
    """Four a second are a quarter of a second apart, across rounds too."""
    it = bench(per_second=4)
    await it.put(*range(1, 21))
    while await it.round():
        pass
    moments = [moment for _, moment in it.channel.tried]
    assert [later - earlier for earlier, later in pairwise(moments)] == [0.25] * 19


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 2.5, 5), (2, 5, 10), (3, 10, 20), (4, 20, 40), (8, 320, 640), (9, 450, 900), (50, 450, 900)],
)
def test_waits_grow_and_are_random(attempts: int, least: float, most: float) -> None:
    """Doubling up to a quarter of an hour, of which a random half."""
    assert (backoff(attempts, 0.0), backoff(attempts, 1.0)) == (least, most)
    assert least < backoff(attempts, 0.3) < most <= LONGEST_WAIT


async def test_unavailable_vendor_is_tried_again_later_and_later(bench: Callable[..., Bench]) -> None:
    """Each attempt counts; chance decides where in its half the wait lies."""
    it = bench(*[TemporarilyUnavailable("busy")] * 4)
    await it.put(1)
    waits = []
    for it.chance in (1.0, 0.0, 1.0, 0.5):
        before = it.clock.moment
        assert await it.round() == 1
        (row,) = await it.rows()
        assert (row.state, row.error) == ("queued", "TemporarilyUnavailable: busy")
        waits.append(round((row.due_at - before).total_seconds()))
        assert await it.round() == 0
        it.clock.moment = row.due_at
    assert waits == [5, 5, 20, 30]
    assert await it.round() == 1
    (row,) = await it.rows()
    assert (row.state, row.attempts, row.error) == ("sent", 5, "")


async def test_rate_limit_pauses_the_whole_channel(bench: Callable[..., Bench]) -> None:
    """Nothing goes out for as long as the vendor says, and no attempt counts against a message."""
    it = bench("v1", RateLimited(30, "slow down"))
    await it.put(*range(1, 6))
    while len(it.channel.tried) < 6:
        await it.round()
    assert it.channel.keys[:2] == ["1", "2"]
    assert it.slept.count(30) == 1
    assert it.channel.tried[2][1] - it.channel.tried[1][1] >= 30
    assert await it.states() == ["sent"] * 5
    assert [row.attempts for row in await it.rows()] == [1] * 5


async def test_what_a_pause_overtakes_is_queued_meanwhile(bench: Callable[..., Bench]) -> None:
    """Were the service killed in the pause, the rows would not be taken for sent."""
    it = bench(RateLimited(3600))
    await it.put(1, 2, 3)
    await it.round()
    assert await it.states() == ["queued"] * 3
    assert [row.attempts for row in await it.rows()] == [0, 0, 0]


async def test_wrong_password_loses_nothing(bench: Callable[..., Bench], logs: list[Any]) -> None:
    """Staff must act; we ask once a minute and say so, and no message dies of it."""
    it = bench(*[Misconfigured("wrong password")] * 3)
    await it.put(1, 2)
    for _ in range(8):
        await it.round()
        it.clock.advance(seconds=MISCONFIGURED_WAIT)
    assert await it.states() == ["sent", "sent"]
    assert it.slept.count(MISCONFIGURED_WAIT) == 3
    assert [entry["event"] for entry in logs].count("channel_misconfigured") == 3
    assert await it.cases() == []


@pytest.mark.parametrize(
    ("failure", "is_idempotent", "state"),
    [
        (OutcomeUnknown("connection reset"), False, "unknown"),
        (OutcomeUnknown("connection reset"), True, "queued"),
        (RuntimeError("our mistake"), False, "unknown"),
        (RuntimeError("our mistake"), True, "queued"),
        (ContentRejected("17", "spam"), False, "dead"),
        (RecipientUnavailable("blocked"), True, "unreachable"),
        (UnsupportedContent("too long"), False, "dead"),
    ],
)
async def test_failure_decides_what_becomes_of_the_message(
    bench: Callable[..., Bench], failure: Exception, state: str, *, is_idempotent: bool
) -> None:
    """What may have been taken is not sent twice; what is refused for good becomes a case."""
    it = bench(failure, is_idempotent=is_idempotent)
    await it.put(1)
    await it.round()
    assert await it.states() == [state]
    assert await it.cases() == ([1] if state == "dead" else [])
    it.clock.advance(hours=1)
    await it.round()
    assert len(it.channel.tried) == (2 if state == "queued" else 1)


async def test_vendor_that_never_answers_has_an_unknown_outcome(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send does not hang for ever."""
    monkeypatch.setattr(outbox_module, "SEND_SECONDS", 0)
    it = bench(_hang)
    await it.put(1)
    await it.round()
    assert await it.states() == ["unknown"]


async def _hang(_: Outbound) -> None:
    await asyncio.get_running_loop().create_future()


async def test_one_failure_does_not_hold_up_the_others(bench: Callable[..., Bench]) -> None:
    """Eight are under way at a time, each with its own fate."""
    it = bench("v", TemporarilyUnavailable(), ContentRejected("1"), OutcomeUnknown(), "v", TemporarilyUnavailable())
    await it.put(*range(1, 13))
    while await it.round():
        pass
    assert await it.states() == ["sent", "queued", "dead", "unknown", "sent", "queued", *["sent"] * 6]


async def test_answer_that_waited_too_long_is_not_sent(bench: Callable[..., Bench]) -> None:
    """After three days it only puzzles; somebody should know, though."""
    it = bench()
    await it.put(1)
    await it.put(2, expires_at=it.clock.moment)
    await it.round()
    assert await it.states() == ["sent", "expired"]
    assert it.channel.keys == ["1"]
    assert await it.cases() == [2]


async def test_outage_of_the_vendor_ends_in_expiry(bench: Callable[..., Bench]) -> None:
    """A message is tried for as long as it makes sense, and then becomes a case."""
    it = bench(*[TemporarilyUnavailable("down")] * 1000)
    await it.put(1)
    for _ in range(1000):
        await it.round()
        (row,) = await it.rows()
        if row.state != "queued":
            break
        it.clock.moment = row.due_at
    assert row.state == "expired"
    assert 100 < len(it.channel.tried) < 1000
    assert await it.cases() == [1]


@pytest.mark.parametrize(("is_idempotent", "state"), [(False, "unknown"), (True, "sent")])
async def test_start_after_a_crash(bench: Callable[..., Bench], state: str, *, is_idempotent: bool) -> None:
    """What was being sent goes out again only where the vendor recognises a repeat."""
    it = bench(is_idempotent=is_idempotent)
    await it.put(1, 2)
    await it.database.write(lambda connection: claim(connection, "sms", 1, it.clock.moment))
    async with running(it):
        await until(it, lambda states: "queued" not in states and "sending" not in states)
    assert await it.states() == [state, "sent"]


@asynccontextmanager
async def running(it: Bench) -> AsyncIterator[None]:
    task = asyncio.create_task(it.dispatcher.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await it.dispatcher.drain(5)


async def until(it: Bench, is_so: Callable[[list[str]], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so(await it.states()):
            it.dispatcher.wake()
            await asyncio.sleep(0)


async def test_woken_dispatcher_sends_at_once(bench: Callable[..., Bench]) -> None:
    """A reply waits for no timer."""
    it = bench()
    async with running(it):
        await until(it, lambda states: states == [])
        await it.put(1)
        it.dispatcher.wake()
        await until(it, lambda states: states == ["sent"])


async def test_stop_gives_back_what_was_not_begun(bench: Callable[..., Bench]) -> None:
    """A stop in the middle of a paced batch: what is under way ends, the rest is queued as if never taken."""
    it = bench()
    await it.put(1, 2, 3)
    begun = asyncio.Event()

    async def pace(seconds: float) -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    it.dispatcher._sleep = pace
    async with running(it):
        await begun.wait()
    assert await it.states() == ["sent", "queued", "queued"]
    assert [row.attempts for row in await it.rows()] == [1, 0, 0]


class Gated:
    """A database whose writes wait at a gate, or fail."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.failures: list[Exception] = []

    async def write(self, job: Job[T]) -> T:
        result = await self._run(job)
        self.entered.set()
        await self.gate.wait()
        return result

    async def _run(self, job: Job[T]) -> T:
        if self.failures:
            raise self.failures.pop(0)
        return await self.inner.write(job)

    async def read(self, job: Job[T]) -> T:
        return await self.inner.read(job)

    async def close(self) -> None:
        """The other one is closed by its fixture."""


async def test_stop_while_rows_are_being_taken_loses_none(database: Database, clock: FixedClock) -> None:
    """The database has marked them already when the stop comes: they go back."""
    gated = Gated(database)
    it = Bench(gated, clock, Scripted(clock))
    await it.put(1, 2)
    gated.gate.clear()
    gated.entered.clear()
    taking = asyncio.create_task(it.dispatcher.send_due())
    await gated.entered.wait()
    taking.cancel()
    await asyncio.sleep(0)
    gated.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await it.dispatcher.drain(5)
    assert await it.states() == ["queued", "queued"]
    assert it.channel.tried == []


async def test_stop_while_outcomes_are_written_opens_one_case(database: Database, clock: FixedClock) -> None:
    """What is written is not written again."""
    gated = Gated(database)
    it = Bench(gated, clock, Scripted(clock, ContentRejected("1")))
    await it.put(1)
    await it.dispatcher.send_due()
    await asyncio.sleep(0)
    gated.gate.clear()
    gated.entered.clear()
    flushing = asyncio.create_task(it.dispatcher.send_due())
    await gated.entered.wait()
    flushing.cancel()
    await asyncio.sleep(0)
    gated.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    await it.dispatcher.drain(5)
    assert await it.states() == ["dead"]
    assert await it.cases() == [1]


async def test_outcome_survives_a_database_that_is_down(database: Database, clock: FixedClock) -> None:
    """It is known and not forgotten: the next write has it, and nothing is sent twice."""
    gated = Gated(database)
    it = Bench(gated, clock, Scripted(clock))
    await it.put(1)
    await it.dispatcher.send_due()
    gated.failures = [Unavailable("down"), Unavailable("down")]
    with pytest.raises(Unavailable):
        await it.dispatcher.drain(5)
    with pytest.raises(Unavailable):
        await it.dispatcher.send_due()
    assert await it.states() == ["sending"]
    assert await it.round() == 0
    assert await it.states() == ["sent"]
    assert it.channel.keys == ["1"]


async def test_database_that_is_down_stops_only_the_moment(database: Database, clock: FixedClock) -> None:
    """The dispatcher waits and goes on, from its first step to its last."""
    gated = Gated(database)
    it = Bench(gated, clock, Scripted(clock))
    await it.put(1, 2, 3)
    gated.failures = [Unavailable("down") for _ in range(5)]
    async with running(it):
        await until(it, lambda states: states == ["sent"] * 3)
    assert it.channel.keys == ["1", "2", "3"]


async def test_dispatcher_begun_again_knows_what_is_under_way(database: Database, clock: FixedClock) -> None:
    """A fault of ours is no crash: what is being sent is not taken for interrupted."""
    gated = Gated(database)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(_: Outbound) -> None:
        begun.set()
        await ended.wait()

    it = Bench(gated, clock, Scripted(clock, slow))
    await it.put(1)
    first = asyncio.create_task(it.dispatcher.run())
    await begun.wait()
    gated.failures = [RuntimeError("ours")]
    it.dispatcher.wake()
    with pytest.raises(RuntimeError, match="ours"):
        await first
    await it.put(2)
    async with running(it):
        await until(it, lambda states: states[1] == "sent")
        ended.set()
        await until(it, lambda states: states[0] != "sending")
    assert await it.states() == ["sent", "sent"]
    assert it.channel.keys == ["1", "2"]


async def test_drain_waits_for_what_is_under_way(bench: Callable[..., Bench]) -> None:
    """A stop gives the vendor time to answer."""
    answer = asyncio.Event()

    async def slow(_: Outbound) -> None:
        await answer.wait()

    it = bench(slow)
    await it.put(1)
    await it.dispatcher.send_due()
    draining = asyncio.create_task(it.dispatcher.drain(30))
    await asyncio.sleep(0)
    answer.set()
    await draining
    assert await it.states() == ["sent"]


async def test_drain_cuts_off_what_takes_too_long(bench: Callable[..., Bench]) -> None:
    """It stays `sending`, and the next start knows that its outcome is not."""
    it = bench(_hang)
    await it.put(1, 2)
    await it.dispatcher.send_due()
    await it.dispatcher.drain(0)
    assert await it.states() == ["sending", "sent"]


async def test_delivery_report_may_come_before_the_outcome(bench: Callable[..., Bench]) -> None:
    """A gateway may be faster than our own book-keeping."""

    async def delivered(outbound: Outbound) -> None:
        def job(connection: Connection) -> None:
            connection.execute(
                update(outbox).where(outbox.c.id == int(outbound.idempotency_key)).values(state="delivered")
            )

        await it.database.write(job)

    it = bench(delivered)
    await it.put(1)
    await it.round()
    assert await it.states() == ["delivered"]


@pytest.mark.parametrize(("per_second", "ahead"), [(1, 1), (2, 1), (10, 5), (30, 6), (1000, 6)])
async def test_replies_overtake_a_broadcast(bench: Callable[..., Bench], per_second: float, ahead: int) -> None:
    """An announcement to thousands holds up the one who asks for half a second, or for one message."""
    it = bench(per_second=per_second)
    await it.put(*range(1, 31), priority=1)
    await it.round()
    await it.put(99)
    await it.round()
    assert it.channel.keys.index("99") == ahead


async def test_broadcasts_to_a_slow_vendor_leave_room_for_replies(bench: Callable[..., Bench]) -> None:
    """A vendor that takes half a minute for each has two sends free for those who ask."""
    answer = asyncio.Event()

    async def slow(_: Outbound) -> None:
        await answer.wait()

    it = bench(*[slow] * 30, per_second=30)
    await it.put(*range(1, 31), priority=1)
    while await it.dispatcher.send_due():
        pass
    assert len(it.channel.keys) == 6
    await it.put(98, 99)
    assert await it.dispatcher.send_due() == 2
    assert it.channel.keys[6:] == ["98", "99"]
    answer.set()
    await it.dispatcher.drain(5)
    while await it.round():
        pass
    assert await it.states() == ["sent"] * 32


@pytest.mark.parametrize("failure", [ContentRejected("17"), RecipientUnavailable("blocked")])
async def test_broadcast_that_cannot_be_delivered_is_no_case(bench: Callable[..., Bench], failure: Exception) -> None:
    """Nobody waits for it; a moderator has enough to do without a hundred thousand of them."""
    it = bench(failure)
    await it.put(1, 2, priority=1)
    await it.put(3, priority=1, expires_at=it.clock.moment)
    await it.round()
    assert await it.states() == ["dead" if isinstance(failure, ContentRejected) else "unreachable", "sent", "expired"]
    assert await it.cases() == []


async def test_one_address_gets_one_message_a_second(bench: Callable[..., Bench]) -> None:
    """Where the vendor wants it so; in order, while others are served meanwhile, and without an attempt that counts."""
    it = bench(per_second=10, per_address_seconds=1)
    await it.put(1, 2, 3, external_id="chat")
    await it.put(4, 5)
    while len(it.channel.keys) < 5:
        if not await it.round():
            await it._sleep(0.1)
    assert it.channel.keys == ["1", "4", "5", "2", "3"]
    moments = dict(it.channel.tried)
    assert moments["2"] - moments["1"] >= 1
    assert moments["3"] - moments["2"] >= 1
    assert (moments["3"], moments["5"]) < (2.5, 0.3)
    await it.round()
    assert [row.attempts for row in await it.rows()] == [1] * 5


async def test_second_message_waits_for_the_first_to_arrive(bench: Callable[..., Bench]) -> None:
    """Two under way at a time might reach the vendor at once, and in any order."""
    answer = asyncio.Event()

    async def slow(_: Outbound) -> None:
        await answer.wait()

    it = bench(slow, per_address_seconds=1)
    await it.put(1, 2, external_id="chat")
    for _ in range(5):
        await it.dispatcher.send_due()
        it.clock.advance(seconds=2)
    assert it.channel.keys == ["1"]
    answer.set()
    await it.round()
    it.clock.advance(seconds=2)
    await it.round()
    assert it.channel.keys == ["1", "2"]


async def test_other_channels_rows_are_left_alone(bench: Callable[..., Bench]) -> None:
    """Each channel has a dispatcher of its own."""
    it = bench()
    await it.put(1, channel="viber")
    assert await it.round() == 0
    assert await it.states() == ["queued"]
