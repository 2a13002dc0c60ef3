"""Registers as cabinets give them out, and the command over a real database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from core.billing.problems import UnreadableFile
from core.billing.registers import read_register
from core.domain.registers import Entry
from core.storage.database import Database
from core.storage.reconciling import orders_about
from core.storage.tables import account, payment_attempt, payment_order
from tests.billing.test_payments import an_order

LINES = """Дата;Номер платежа;Номер заказа;Сумма;Тип операции
22.11.2026;p1;101;987,05;Оплата
22.11.2026;p2;102-2;"1 234,50";Оплата
22.11.2026;p2;102-2;1234,50;Возврат
22.11.2026;p3;;-10,00;Оплата
22.11.2026;p4;;;Оплата
Итого;;;2211,55;
"""
ENTRIES = (
    Entry(2, "p1", 98_705, 101),
    Entry(3, "p2", 123_450, 102),
    Entry(4, "p2", 123_450, 102, refund=True),
    Entry(5, "p3", 1_000, None, refund=True),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866"])
def test_a_register(tmp_path: Path, encoding: str) -> None:
    """Whatever the encoding: refunds by word or by sign, totals left out, a line without a sum told."""
    path = tmp_path / "register.csv"
    path.write_bytes(LINES.encode(encoding))
    found = read_register(path, {})
    assert found.entries == ENTRIES
    assert [(problem.line, problem.reason) for problem in found.problems] == [(6, "there is no sum")]
    assert found.columns == {
        "payment": "номер платежа",
        "amount": "сумма",
        "order": "номер заказа",
        "kind": "тип операции",
    }


def test_other_columns(tmp_path: Path) -> None:
    """A header that nobody knows is asked about, by name; then whoever has the file says what is what."""
    path = tmp_path / "register.csv"
    path.write_text("When,What,How much\n2026-11-22,p1,987.05\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"which column has the payment\? .* when, what, how much"):
        read_register(path, {})
    assert read_register(path, {"payment": "What", "amount": "How much"}).entries == (Entry(2, "p1", 98_705),)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_delimiters(tmp_path: Path, mark: str) -> None:
    """Found out by the header."""
    path = tmp_path / "register.csv"
    path.write_text(f"payment_id{mark}amount\np1{mark}10.00\n", encoding="utf-8")
    assert read_register(path, {}).entries == (Entry(2, "p1", 1_000),)


def an_attempt(key: int, order: int, payment: str) -> dict[str, Any]:
    return {
        "id": key,
        "order_id": order,
        "number": key % 10,
        "provider": "yookassa",
        "key": f"k{key}",
        "state": "pending",
        "provider_id": payment,
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
    }


async def test_the_orders_that_matter(database: Database) -> None:
    """Those named by number or by any attempt's payment, and those paid in the time; of this provider only."""

    def job(connection: Connection) -> None:
        connection.execute(insert(account).values(id=1, number="1", number_key="1", branch="khb"))
        # Keys grow with time: these are of 22 November.
        base = (datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000 - 1_704_067_200_000) * 2**20
        keys = [int(base) + number for number in range(6)]
        rows = [
            an_order(keys[0], "2026-11-22T10:00:00+00:00"),
            an_order(keys[1], "2026-11-23T10:00:00+00:00"),
            an_order(keys[2], "2026-11-23T10:00:00+00:00", provider_id="", state="pending", amount=2),
            an_order(keys[3], "2026-11-23T10:00:00+00:00", provider_id="credited", amount=3),
            an_order(keys[4], "2026-11-22T10:00:00+00:00", provider="sberbank", amount=4),
            an_order(keys[5], "2026-11-23T10:00:00+00:00", amount=5),
        ]
        for row in rows:
            connection.execute(insert(payment_order).values(row))
        for row in (an_attempt(1, keys[2], "tried"), an_attempt(2, keys[3], "second"), an_attempt(3, keys[5], "other")):
            connection.execute(insert(payment_attempt).values(row))

    await database.write(job)
    keys = await database.read(lambda connection: list(connection.execute(select(payment_order.c.id)).scalars()))
    keys.sort()
    found = await database.read(
        lambda connection: orders_about(
            connection,
            "yookassa",
            payments={"tried", "second", "nowhere"},
            orders={keys[1]},
            since=datetime(2026, 11, 21, 21, tzinfo=UTC),
            until=datetime(2026, 11, 22, 21, tzinfo=UTC),
        )
    )
    by_key = {order.id: order for order in found}
    assert sorted(by_key) == [keys[0], keys[1], keys[2], keys[3]]
    assert by_key[keys[2]].payments == ("tried",)
    assert by_key[keys[3]].payments == ("credited", "second")


def test_json_is_a_list_of_differences() -> None:
    """The codes are part of the interface."""
    from core.domain.registers import Difference  # noqa: PLC0415 - only here

    assert json.dumps(sorted(Difference)) == (
        '["amount", "missing", "refund", "repeated", "test", "twice", "unknown", "unpaid"]'
    )
