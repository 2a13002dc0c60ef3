"""`payments reconcile FILE`: a provider's register against our orders, as an operator runs it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, insert, select

from bot.cli import meterline
from bot.cli.context import App
from core.storage.database import SqliteDatabase
from core.storage.tables import payment_attempt, payment_order
from tests.billing.test_payments import an_order
from tests.conftest import FixedClock


def run(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, [*words, "--config", str(config)], obj=App(clock=clock))


REGISTER = """payment_id;order_id;amount
p7;7;987.05
tried;8;987.06
nobody;;5.00
"""


@pytest.fixture
def register(sqlite: SqliteDatabase, tmp_path: Path) -> Path:
    """A register with a payment that agrees, one that is unpaid here, and one that nobody knows."""
    rows = [
        an_order(7, "2026-11-22T02:00:00+00:00"),
        an_order(8, "2026-11-22T02:00:00+00:00", state="pending", provider_id="", amount=98_706) | {"paid_at": None},
    ]
    attempt = {"id": 1, "order_id": 8, "number": 1, "provider": "yookassa", "key": "k", "state": "pending"}
    attempt |= {"provider_id": "tried", "created_at": datetime(2026, 11, 22, tzinfo=UTC)}

    def job(connection: Connection) -> None:
        for row in rows:
            connection.execute(insert(payment_order).values(row))
        connection.execute(insert(payment_attempt).values(attempt))

    sqlite.write_now(job)
    sqlite.engine.dispose()
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    return path


RECONCILED = [
    ["1", "agree,", "987.05", "RUB"],
    ["differences"],
    ["what", "payment", "account", "there", "here", "line"],
    ["─" * 54],
    ["unpaid", "tried", "001", "987.06", "987.06", "3"],
    ["unknown", "nobody", "5.00", "0.00", "4"],
]


def test_a_register_of_payments(billed: Path, clock: FixedClock, register: Path, sqlite: SqliteDatabase) -> None:
    """What differs, in 80 columns or as JSON; exit code 1; --ask has the provider asked, and changes nothing else."""
    words = ("payments", "reconcile", str(register), "--provider", "yookassa", "--day", "2026-11-22")
    result = run(billed, clock, *words)
    assert result.exit_code == 1, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert [line.split() for line in result.stdout.splitlines() if line.strip()] == RECONCILED
    row = json.loads(run(billed, clock, *words, "--json").stdout)
    assert [(each["what"], each["order"]) for each in row["differences"]] == [("unpaid", "8"), ("unknown", "")]
    look_at = select(payment_attempt.c.look_at)
    assert sqlite.write_now(lambda connection: connection.execute(look_at).scalar_one()) is None
    assert json.loads(run(billed, clock, *words, "--json", "--ask").stdout)["asked"] == 1
    assert sqlite.write_now(lambda connection: connection.execute(look_at).scalar_one()) == clock.now()


def test_a_register_that_agrees(billed: Path, clock: FixedClock, register: Path) -> None:
    """One line, exit code 0."""
    register.write_text("payment_id;order_id;amount\np7;7;987.05\n", encoding="utf-8")
    words = ("payments", "reconcile", str(register), "--provider", "yookassa", "--day", "2026-11-22")
    result = run(billed, clock, *words)
    assert (result.exit_code, result.stdout) == (0, "1 agree, 987.05 RUB\n"), result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--provider", "paypal", "--day", "2026-11-22"), "no payment provider is called 'paypal'"),
        (("--provider", "yookassa", "--day", "22.11.2026"), "is not a date like 2026-11-22"),
        (("--provider", "yookassa", "--day", "2026-11-22", "--until", "2026-11-21"), "--until is before --day"),
        (("--provider", "yookassa", "--day", "2026-11-22", "--column", "sum=x"), "--column is FIELD=NAME"),
        (("--provider", "yookassa", "--day", "2026-11-22", "--column", "amount=x"), "columns are missing: x"),
    ],
)
def test_wrong_usage_of_reconcile(
    billed: Path, clock: FixedClock, register: Path, words: tuple[str, ...], message: str
) -> None:
    """One clear line, exit code 2."""
    result = run(billed, clock, "payments", "reconcile", str(register), *words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output
