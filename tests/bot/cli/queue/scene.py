"""A queue with a case of every kind, as a day at the desk leaves it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.domain.keys import Keys
from core.domain.messages import Address, Arrival, TextReceived
from core.services.desk.desk import Desk
from core.storage import tables
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.world import fill, rules

HOUSE = "г. Хабаровск, ул. Калинина, д. 12, кв. 27"
PHONES = [f"+7914123450{number}" for number in range(10)]
ACCOUNTS: Sequence[dict[str, Any]] = [
    {"number": "1234567890", "meters": [{"serial": "12345678", "zones": 2, "t1": 5466, "t2": 2301}]},
    {"number": "1234567891", "meters": [{"serial": "87654321", "t1": 99870}]},
    {"number": "1234567892", "meters": [{"serial": "11112222", "t1": 14200, "verification_due": date(2026, 3, 1)}]},
    {
        "number": "1234567893",
        "meters": [{"serial": "33334444", "zones": 3, "t1": 1000, "t2": 2000, "t3": 3000, "ratio": 30}],
    },
    {"number": "0010334090", "branch": "amur", "meters": [{"serial": "55556666", "t1": 7000}]},
    {"number": "1234567895", "meters": [{"serial": "77778888", "t1": 3000}]},
    {"number": "1234567896", "meters": [{"serial": "99990000", "zones": 2, "t1": 3000, "t2": 1800}]},
    {"number": "1234567897", "meters": [{"serial": "44445555", "zones": 2, "t1": 7100, "t2": 3900}]},
]

BEFORE_EXPORT: Sequence[tuple[int, int, str]] = [
    (26 * 60, 2, "1234567892 11112222 14390"),
    (25 * 60, 4, "0010334090 55556666 7100"),
    (21 * 60, 3, "1234567893 33334444 60000 2100 3050"),
    (20 * 60 + 1, 5, "1234567895 77778888 9000"),
    (5 * 60, 8, "алло"),
    (5 * 60 - 1, 8, "как передать показания"),
    (5 * 60 - 2, 8, "почему не отвечаете"),
    (5 * 60 - 3, 8, "АЛЛО"),
    (5 * 60 - 4, 8, "позвоните мне, ничего не понимаю!!"),
    (3 * 60, 6, "1234567896 99990000 3200 1850"),
]
AFTER_EXPORT: Sequence[tuple[int, int, str]] = [
    (120, 1, "1234567891 87654321 115"),
    (90, 6, "1234567896 99990000 3210 1855"),
    (42, 0, "1234567890 12345678 57780 2542"),
    (40, 0, "1234567890 12345678 57780 2542"),
    (7, 7, "1234567897 44445555 94000 4050"),
]
"""Minutes ago, who, what."""


async def populate(database: Database, clock: FixedClock) -> None:
    """Cases of every kind, opened by the desk itself within the last 26 hours before the clock's time."""
    now = clock.now()
    phones = zip(ACCOUNTS, PHONES, strict=False)
    await database.write(fill([{"address": HOUSE, "phone": phone} | account for account, phone in phones]))
    await database.write(_history)
    await _say(database, clock, now, BEFORE_EXPORT)
    await database.write(_export)
    await _say(database, clock, now, AFTER_EXPORT)
    clock.moment = now
    desk = Desk(database, rules(), clock)
    await database.write(lambda connection: _faults(connection, now - timedelta(minutes=15)))
    clock.moment = now + timedelta(hours=4, seconds=-30)
    await desk.sweep()
    clock.moment = now + timedelta(hours=4)


async def _say(database: Database, clock: FixedClock, now: datetime, messages: Sequence[tuple[int, int, str]]) -> None:
    desk = Desk(database, rules(), clock)
    for minutes, who, body in messages:
        clock.moment = now - timedelta(minutes=minutes)
        sent = TextReceived(
            event_id=f"queue:{minutes}",
            address=Address("sms", PHONES[who]),
            sent_at=clock.moment - timedelta(seconds=4),
            text=body,
        )
        assert await desk.handle([Arrival(sent, clock.moment)]) == [True]


def _history(connection: Connection) -> None:
    """Three months of readings of each meter before the last billed one."""
    for meter in connection.execute(select(tables.meter)).all():
        for ago in (1, 2, 3):
            sent = datetime(2026, 10 - ago, 22, 3, 10, tzinfo=UTC)
            billed = [value for value in (meter.t1, meter.t2, meter.t3) if value is not None]
            values = {f"t{zone}": value - 210 * ago for zone, value in enumerate(billed, 1)}
            row = {"id": meter.id * 100 + ago, "account_id": meter.account_id, "meter_id": meter.id, **values}
            row |= {"period": sent.year * 100 + sent.month, "consumption": 210 * meter.zones * meter.ratio}
            row |= {"status": "exported", "code": "accepted", "channel": "sms", "external_id": PHONES[0]}
            connection.execute(insert(tables.reading).values(row | {"sent_at": sent, "received_at": sent}))


def _export(connection: Connection) -> None:
    accepted = update(tables.reading).where(tables.reading.c.status == "accepted")
    connection.execute(accepted.values(status="exported"))
    connection.execute(update(tables.outbox).values(state="sent"))


def _faults(connection: Connection, at: datetime) -> None:
    """A message that we failed on, and a reply that could not be delivered."""
    keys = Keys()
    reply = connection.execute(select(tables.outbox).where(tables.outbox.c.external_id == PHONES[4])).one()
    row = {"state": "open", "branch": "", "channel": "sms", "external_id": PHONES[9], "opened_at": at}
    failed = {"id": keys.new(at), "kind": "failed_event", "text": "1234567890 12345678 \x1b[31m5778\nночь 2542"}
    undelivered = {"id": keys.new(at), "kind": "undelivered", "event_key": reply.id, "text": reply.text}
    connection.execute(insert(tables.case).values(row | failed))
    connection.execute(insert(tables.case).values(row | undelivered | {"external_id": PHONES[4]}))
