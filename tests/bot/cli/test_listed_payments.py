"""`payments reconcile` without a file: the provider's own list against our orders, as a timer runs it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Connection, insert, select

from core.acquiring.cloudpayments.emulator import PUBLIC_ID, CloudpaymentsEmulator
from core.acquiring.cloudpayments.emulator import SECRET as API_SECRET
from core.acquiring.emulation import Fault as SharedFault
from core.acquiring.yookassa.emulator import Fault, YookassaEmulator
from core.acquiring.yookassa.emulator.server import SECRET, SHOP
from core.domain.keys import first_key
from core.storage.database import SqliteDatabase
from core.storage.tables import case, payment_attempt, payment_order
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness
from tests.acquiring.yookassa.harness import YookassaHarness
from tests.billing.test_payments import an_order
from tests.bot.cli.test_reconciling import run
from tests.conftest import FixedClock

AMOUNT = 98_705
YESTERDAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""Noon in Moscow on the day that is compared."""
KEY = first_key(YESTERDAY)
"""Orders' keys tell when they were made."""
WORDS = ("payments", "reconcile", "--provider", "yookassa", "--day", "2026-11-22")


def add(config: Path, section: str) -> None:
    config.write_text(config.read_text(encoding="utf-8") + section, encoding="utf-8")


@pytest.fixture
async def shop(clock: FixedClock, billed: Path) -> AsyncIterator[YookassaHarness]:
    """YooKassa, and a configuration that leads there."""
    clock.moment = YESTERDAY
    emulator = YookassaEmulator(clock=clock)
    await emulator.start()
    section = f'[payments.yookassa]\nshop_id = "{SHOP}"\nsecret_key = "{SECRET}"\napi_base = "{emulator.url}/v3"\n'
    add(billed, section)
    harness = YookassaHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()


async def sell(shop: YookassaHarness, number: int, amount: int = AMOUNT) -> str:
    """A payment at YooKassa; its name."""
    opened = await shop.provider.create(shop.invoice(order_id=KEY + number, amount=amount))
    shop.emulator.succeed(opened.provider_id)
    return opened.provider_id


def keep(sqlite: SqliteDatabase, *rows: dict[str, Any]) -> None:
    """Orders of ours; those that were never credited have an attempt that names the payment."""

    def job(connection: Connection) -> None:
        for row in rows:
            attempt = {
                "id": row["id"],
                "order_id": row["id"],
                "number": 1,
                "provider": row["provider"],
                "state": "paid",
            }
            attempt |= {"key": f"k{row['id']}", "provider_id": row["provider_id"], "created_at": YESTERDAY}
            is_paid = row["state"] == "paid"
            values = row if is_paid else row | {"paid_at": None, "provider_id": ""}
            connection.execute(insert(payment_order).values(values))
            connection.execute(insert(payment_attempt).values(attempt if is_paid else attempt | {"state": "pending"}))

    sqlite.write_now(job)
    sqlite.engine.dispose()


def stored(sqlite: SqliteDatabase) -> list[Any]:
    """Every order, attempt and case."""
    tables = (payment_order, payment_attempt, case)
    found = sqlite.write_now(lambda c: [c.execute(select(table)).all() for table in tables])
    sqlite.engine.dispose()
    return found


async def asked(config: Path, clock: FixedClock, *words: str) -> Result:
    """The command, beside the provider's emulator."""
    return await asyncio.to_thread(run, config, clock, *WORDS, *words)


@pytest.fixture
async def differing(shop: YookassaHarness, sqlite: SqliteDatabase, clock: FixedClock) -> dict[str, str]:
    """One of each: by what it is, the payment's name."""
    names = {what: await sell(shop, order) for order, what in enumerate(("agrees", "unpaid", "refund", "unknown"), 1)}
    names |= {"amount": await sell(shop, 5, AMOUNT + 1), "test": await sell(shop, 6), "unread": await sell(shop, 8)}
    names["missing"] = "never-heard-of"
    shop.emulator.refund(names["refund"])
    shop.emulator.payments[names["unknown"]].object["metadata"] = {"basket": "4"}
    shop.emulator.payments[names["test"]].object["test"] = True
    shop.emulator.payments[names["unread"]].object["amount"] = {"value": "a lot", "currency": "RUB"}
    at = clock.now().isoformat()
    rows = [
        an_order(KEY + number, at, provider_id=names[what], state="pending" if what == "unpaid" else "paid")
        for number, what in ((1, "agrees"), (2, "unpaid"), (3, "refund"), (5, "amount"), (6, "test"), (7, "missing"))
    ]
    keep(sqlite, *rows)
    clock.advance(days=1)
    return names


