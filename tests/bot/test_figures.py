"""What is counted, on both databases."""

from datetime import timedelta

from sqlalchemy import Connection, insert

from bot.checkup import clock as check_clock
from core.domain.keys import Keys, first_key
from core.services.desk.desk import Desk
from core.storage.database import PostgresDatabase, SqliteDatabase
from core.storage.statistics import backlog, work
from core.storage.tables import case
from tests.conftest import FixedClock
from tests.world import arrivals, fill, rules, text


async def test_what_waits_and_what_was_done(database: SqliteDatabase | PostgresDatabase, clock: FixedClock) -> None:
    """Messages, readings and replies of a time; what is queued and which cases are open."""
    await database.write(fill([{"number": "1234567890", "meters": [{"serial": "12345678", "t1": 5000}]}]))
    desk = Desk(database, rules(), clock)
    events = [text("1234567890 12345678 5100"), text("help"), text("help")]
    assert await desk.handle(arrivals(events, clock.now())) == [True, True, True]

    def open_case(connection: Connection) -> None:
        row = {"id": Keys().new(clock.now()), "kind": "x10", "state": "open", "channel": "sms", "external_id": "x"}
        connection.execute(insert(case).values(row | {"opened_at": clock.now()}))

    await database.write(open_case)
    waiting = await database.read(backlog)
    assert [(depth.channel, depth.state, depth.count) for depth in waiting.outbox] == [("sms", "queued", 3)]
    assert waiting.outbox[0].oldest == clock.now()
    assert waiting.cases == {"x10": 1}
    since, until = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    done = await database.read(lambda connection: work(connection, since, until))
    assert done.events == (("sms", "handled", "help", 2), ("sms", "handled", "accepted", 1))
    assert done.readings == (("accepted", 1),)
    assert done.replies == (("sms", "queued", 3),)
    before = await database.read(lambda connection: work(connection, since, since))
    assert before.events == before.readings == before.replies == ()


async def test_the_clock_is_compared_with_the_databases(
    database: SqliteDatabase | PostgresDatabase, clock: FixedClock
) -> None:
    """A server has a clock of its own; the clock of this test stands still, so it differs."""
    server = isinstance(database, PostgresDatabase)
    found = await check_clock(database, clock.now(), server=server)
    assert found.verdict == ("fault" if server else "ok")
    assert found.found.startswith("it differs from the database's by" if server else "2026-11-22 02:00:00 UTC")


def test_keys_begin_with_the_time(clock: FixedClock) -> None:
    """A key made at a moment lies between that moment's first key and the next one's."""
    key = Keys().new(clock.now())
    assert first_key(clock.now()) <= key < first_key(clock.now() + timedelta(milliseconds=1))
