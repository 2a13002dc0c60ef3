"""The outbox's rows: who is taken first, and what becomes of them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from core.storage.database import Database
from core.storage.outbox import BROADCAST, REPLY, Queued, Sent, State, claim, record, recover
from core.storage.tables import case, outbox, profile

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_keys = count(1_000)


def row(key: int, **columns: Any) -> dict[str, Any]:
    return {
        "id": key,
        "channel": "sms",
        "external_id": f"+7914{key:07}",
        "priority": REPLY,
        "text": f"Принято {key}",
        "state": "queued",
        "attempts": 0,
        "created_at": NOW,
        "due_at": NOW,
        "expires_at": NOW + timedelta(days=3),
    } | columns


async def put(database: Database, *rows: dict[str, Any]) -> None:
    await database.write(lambda connection: [connection.execute(insert(outbox).values(given)) for given in rows])


async def take(database: Database, limit: int = 10, channel: str = "sms", now: datetime = NOW) -> list[Queued]:
    return await database.write(lambda connection: claim(connection, channel, limit, now))


async def tell(database: Database, *results: Sent, now: datetime = NOW) -> None:
    await database.write(lambda connection: record(connection, results, lambda: next(_keys), now))


async def stored(database: Database) -> dict[int, Any]:
    rows = await database.read(lambda connection: connection.execute(select(outbox)).all())
    return {found.id: found for found in rows}


async def test_replies_go_before_broadcasts_and_older_before_newer(database: Database) -> None:
    """Nobody who asked waits for an announcement to end."""
    await put(
        database,
        row(1, priority=BROADCAST, due_at=NOW - 9 * MINUTE),
        row(2, due_at=NOW),
        row(3, due_at=NOW - MINUTE),
        row(5, due_at=NOW - MINUTE),
        row(4, due_at=NOW - MINUTE),
    )
    assert [taken.id for taken in await take(database)] == [3, 4, 5, 2, 1]


async def test_only_what_is_due_is_taken(database: Database) -> None:
    """Queued, due, of this channel."""
    states = [row(key, state=state.value) for key, state in enumerate(State, 10)]
    await put(database, row(1), row(2, due_at=NOW + timedelta(microseconds=1)), row(3, channel="viber"), *states)
    taken = [found.id for found in await take(database, 20)]
    assert taken == [1, 10 + list(State).index(State.QUEUED)]


async def test_row_is_taken_once(database: Database) -> None:
    """It is `sending` from then on, and the attempt counts."""
    await put(database, row(1), row(2), row(3))
    first, second = await take(database, 2), await take(database, 2)
    assert [taken.id for taken in (*first, *second)] == [1, 2, 3]
    assert [taken.attempts for taken in first] == [1, 1]
    assert {found.state for found in (await stored(database)).values()} == {"sending"}
    assert await take(database) == []


async def test_outcome_is_written_down(database: Database) -> None:
    """Sent, to be tried again, unknown, dead: each as told, and dead ones become cases."""
    await put(database, *(row(key) for key in range(1, 6)))
    taken = await take(database)
    await tell(
        database,
        Sent(taken[0], State.SENT, vendor_id="v" * 300),
        Sent(taken[1], State.QUEUED, error="e" * 500, due_at=NOW + MINUTE),
        Sent(taken[2], State.QUEUED, error="limited", due_at=NOW + MINUTE, counts=False),
        Sent(taken[3], State.UNKNOWN, error="no answer"),
        Sent(taken[4], State.DEAD, error="refused"),
    )
    found = await stored(database)
    assert [found[key].state for key in range(1, 6)] == ["sent", "queued", "queued", "unknown", "dead"]
    assert [found[key].attempts for key in range(1, 6)] == [1, 1, 0, 1, 1]
    assert (found[1].sent_at, len(found[1].vendor_id), found[2].sent_at) == (NOW, 100, None)
    assert (found[2].due_at, len(found[2].error), found[4].due_at) == (NOW + MINUTE, 200, NOW)
    assert await cases(database) == [("undelivered", "open", 5, "Принято 5")]


async def cases(database: Database) -> list[tuple[str, str, int, str]]:
    columns = (case.c.kind, case.c.state, case.c.event_key, case.c.text)
    rows = await database.read(lambda connection: connection.execute(select(*columns)).all())
    return [(found[0], found[1], found[2], found[3]) for found in rows]


async def test_broadcasts_are_taken_as_few_as_asked_for(database: Database) -> None:
    """Replies fill what there is; of the rest no more than the caller can send soon, and none due later."""
    later = row(9, priority=BROADCAST, due_at=NOW + MINUTE)
    await put(database, *(row(key, priority=BROADCAST) for key in range(1, 6)), row(7), row(8), later)

    async def taken(limit: int, broadcasts: int) -> list[int]:
        rows = await database.write(lambda connection: claim(connection, "sms", limit, NOW, broadcasts=broadcasts))
        return [found.id for found in rows]

    assert [await taken(1, 5), await taken(3, 1), await taken(8, 0), await taken(8, 2), await taken(8, 8)] == [
        [7],
        [8, 1],
        [],
        [2, 3],
        [4, 5],
    ]


async def profiles(database: Database) -> dict[str, Any]:
    rows = await database.read(lambda connection: connection.execute(select(profile)).all())
    return {found.external_id: found for found in rows}


async def test_address_that_is_gone_is_closed(database: Database) -> None:
    """Whether we keep something of it or not; when it was closed first stays, and what else is kept."""
    kept = {"channel": "sms", "heard_at": NOW - 9 * MINUTE, "reminders": False, "language": "en"}
    known = [
        {"external_id": f"+7914{key:07}", "closed_at": NOW - MINUTE if key == 3 else None} | kept for key in (2, 3)
    ]
    await database.write(lambda connection: connection.execute(insert(profile), known))
    await put(database, *(row(key) for key in range(1, 5)), row(5, external_id="+79140000001"))
    taken = await take(database)
    gone = [Sent(each, State.UNREACHABLE, error="blocked") for each in taken if each.id != 4]
    await tell(database, *gone, Sent(taken[3], State.SENT))
    found = await profiles(database)
    assert {key: each.closed_at for key, each in found.items()} == {
        "+79140000001": NOW,
        "+79140000002": NOW,
        "+79140000003": NOW - MINUTE,
    }
    assert (found["+79140000002"].heard_at, found["+79140000002"].reminders) == (NOW - 9 * MINUTE, False)
    assert await cases(database) == []


async def test_expired_one_is_a_case_too(database: Database) -> None:
    """Somebody waits for an answer that never came."""
    await put(database, row(1))
    await tell(database, *(Sent(taken, State.EXPIRED) for taken in await take(database)))
    assert await cases(database) == [("undelivered", "open", 1, "Принято 1")]


async def test_delivery_report_that_came_first_stands(database: Database) -> None:
    """A fast gateway reports before we have written down that we sent."""
    await put(database, row(1))
    (taken,) = await take(database)
    await database.write(lambda connection: connection.execute(update(outbox).values(state="delivered")))
    await tell(database, Sent(taken, State.SENT))
    assert (await stored(database))[1].state == "delivered"


@pytest.mark.parametrize(("resend", "expected"), [(True, "queued"), (False, "unknown")])
async def test_interrupted_sends_after_a_crash(database: Database, expected: str, *, resend: bool) -> None:
    """They go out again only where the vendor recognises a repeat; other channels' are left alone."""
    await put(database, row(1), row(2, channel="viber"), row(3, state="sent"))
    await take(database)
    await take(database, channel="viber")

    def job(connection: Connection) -> int:
        return recover(connection, "sms", resend=resend)

    assert await database.write(job) == 1
    assert await database.write(job) == 0
    assert [found.state for _, found in sorted((await stored(database)).items())] == [expected, "sending", "sent"]


async def test_claimed_row_keeps_its_text_out_of_logs(database: Database) -> None:
    """What is printed of it names neither the text nor the whole number."""
    await put(database, row(1))
    (taken,) = await take(database)
    assert "Принято" not in repr(taken)
    assert "+79140000001" not in repr(taken)
