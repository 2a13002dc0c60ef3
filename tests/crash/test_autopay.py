"""The service is killed again and again while it announces and charges: no month is charged twice, and none is lost."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from core.storage.database import Database, connect
from core.storage.tables import account, autopay, autopay_charge, case, link, outbox, payment_order
from tests.crash.banks import Yookassa
from tests.crash.service import ServiceProcess
from tests.crash.test_kill import fill_accounts
from tests.crash.test_payments import configured, until

KILLS = 20
SUBSCRIBERS = 60
MORE = """
[payments.autopay]
enabled = true
[reminders]
quiet = ["00:00", "00:00"]
"""
CARD = "a-stored-card"

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("seed", [20261127])
async def test_sigkill_charges_no_month_twice(database_url: str, tmp_path: Path, seed: int) -> None:
    """Killed 20 times, in the middle of announcing and of the bank's calls: one notice and one charge each."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    database = connect(database_url)
    await database.write(fill_accounts)
    await database.write(_agree)
    bank = Yookassa()
    bank.methods.add(CARD)
    await bank.start()
    service = ServiceProcess(tmp_path, database_url, configured(bank, database_url) + MORE)
    for life in range(KILLS):
        bank.countdown = chance.randint(1, 5) if life > 4 else 0
        bank.struck.clear()
        bank.killed.clear()
        await service.start()
        if life < 5:
            # While it announces, in its first moments.
            await _reached(database, life * 10)
        else:
            await database.write(_hasten)

            async def is_struck() -> bool:
                return bank.struck.is_set() or await _all_paid(database)

            async with asyncio.timeout(60):
                await until(is_struck)
        await service.kill()
        bank.killed.set()
    bank.countdown = 0
    await database.write(_hasten)
    await service.start()
    async with asyncio.timeout(60):
        await until(lambda: _all_paid(database))
    assert await service.stop() == 0
    await bank.stop()
    charged = Counter(kept.object["description"] for kept in bank.payments.values())
    assert len(charged) == SUBSCRIBERS
    assert set(charged.values()) == {1}
    months, told, orders, cases = await database.read(_totals)
    assert set(months.values()) == {1}
    assert len(months) == SUBSCRIBERS
    assert set(told.values()) == {2}, "a notice and the word that it is paid"
    assert set(orders.values()) == {1}
    assert cases == 0
    await database.close()


async def _reached(database: Database, count: int) -> None:
    """Wait until so many charges are announced."""

    async def reached() -> bool:
        return await database.read(lambda c: len(c.execute(select(autopay_charge.c.id)).all())) >= count

    async with asyncio.timeout(30):
        await until(reached)


async def _all_paid(database: Database) -> bool:
    return await _paid(database) == SUBSCRIBERS


async def _paid(database: Database) -> int:
    query = select(autopay_charge.c.id).where(autopay_charge.c.state == "paid")
    return await database.read(lambda connection: len(connection.execute(query).all()))


def _hasten(connection: Connection) -> None:
    """What is announced comes due: the service looks when it starts, and once a minute."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    connection.execute(update(autopay_charge).where(autopay_charge.c.state == "noticed").values(due_at=now))


def _totals(connection: Connection) -> tuple[Counter[int], Counter[str], Counter[int], int]:
    return (
        Counter(connection.execute(select(autopay_charge.c.autopay_id)).scalars()),
        Counter(connection.execute(select(outbox.c.external_id)).scalars()),
        Counter(connection.execute(select(payment_order.c.account_id)).scalars()),
        len(connection.execute(select(case.c.id)).all()),
    )


def _agree(connection: Connection) -> None:
    """Agreements in force whose day is near, on accounts that owe."""
    now = datetime.now(UTC)
    rows = connection.execute(select(account.c.id, account.c.number).order_by(account.c.id).limit(SUBSCRIBERS)).all()
    connection.execute(update(account).values(balance=50_000, balance_date=(now - timedelta(days=40)).date()))
    day = min((now + timedelta(days=1)).day, 28)
    for number, row in enumerate(rows, 1):
        where = {"channel": "sms", "external_id": f"+7914{number:07d}"}
        proof = {"proof": "sms_code", "proved_at": now, "linked_at": now}
        connection.execute(insert(link).values(id=number, account_id=row.id, **where, **proof))
        agreed = {"branch": "khb", "provider": "yookassa", "mode": "billed", "amount": 0, "day": day}
        kept = {"ceiling": 100_000, "state": "active", "language": "ru", "consent": "1", "consent_at": now}
        mine = {"account_id": row.id, "account_number": row.number, "token": CARD, "first_month": 202001}
        connection.execute(insert(autopay).values(id=number, **where, **agreed, **kept, **mine))
