"""Autopay's rules as tables: what is due when, which sum is charged, and what is tried again."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.autopay import (
    LAST_DAY,
    TRIES,
    Autopay,
    Charge,
    Mode,
    Month,
    State,
    after_failure,
    charge_day,
    due_days,
    first_month,
    to_charge,
)
from core.domain.messages import Address
from tests import world

TABLES = tomllib.loads((Path(__file__).parent / "data" / "autopay.toml").read_text(encoding="utf-8"))
NOW = datetime(2026, 12, 10, 2, 0, tzinfo=UTC)
LIMITS = {"least": 1_000, "most": 10_000_000}


def autopay(mode: str = "billed", amount: int = 0, ceiling: int = 200_000) -> Autopay:
    return Autopay(
        id=1,
        account_id=1,
        account_number="2701001101",
        branch="khb",
        provider="bank",
        mode=Mode(mode),
        amount=amount,
        day=10,
        ceiling=ceiling,
        state=State.ACTIVE,
        address=Address("chat", "1"),
        language="ru",
        consent="1",
        consent_at=NOW,
        token="token-of-a-card",
    )


@pytest.mark.parametrize("row", TABLES["charge"], ids=lambda row: str(row["why"]))
def test_what_is_charged(row: dict[str, Any]) -> None:
    """The debt without what is in transit, or the fixed sum; never above the ceiling."""
    item = autopay(row["mode"], row.get("amount", 0), row["ceiling"])
    found = to_charge(item, row.get("balance"), row.get("transit", 0), **LIMITS)
    assert found == (Month(row["is"]), row.get("sum", 0))


@pytest.mark.parametrize("row", TABLES["days"], ids=lambda row: str(row["why"]))
def test_what_is_announced(row: dict[str, Any]) -> None:
    """By the branch's own clock."""
    branch = replace(world.KHABAROVSK, timezone=ZoneInfo(row["zone"]))
    now = datetime.fromisoformat(row["now"])
    assert due_days(branch, 2, now) == [tuple(each) for each in row["is"]]


@pytest.mark.parametrize("row", TABLES["charged"], ids=lambda row: f"{row['month']}-{row['day']} on {row['today']}")
def test_the_day_of_a_charge(row: dict[str, Any]) -> None:
    """What is announced late is charged late."""
    assert charge_day(row["month"], row["day"], 2, row["today"]) == row["is"]


@pytest.mark.parametrize("row", TABLES["first"], ids=lambda row: f"{row['day']} on {row['today']}")
def test_the_first_month(row: dict[str, Any]) -> None:
    """The day must be still to come."""
    assert first_month(row["day"], row["today"]) == row["is"]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)), st.integers(1, LAST_DAY), st.integers(1, 10))  # noqa: DTZ001 - made aware below
def test_every_day_is_announced_in_time_once_a_month(start: datetime, day: int, notice: int) -> None:
    """Looked at daily, each month's day comes up before it, and at once for no two months."""
    seen: dict[int, datetime] = {}
    for offset in range(70):
        now = (start + timedelta(days=offset)).replace(tzinfo=UTC)
        found = [month for month, first, last in due_days(world.KHABAROVSK, notice, now) if first <= day <= last]
        assert len(found) <= 1
        for month in found:
            seen.setdefault(month, now)
    assert len(seen) >= 2


@pytest.mark.parametrize("tries", range(1, TRIES + 1))
def test_a_failed_charge(tries: int) -> None:
    """A day later, so often, and then no more."""
    charge = Charge(id=1, autopay_id=1, month=202612, state=Month.CHARGING, due_at=NOW, tries=tries)
    assert after_failure(charge, NOW) == (NOW + timedelta(days=1) if tries < TRIES else None)


def test_the_token_shows_nowhere() -> None:
    """Nor does the account's number: neither belongs into a log."""
    assert "token-of-a-card" not in repr(autopay())
    assert "2701001101" not in repr(autopay())
