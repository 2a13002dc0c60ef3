"""Which month a reading falls into."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.accounts import Branch, OutsidePolicy
from core.domain.windows import believed, following, local_day, parse_period, period_text, place
from tests.world import AMUR, KHABAROVSK

MOSCOW = replace(KHABAROVSK, code="msk", timezone=ZoneInfo("Europe/Moscow"), window=(15, 26))
SAKHALIN = replace(KHABAROVSK, code="skh", timezone=ZoneInfo("Asia/Sakhalin"), window=(1, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("branch", "sent_at", "period", "inside"),
    [
        (KHABAROVSK, "2026-11-25T13:59:59.999999+00:00", 202611, True),
        (KHABAROVSK, "2026-11-25T14:00:00+00:00", 202612, False),
        (KHABAROVSK, "2026-11-19T13:59:59+00:00", 202611, False),
        (KHABAROVSK, "2026-11-19T14:00:00+00:00", 202611, True),
        (AMUR, "2026-11-25T14:59:59+00:00", 202611, True),
        (AMUR, "2026-11-25T15:00:00+00:00", 202612, False),
        (MOSCOW, "2026-11-26T20:59:59+00:00", 202611, True),
        (MOSCOW, "2026-11-26T21:00:00+00:00", 202612, False),
        (SAKHALIN, "2026-11-30T12:59:59+00:00", 202611, True),
        (SAKHALIN, "2026-11-30T13:00:00+00:00", 202612, True),
        (KHABAROVSK, "2026-12-25T13:59:59+00:00", 202612, True),
        (KHABAROVSK, "2026-12-25T14:00:00+00:00", 202701, False),
        (KHABAROVSK, "2026-12-31T13:59:59+00:00", 202701, False),
        (KHABAROVSK, "2026-12-31T14:00:00+00:00", 202701, False),
        (KHABAROVSK, "2028-02-29T12:00:00+10:00", 202803, False),
        (KHABAROVSK, "2026-11-25T23:59:30+10:00", 202611, True),
        (KHABAROVSK, "2026-11-26T00:00:10+10:00", 202612, False),
        (AMUR, "2026-11-26T00:00:10+10:00", 202611, True),
    ],
)
def test_month_is_that_of_the_branchs_clock(branch: Branch, sent_at: str, period: int, *, inside: bool) -> None:
    """Each branch has its own midnight, and its window's last day is whole."""
    placed = place(branch, at(sent_at))
    assert (placed.period, placed.inside) == (period, inside)


@pytest.mark.parametrize(
    ("outside", "day", "period"),
    [
        ("next_period", 19, 202611),
        ("next_period", 26, 202612),
        ("reject", 19, 202611),
        ("reject", 26, 202612),
        ("accept", 19, 202611),
        ("accept", 26, 202611),
        ("accept", 30, 202611),
    ],
)
def test_outside_the_window_the_branchs_policy_counts(outside: OutsidePolicy, day: int, period: int) -> None:
    """Before the window this month's calculation is still to come; after it, the policy says."""
    placed = place(replace(KHABAROVSK, outside=outside), at(f"2026-11-{day}T12:00:00+10:00"))
    assert (placed.period, placed.inside) == (period, False)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(0), True),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, microseconds=1), False),
        (timedelta(hours=-72), True),
        (timedelta(hours=-72, microseconds=-1), False),
        (timedelta(days=-20_000), False),
        (timedelta(days=20_000), False),
    ],
)
def test_vendors_time_is_believed_within_bounds(ahead: timedelta, *, expected: bool) -> None:
    """Five minutes ahead of us, three days behind."""
    received = at("2026-11-22T12:00:00+10:00")
    assert believed(received + ahead, received) is expected


def test_day_is_the_branchs() -> None:
    """The same moment is two days in two branches."""
    moment = at("2026-11-25T14:30:00+00:00")
    assert local_day(KHABAROVSK, moment) == date(2026, 11, 26)
    assert local_day(AMUR, moment) == date(2026, 11, 25)


@pytest.mark.parametrize(("period", "expected"), [(202611, 202612), (202612, 202701), (209912, 210001)])
def test_month_follows_month(period: int, expected: int) -> None:
    """Over the end of a year too."""
    assert following(period) == expected


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_period_reads_back(day: date) -> None:
    """What files and the command line write, they read."""
    period = day.year * 100 + day.month
    assert period_text(period) == f"{day:%Y-%m}"
    assert parse_period(period_text(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-1",
        "26-11",
        "2026/11",
        "202611",
        "2026-11-01",
        "1999-12",
        "x-y",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    """With a word on how to write it."""
    with pytest.raises(ValueError, match=r"period|month"):
        parse_period(text)
