"""The desk with its database: poison, outages, duplicates, and batches that must not matter."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from core.bus.local import LocalInbox
from core.domain.messages import Address, Arrival, Joined, TextReceived
from core.services.desk import desk as desk_module
from core.services.desk.desk import Desk
from core.services.desk.scene import Policy
from core.storage import store as store_module
from core.storage.database import Database, Job, SqliteDatabase, T, Unavailable, connect
from core.storage.tables import case, event, metadata, outbox, reading
from tests import world
from tests.conftest import FixedClock
from tests.services.desk.talk import ALL, MESSAGES, NOON

ONE, TWO = "2701001101 31002201", "2701001102 31002202"


def arrive(*texts: str, sender: str = world.STRANGER) -> list[Arrival]:
    return world.arrivals([world.text(body, sender) for body in texts], NOON)


async def count(database: Database, table: Any, *where: Any) -> int:
    return await database.read(
        lambda connection: connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    )


@pytest.fixture
async def desk(database: Database, clock: FixedClock) -> Desk:
    await database.write(world.fill([world.ACCOUNTS[name] for name in ("one", "two", "astray")]))
    return Desk(database, world.rules(), clock)


async def test_account_of_an_unknown_branch_fails_alone(desk: Desk, database: Database) -> None:
    """It is answered and becomes a case; the others of its batch are handled as if it were not there."""
    batch = arrive(f"{ONE} 5123", "2701001119 31002219 5123", f"{TWO} 5150 2100", "2701001119 31002219 5124")
    assert await desk.handle(batch) == [True] * 4
    assert await count(database, reading) == 2
    assert await count(database, outbox) == 4
    assert await count(database, case, case.c.kind == "failed_event") == 2
    assert await count(database, event, event.c.outcome == "failed") == 2


async def test_whole_batch_of_poison_is_stored(desk: Desk, database: Database) -> None:
    """Two hundred failing events are two hundred cases, and not a stack too deep."""
    assert all(await desk.handle(arrive(*["2701001119 31002219 5123"] * 200)))
    assert await count(database, case, case.c.kind == "failed_event") == 200


async def test_text_that_the_parser_fails_on_fails_alone(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the parser costs one message, not its batch."""
    real = desk_module.read

    def failing(came: TextReceived, received_at: datetime) -> Any:
        if came.text == "boom":
            raise RecursionError
        return real(came, received_at)

    monkeypatch.setattr(desk_module, "read", failing)
    assert await desk.handle(arrive("boom", f"{ONE} 5123")) == [True, True]
    assert await count(database, reading) == 1
    assert await count(database, case, case.c.text == "boom") == 1