async def test_the_providers_own_list(
    shop: YookassaHarness, differing: dict[str, str], clock: FixedClock, billed: Path, sqlite: SqliteDatabase
) -> None:
    """Each difference as in a file, exit code 1; nothing is changed, and only what was asked for is asked about."""
    before = stored(sqlite)
    result = await asked(billed, clock, "--json")
    assert result.exit_code == 1, result.output
    row = json.loads(result.stdout)
    found = {each["what"]: (each["payment"], each["order"], each["line"]) for each in row["differences"]}
    orders = {"unpaid": 2, "refund": 3, "amount": 5, "test": 6, "missing": 7}
    expected = {what: (differing[what], str(KEY + number), 0) for what, number in orders.items()}
    assert found == expected | {"unknown": (differing["unknown"], "", 0)}
    assert len(row["differences"]) == len(found)
    assert (row["agreed"], row["agreed_amount"]) == (2, "1974.10")
    assert row["unread"] == [{"line": 0, "why": f"{differing['unread']}: the payment cannot be read"}]
    assert (row["columns"], row["asked"]) == ({}, 0)
    assert stored(sqlite) == before
    assert json.loads((await asked(billed, clock, "--json", "--ask")).stdout)["asked"] == 2
    due = select(payment_attempt.c.order_id).where(payment_attempt.c.look_at == clock.now())
    assert sorted(sqlite.write_now(lambda c: c.execute(due).scalars().all())) == [KEY + 2, KEY + 3]
    states = select(payment_order.c.id, payment_order.c.state)
    assert sqlite.write_now(lambda c: dict(map(tuple, c.execute(states)))) == {row.id: row.state for row in before[0]}


async def test_a_list_has_no_lines(differing: dict[str, str], clock: FixedClock, billed: Path) -> None:
    """The table for people has the payments' names, and fits 80 columns."""
    result = await asked(billed, clock)
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert lines[2] == ["what", "payment", "account", "there", "here"]
    assert f"{differing['unread']}: the payment cannot be read" in result.stdout
    assert "line" not in result.stdout
    # What cannot be read may be longer: it is for a search in the cabinet, and not broken.
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80


async def test_a_day_that_agrees(
    shop: YookassaHarness, clock: FixedClock, billed: Path, sqlite: SqliteDatabase
) -> None:
    """One line, exit code 0; `yesterday` is Moscow's, for timers."""
    keep(sqlite, an_order(KEY + 1, clock.now().isoformat(), provider_id=await sell(shop, 1)))
    clock.moment = datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)
    words = ("payments", "reconcile", "--provider", "yookassa", "--day", "yesterday")
    result = await asyncio.to_thread(run, billed, clock, *words)
    assert (result.exit_code, result.stdout) == (0, "1 agree, 987.05 RUB\n"), result.output
    clock.advance(seconds=1)
    assert (await asyncio.to_thread(run, billed, clock, *words)).stdout == "0 agree, 0.00 RUB\n"


async def test_several_days(shop: YookassaHarness, clock: FixedClock, billed: Path, sqlite: SqliteDatabase) -> None:
    """All of them are one comparison."""
    rows = []
    for number in (1, 2, 3):
        rows.append(an_order(KEY + number, clock.now().isoformat(), provider_id=await sell(shop, number)))
        clock.advance(days=1)
    keep(sqlite, *rows)
    result = await asked(billed, clock, "--until", "2026-11-24")
    assert (result.exit_code, result.stdout) == (0, "3 agree, 2961.15 RUB\n"), result.output


