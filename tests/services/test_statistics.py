"""Overview and statistics over rows that were counted by hand, on both databases."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from core.domain.keys import Keys
from core.services.statistics import AFRESH, AT_ONCE, Month, Overview, Share, Statistics, month_bounds
from core.storage import tables
from core.storage.database import Database
from core.storage.statistics import Paid, Reach
from tests.conftest import FixedClock
from tests.storage.statements import counted
from tests.world import AMUR, KHABAROVSK, fill

BRANCHES = {"khb": KHABAROVSK, "amur": AMUR}
# It is 2026-11-22 02:00 UTC: noon in Khabarovsk, 11:00 in Amur; these are the days of their windows, 20 to 25.
# account, channel, status, decided by, when (UTC), period
READINGS = (
    ("1001", "sms", "accepted", "", "2026-11-22T01:59", 202611),
    ("1001", "sms", "superseded", "", "2026-11-22T01:58", 202611),
    ("1002", "sms", "accepted", "subscriber", "2026-11-22T00:10", 202611),
    ("1003", "telegram", "exported", "irina", "2026-11-22T00:20", 202611),
    ("1004", "telegram", "in_review", "", "2026-11-21T23:30", 202611),  # 09:30 today in Khabarovsk
    ("1005", "telegram", "needs_confirmation", "", "2026-11-21T14:30", 202611),  # 00:30 today in Khabarovsk
    ("2001", "vk", "accepted", "", "2026-11-21T14:30", 202611),  # 23:30 yesterday in Amur
    ("2001", "vk", "rejected", "oleg", "2026-11-21T15:00", 202611),  # midnight in Amur: today
    ("2002", "sms", "accepted", "", "2026-10-31T14:59", 202611),  # 23:59 on 31 October in Amur: late, for November
    ("2002", "paper", "withdrawn", "", "2026-10-31T15:00", 202612),  # 1 November in Amur
)
ACCOUNTS = {"1001": "khb", "1002": "khb", "1003": "khb", "1004": "khb", "1005": "khb", "2001": "amur", "2002": "amur"}
# branch, channel, provider, state, kopecks, made (UTC), paid (UTC)
ORDERS = (
    ("khb", "sms", "yookassa", "paid", 10_001, "2026-11-05T00:00", "2026-11-05T00:10"),
    ("khb", "sms", "yookassa", "expired", 5_000, "2026-11-06T00:00", ""),
    ("khb", "sms", "yookassa", "refunded", 2_000, "2026-10-31T13:00", "2026-10-31T14:00"),  # 00:00 on 1 November
    ("khb", "sms", "yookassa", "paid", 9_000, "2026-10-31T13:00", "2026-10-31T13:59"),  # 23:59 in October
    ("amur", "vk", "sberbank", "paid", 7, "2026-11-30T14:00", "2026-11-30T14:59"),  # 23:59 on 30 November
    ("amur", "vk", "sberbank", "paid", 8, "2026-11-30T14:00", "2026-11-30T15:00"),  # December
    ("amur", "", "robokassa", "pending", 8, "2026-11-30T14:00", ""),
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def statistics(database: Database, clock: FixedClock) -> Statistics:
    accounts = [
        {"number": number, "branch": branch, "meters": [{"serial": f"9{number}"}]}
        for number, branch in ACCOUNTS.items()
    ]
    await database.write(fill([*accounts, {"number": "1999", "branch": "khb", "closed_on": clock.now().date()}]))

    def job(connection: Connection) -> None:
        keys = Keys()
        own = select(tables.account.c.number, tables.meter.c.account_id, tables.meter.c.id)
        found = connection.execute(own.join_from(tables.account, tables.meter)).all()
        by_number = {number: (account_id, meter_id) for number, account_id, meter_id in found}
        for number, channel, status, by, at, period in sorted(READINGS, key=lambda row: row[4]):
            account_id, meter_id = by_number[number]
            row = {"account_id": account_id, "meter_id": meter_id, "channel": channel, "status": status}
            when = {"id": keys.new(moment(at)), "sent_at": moment(at), "received_at": moment(at), "period": period}
            rest = {"decided_by": by, "code": "accepted", "external_id": "x", "t1": 5000}
            connection.execute(insert(tables.reading).values(row | when | rest))
        keys = Keys()  # they only grow, and the orders begin earlier
        for branch, channel, provider, state, amount, made, paid in sorted(ORDERS, key=lambda row: row[5]):
            row = {"id": keys.new(moment(made)), "branch": branch, "channel": channel, "provider": provider}
            row |= {"state": state, "amount": amount, "account_id": by_number["1001"][0], "language": "ru"}
            when = {"created_at": moment(made), "expires_at": moment(made)}
            connection.execute(
                insert(tables.payment_order).values(row | when | {"paid_at": moment(paid) if paid else None})
            )

    await database.write(job)
    return Statistics(database, BRANCHES, clock)


def days(found: Overview) -> Mapping[int, Mapping[str, int]]:
    return {day.day.day: dict(day.accepted) for day in found.days if day.accepted}


async def test_overview(statistics: Statistics) -> None:
    """Each reading on the day and at the hour of its branch; what became of today's and of the month's."""
    found = await statistics.overview(BRANCHES)
    assert len(found.days) == 22
    assert [day.day.day for day in found.days if day.inside] == [20, 21, 22]
    assert days(found) == {21: {"vk": 1}, 22: {"sms": 2, "telegram": 1}}
    assert {hour: dict(counts) for hour, counts in enumerate(found.hours) if counts} == {
        10: {"sms": 1, "telegram": 1},
        11: {"sms": 1},
    }
    assert found.today == Share(rules=1, subscriber=1, staff=1, asked=1, review=1, rejected=1, replaced=1)
    assert found.today.automatic == 2 / 5
    assert found.month == found.today._replace(rules=2, replaced=2)


async def test_overview_of_a_branch(statistics: Statistics) -> None:
    """Only its own."""
    found = await statistics.overview(["amur"])
    assert days(found) == {21: {"vk": 1}}
    assert found.today == Share(rejected=1)
    assert found.today.automatic == 0
    assert (await statistics.overview([])).month.automatic is None


async def test_month(statistics: Statistics) -> None:
    """The billing period's readings by branch and channel, coverage, and the calendar month's payments."""
    found = await statistics.month(202611, BRANCHES)
    assert found.readings == {
        ("khb", "sms"): Share(rules=1, subscriber=1, replaced=1),
        ("khb", "telegram"): Share(staff=1, asked=1, review=1),
        ("amur", "vk"): Share(rules=1, rejected=1),
        ("amur", "sms"): Share(rules=1),
    }
    assert found.reach == [Reach("amur", 2, 2), Reach("khb", 3, 5)]
    assert found.paid == [
        Paid("amur", "", "robokassa", made=1, paid=0, amount=0, refunded=0, refunded_amount=0),
        Paid("amur", "vk", "sberbank", made=2, paid=1, amount=7, refunded=0, refunded_amount=0),
        Paid("khb", "sms", "yookassa", made=2, paid=2, amount=12_001, refunded=1, refunded_amount=2_000),
    ]
    december = await statistics.month(202612, ["amur"])
    assert december.readings == {("amur", "paper"): Share(replaced=1)}
    assert [(row.paid, row.amount) for row in december.paid if row.paid] == [(1, 8)]


async def test_what_was_counted_lately_is_not_counted_again(
    statistics: Statistics, database: Database, clock: FixedClock
) -> None:
    """Fifty browsers at once cost as much as one; some seconds later only the end of the day is counted anew."""

    async def cost() -> int:
        with counted(database) as statements:
            await asyncio.gather(*(statistics.overview(BRANCHES) for _ in range(50)))
        return len([sql for sql in statements if sql.startswith("SELECT")])

    everything = await cost()
    assert everything == 11  # readings twice, messages, readings and replies twice, and what waits: three
    assert await cost() == 0
    clock.moment += AT_ONCE
    assert await cost() == 7
    clock.moment += AFRESH
    assert await cost() == everything


async def test_the_past_and_the_rest_meet(statistics: Statistics, clock: FixedClock) -> None:
    """A reading is counted once, whether it has settled or is new; a new one shows at once."""
    before = await statistics.overview(BRANCHES)
    for _ in range(8):
        clock.advance(minutes=4)
        found = await statistics.overview(BRANCHES)
        assert (found.month, days(found)) == (before.month, days(before))


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        (202611, "2026-10-31T14:00", "2026-11-30T14:00"),
        (202612, "2026-11-30T14:00", "2026-12-31T14:00"),
        (202701, "2026-12-31T14:00", "2027-01-31T14:00"),
    ],
)
def test_a_month_begins_and_ends_by_the_branches_clock(period: int, since: str, until: str) -> None:
    """Khabarovsk is ten hours ahead of UTC."""
    assert month_bounds(period, KHABAROVSK.timezone) == (moment(since), moment(until))


async def test_the_same_statements_whatever_there_is(database: Database, clock: FixedClock) -> None:
    """Without any rows: nothing, and no error."""
    statistics = Statistics(database, BRANCHES, clock)
    found: tuple[Overview, Month] = (await statistics.overview(BRANCHES), await statistics.month(202611, BRANCHES))
    assert (found[0].month, days(found[0]), found[1].readings, found[1].reach) == (Share(), {}, {}, [])
    kept: Any = found[1].paid
    assert kept == []