async def test_card_number_is_not_kept_by_a_failure(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where answering it fails, nothing of the message is stored."""
    monkeypatch.setattr(desk_module, "decide", _raise)
    assert await desk.handle(arrive("4111111111111111")) == [True]
    assert await count(database, event, event.c.text != "") == 0
    assert await count(database, case, case.c.text != "") == 0


def _raise(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("text", ["Алло\x00", "Алло \ud800", "\udfff\x00"])
async def test_text_that_a_database_refuses_is_buried(desk: Desk, database: Database, text: str) -> None:
    """It is durable one way or the other, so the vendor stops; the rest of the batch is handled."""
    batch = arrive(f"{ONE} 5123", text, f"{TWO} 5150 2100", text)
    assert await desk.handle(batch) == [True] * 4
    assert await desk.handle(batch) == [True] * 4
    assert await count(database, event) == 4
    assert await count(database, outbox) == 4
    assert await count(database, reading) == 2


async def test_event_that_cannot_be_stored_at_all_hurts_nobody_else(desk: Desk, database: Database) -> None:
    """Not even its burial works: only this one is not durable."""
    stuck = TextReceived(event_id="\ud800", address=Address("sms", world.STRANGER), sent_at=NOON, text="Алло")
    batch = [*arrive(f"{ONE} 5123"), Arrival(stuck, NOON), *arrive(f"{TWO} 5150 2100")]
    assert await desk.handle(batch) == [True, False, True]
    assert await count(database, reading) == 2


async def test_event_that_is_no_message_may_come_twice(desk: Desk, database: Database) -> None:
    """Events of every kind are known when they come again."""
    joined = Arrival(Joined(event_id="j:1", address=Address("sms", world.STRANGER), sent_at=NOON), NOON)
    assert await desk.handle([joined]) == [True]
    assert await desk.handle([joined]) == [True]
    assert await count(database, event) == 1


class Failing:
    """A database that cannot work now."""

    def __init__(self, inner: Database, problem: Exception) -> None:
        self.inner, self.problem = inner, problem
        self.tried = 0

    async def write(self, job: Job[T]) -> T:
        self.tried += 1
        raise self.problem

    async def read(self, job: Job[T]) -> T:
        return await self.inner.read(job)

    async def close(self) -> None:
        """Nothing of its own."""


async def test_database_that_cannot_work_stores_nothing(database: Database, clock: FixedClock) -> None:
    """All events are refused at once, without halving the batch, and the vendor delivers them again."""
    failing = Failing(database, Unavailable("stopped"))
    desk = Desk(failing, world.rules(), clock)
    assert await desk.handle(arrive(*["Алло"] * 5)) == [False] * 5
    assert failing.tried == 1
    assert await count(database, event) == 0


async def test_batch_that_fails_half_way_leaves_nothing(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before the database gave up is taken back; the repeat then is the first."""
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_record_deliveries", _fail)
        assert await desk.handle(arrive(f"{ONE} 5123", f"{TWO} 5150 2100")) == [False, False]
    assert await count(database, event) == 0
    assert await desk.handle(arrive(f"{ONE} 5123")) == [True]
    assert await count(database, reading) == 1


def _fail(*_: object) -> None:
    raise OSError("disk full")


async def test_same_event_twice_in_one_batch_and_again(desk: Desk, database: Database) -> None:
    """One event, one reading, one reply, however often a gateway delivers it."""
    (arrival,) = arrive(f"{ONE} 5123")
    assert await desk.handle([arrival, arrival]) == [True, True]
    assert await desk.handle([arrival, *arrive(f"{TWO} 5150 2100"), arrival]) == [True] * 3
    assert await count(database, event) == 2
    assert await count(database, reading) == 2
    assert await count(database, outbox) == 2


async def test_same_id_on_two_channels_is_two_events(desk: Desk, database: Database) -> None:
    """An event's id is its channel's own."""
    sent = [
        TextReceived(event_id="1", address=Address(channel, world.STRANGER), sent_at=NOON, text=f"{ONE} {value}")
        for channel, value in (("sms", 5123), ("console", 5124))
    ]
    for arrival in world.arrivals(sent, NOON):
        assert await desk.handle([arrival]) == [True]
    assert await count(database, event) == 2


async def test_five_hundred_messages_twice_at_once(database: Database, clock: FixedClock) -> None:
    """Each of 500 messages posted twice at the same instant: 500 readings and 500 replies."""
    accounts = [{"number": f"40{n:08}", "meters": [{"serial": f"5{n:07}"}]} for n in range(500)]
    await database.write(world.fill(accounts))
    inbox = LocalInbox(Desk(database, world.rules(), clock).handle)
    inbox.start()
    events = [world.text(f"40{n:08} 5{n:07} 5123", f"+7914{n:07}") for n in range(500)]
    await asyncio.gather(*(inbox.accept([each], NOON) for each in (*events, *events)))
    await inbox.close()
    assert await count(database, reading, reading.c.status == "accepted") == 500
    assert await count(database, outbox) == 500


async def test_policy_of_confirmation_is_the_operators(database: Database, clock: FixedClock) -> None:
    """A `ДА` counts for as long as the configuration says."""
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    desk = Desk(database, world.rules(policy=Policy(confirm=timedelta(hours=2))), clock)
    await desk.handle(arrive(f"{ONE} 7500"))
    clock.advance(hours=2)
    assert await desk.sweep() == 0
    clock.advance(seconds=1)
    assert await desk.sweep() == 1
    assert await desk.sweep() == 0


@pytest.fixture(scope="module")
def reusable(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    path = tmp_path_factory.mktemp("desk") / "meterline.db"
    shutil.copy(sqlite_template, path)
    database = connect(f"sqlite:///{path}")
    assert isinstance(database, SqliteDatabase)
    yield database
    asyncio.run(database.close())


CONVERSATION = st.lists(st.tuples(MESSAGES, st.sampled_from([world.SUBSCRIBER, world.STRANGER])), max_size=8)


@given(CONVERSATION)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_do_not_matter(reusable: SqliteDatabase, messages: list[tuple[str, str]]) -> None:
    """One batch or a batch for each message: the same answers, readings and cases."""
    arrivals = [
        Arrival(world.text(body, sender, NOON + timedelta(seconds=second)), NOON + timedelta(seconds=second))
        for second, (body, sender) in enumerate(messages)
    ]
    together = _outcome(reusable, [arrivals])
    one_by_one = _outcome(reusable, [[arrival] for arrival in arrivals])
    assert together == one_by_one


def _outcome(database: SqliteDatabase, batches: Sequence[Sequence[Arrival]]) -> list[Any]:
    database.write_now(_empty)
    database.write_now(world.fill([world.ACCOUNTS[name] for name in ALL]))
    clock = FixedClock()
    clock.moment = NOON + timedelta(minutes=1)
    handled = Desk(database, world.rules(), clock)

    async def main() -> None:
        for batch in batches:
            await handled.handle(batch)

    asyncio.run(main())
    return database.write_now(_result)


def _empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


def _result(connection: Connection) -> list[Any]:
    columns = [reading.c.t1, reading.c.t2, reading.c.period, reading.c.status, reading.c.code, reading.c.consumption]
    return [
        connection.execute(select(event.c.event_id, event.c.code, event.c.outcome).order_by(event.c.id)).all(),
        connection.execute(select(*columns).order_by(reading.c.id)).all(),
        connection.execute(select(case.c.kind, case.c.state).order_by(case.c.id)).all(),
        connection.execute(select(func.count()).select_from(outbox)).scalar_one(),
    ]


async def test_senders_are_told_what_concerns_them(database: Database, clock: FixedClock) -> None:
    """After a commit the channels with something to send are named; none where nothing is to be said."""
    told: list[frozenset[str]] = []
    desk = Desk(database, world.rules(), clock, nudge=lambda channels: told.append(frozenset(channels)))
    message = arrive("помощь")
    await desk.handle(message)
    await desk.handle(message)
    assert told == [{"sms"}]