async def test_a_test_shop(shop: YookassaHarness, clock: FixedClock, billed: Path, sqlite: SqliteDatabase) -> None:
    """There its own payments count, and real ones are the difference."""
    add(billed, "test = true\n")
    for number in (1, 2):
        keep(sqlite, an_order(KEY + number, clock.now().isoformat(), provider_id=await sell(shop, number)))
    next(iter(shop.emulator.payments.values())).object["test"] = True
    row = json.loads((await asked(billed, clock, "--json")).stdout)
    assert (row["agreed"], [(each["what"], each["order"]) for each in row["differences"]]) == (
        1,
        [("test", str(KEY + 2))],
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.BROKEN, "YooKassa answered HTTP 500"),
        (Fault.LIMITED, "YooKassa is called too often"),
        (Fault.UNAUTHORIZED, "YooKassa does not accept our credentials (HTTP 401)"),
        (Fault.GARBLED, "YooKassa is still at it (HTTP 200)"),
        (Fault.RESET, "the call to YooKassa broke off"),
    ],
)
async def test_a_list_that_fails(
    shop: YookassaHarness, clock: FixedClock, billed: Path, fault: Fault, said: str
) -> None:
    """One line, exit code 2, and nothing is compared: with a part of a list everything would be missing."""
    await sell(shop, 1)
    shop.emulator.faults.append(fault)
    result = await asked(billed, clock, "--ask")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert f"meterline: yookassa gives no list, and nothing was compared: {said}" in result.stderr
    assert SECRET not in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--provider", "sberbank"), "sberbank gives out no list of a day: take the register from its cabinet"),
        (("--provider", "robokassa"), "robokassa gives out no list of a day"),
        (("--provider", "chronopay"), "chronopay gives out no list of a day"),
        (("--provider", "template"), "template gives out no list of a day"),
        (("--provider", "yookassa"), "asking yookassa needs the keys of [payments.yookassa]"),
        (("--provider", "cloudpayments"), "asking cloudpayments needs the keys of [payments.cloudpayments]"),
        (("--provider", "yookassa", "--column", "amount=x"), "--column is for a FILE"),
        (("--provider", "yookassa", "--until", "2026-11-23"), "2026-11-23 has not begun in Moscow"),
        (("--provider", "yookassa", "--until", "tomorrow"), "is not a date like 2026-11-22"),
    ],
)
def test_wrong_usage_without_a_file(billed: Path, clock: FixedClock, words: tuple[str, ...], message: str) -> None:
    """One clear line, exit code 2: who has a list, whose keys are missing, and which day nobody can know."""
    result = run(billed, clock, "payments", "reconcile", "--day", "2026-11-22", *words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


async def test_cloudpayments(billed: Path, clock: FixedClock, sqlite: SqliteDatabase) -> None:
    """By our number in the transaction, for orders keep the name of their page."""
    clock.moment = YESTERDAY
    emulator = CloudpaymentsEmulator(clock=clock)
    await emulator.start()
    section = f'public_id = "{PUBLIC_ID}"\napi_secret = "{API_SECRET}"\napi_url = "{emulator.url}"\n'
    add(billed, f"[payments.cloudpayments]\n{section}")
    harness = CloudpaymentsHarness(emulator)
    for key in (KEY, KEY + 1):
        opened = await harness.provider.create(harness.invoice(order_id=key, amount=AMOUNT))
        kept = await harness.visit(opened.pay_url)
        await harness.pay(kept, amount=AMOUNT)
        state = "paid" if key == KEY else "pending"
        at = clock.now().isoformat()
        keep(sqlite, an_order(key, at, provider="cloudpayments", provider_id=opened.provider_id, state=state))
    words = ("payments", "reconcile", "--provider", "cloudpayments", "--day", "2026-11-22", "--json")
    result = await asyncio.to_thread(run, billed, clock, *words)
    row = json.loads(result.stdout)
    assert (result.exit_code, row["agreed"]) == (1, 1)
    transaction = str(kept.last["TransactionId"])
    assert [(each["what"], each["payment"], each["order"]) for each in row["differences"]] == [
        ("unpaid", transaction, str(KEY + 1))
    ]
    emulator.fail(SharedFault.BROKEN)
    assert (await asyncio.to_thread(run, billed, clock, *words)).exit_code == 2
    await harness.provider.close()
    await emulator.stop()
