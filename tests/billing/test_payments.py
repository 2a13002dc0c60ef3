"""The export of payments: whose day it is, what is in the file, and that it may be repeated."""

import csv
import hashlib
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from core.billing.exporting import UnwritableFile
from core.billing.payments import COLUMNS, PaymentExport
from core.storage.database import Database
from core.storage.tables import account, payment_order
from tests.billing.world import BRANCHES

DAY = date(2026, 11, 22)


def an_order(key: int, paid_at: str, **given: Any) -> dict[str, Any]:
    columns = {
        "id": key,
        "account_id": 1,
        "branch": "khb",
        "amount": 98_705,
        "state": "paid",
        "provider": "yookassa",
        "provider_id": f"p{key}",
        "method": "sbp",
        "language": "ru",
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "expires_at": datetime(2026, 11, 2, tzinfo=UTC),
        "paid_at": datetime.fromisoformat(paid_at),
    }
    return columns | given


@pytest.fixture
async def filled(database: Database) -> Database:
    """Around the borders of the day in Khabarovsk (UTC+10) and Amur (UTC+9)."""

    def job(connection: Connection) -> None:
        for key, number, branch in ((1, "0010334090", "khb"), (2, "=2+5", "amur"), (3, "3", "gone")):
            row = {"id": key, "number": number, "number_key": number.lstrip("0"), "branch": branch}
            connection.execute(insert(account).values(row))
        rows = [
            an_order(10, "2026-11-21T13:59:59+00:00"),
            an_order(11, "2026-11-21T14:00:00+00:00"),
            an_order(12, "2026-11-22T13:59:59+00:00", state="refunded", amount=1_000),
            an_order(13, "2026-11-22T14:00:00+00:00"),
            an_order(14, "2026-11-22T14:30:00+00:00", account_id=2, branch="amur", provider_id="=x"),
            an_order(15, "2026-11-22T23:30:00+00:00", account_id=3, branch="gone", amount=5),
            an_order(16, "2026-11-22T05:00:00+00:00", state="pending"),
        ]
        for row in rows:
            connection.execute(insert(payment_order).values(row))

    await database.write(job)
    return database


def export(database: Database, **options: Any) -> PaymentExport:
    return PaymentExport(database=database, branches=BRANCHES, day=DAY, **options)


async def test_a_day_is_each_branchs_own(filled: Database, tmp_path: Path) -> None:
    """From midnight to midnight; orders of a branch that is not set up any more are not lost; cells are text."""
    path = tmp_path / "payments.csv"
    done = await export(filled).to_file(path)
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=";")
    assert tuple(header) == COLUMNS
    assert rows == [
        ["11", "0010334090", "987.05", "2026-11-22T00:00:00+10:00", "yookassa", "p11", "sbp", "paid"],
        ["12", "0010334090", "10.00", "2026-11-22T23:59:59+10:00", "yookassa", "p12", "sbp", "refunded"],
        ["14", "'=2+5", "987.05", "2026-11-22T23:30:00+09:00", "yookassa", "'=x", "sbp", "paid"],
        ["15", "3", "0.05", "2026-11-22T23:30:00+00:00", "yookassa", "p15", "sbp", "paid"],
    ]
    totals = done.totals
    assert (totals.payments, totals.amount, totals.refunded, totals.refunded_amount) == (4, 198_415, 1, 1_000)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert done.sha256 == digest
    assert (tmp_path / "payments.csv.sha256").read_text() == f"{digest}  payments.csv\n"


async def test_the_same_file_twice(filled: Database, tmp_path: Path) -> None:
    """Nothing is marked, so nothing differs; to a stream, and only counted, it is the same."""
    first = await export(filled).to_file(tmp_path / "a.csv")
    stream = BytesIO()
    second = await export(filled).to_stream(stream)
    assert stream.getvalue() == (tmp_path / "a.csv").read_bytes()
    assert (await export(filled).rehearse()).totals == second.totals == first.totals


async def test_one_branch(filled: Database) -> None:
    """The others are in other files."""
    assert (await export(filled, branch="amur").rehearse()).totals.payments == 1


async def test_what_the_encoding_cannot_hold(filled: Database, tmp_path: Path) -> None:
    """No file with question marks in it."""
    path = tmp_path / "payments.csv"
    await filled.write(lambda connection: connection.execute(payment_order.update().values(method="☂")))
    with pytest.raises(UnwritableFile, match="utf-8"):
        await export(filled, encoding="cp1251").to_file(path)
    assert not path.exists()
