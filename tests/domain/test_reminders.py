"""Rounds of reminders: on which days and at which hours they are sent."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.domain.accounts import Branch
from core.domain.reminders import Hours, Kind, Round, current, days, due, is_over, months, period_of, window
from tests.world import AMUR, KHABAROVSK

HOURS = Hours(time(9), time(21))
SINGLE = replace(KHABAROVSK, window=(25, 25))
WHOLE_MONTH = replace(KHABAROVSK, window=(1, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("branch", "kind", "period", "first", "last", "count"),
    [
        (KHABAROVSK, Kind.OPENS, 202611, date(2026, 11, 20), date(2026, 11, 24), 5),
        (KHABAROVSK, Kind.LAST_DAY, 202611, date(2026, 11, 25), date(2026, 11, 25), 1),
        (KHABAROVSK, Kind.MISSED, 202611, date(2026, 11, 26), date(2026, 11, 28), 3),
        (SINGLE, Kind.LAST_DAY, 202611, date(2026, 11, 25), date(2026, 11, 25), 1),
        (WHOLE_MONTH, Kind.OPENS, 202702, date(2027, 2, 1), date(2027, 2, 27), 27),
        (WHOLE_MONTH, Kind.LAST_DAY, 202702, date(2027, 2, 28), date(2027, 2, 28), 1),
        (WHOLE_MONTH, Kind.MISSED, 202612, date(2027, 1, 1), date(2027, 1, 3), 3),
    ],
)
def test_days_of_a_round(branch: Branch, kind: Kind, period: int, first: date, last: date, count: int) -> None:  # noqa: PLR0917 - a table
    """The window but its last day, that one, and three days after it; short months end the window earlier."""
    found = days(branch, kind, period)
    assert (found[0], found[-1], len(found)) == (first, last, count)


def test_window_of_one_day_does_not_open() -> None:
    """Its last day says it all."""
    assert days(SINGLE, Kind.OPENS, 202611) == ()


@pytest.mark.parametrize(
    ("branch", "now", "expected"),
    [
        (KHABAROVSK, "2026-11-19T22:59:59", []),
        (KHABAROVSK, "2026-11-19T23:00:00", ["khb:2026-11:opens"]),
        (KHABAROVSK, "2026-11-20T10:59:59", ["khb:2026-11:opens"]),
        (KHABAROVSK, "2026-11-20T11:00:00", []),
        (KHABAROVSK, "2026-11-21T02:00:00", []),
        (KHABAROVSK, "2026-11-25T02:00:00", ["khb:2026-11:last_day"]),
        (KHABAROVSK, "2026-11-25T23:00:00", ["khb:2026-11:missed"]),
        (AMUR, "2026-11-19T23:30:00", []),
        (AMUR, "2026-11-20T00:00:00", ["amur:2026-11:opens"]),
        (SINGLE, "2026-11-25T02:00:00", ["khb:2026-11:last_day"]),
        (WHOLE_MONTH, "2027-01-01T02:00:00", ["khb:2027-01:opens", "khb:2026-12:missed"]),
    ],
)
def test_what_is_due_by_the_branchs_clock(branch: Branch, now: str, expected: list[str]) -> None:
    """A round begins by itself on its first day, within the hours, in the branch's time zone."""
    assert [which.key for which in due(branch, Kind, HOURS, at(now))] == expected


def test_only_wanted_kinds_are_due() -> None:
    """What the operator left out does not begin."""
    assert due(KHABAROVSK, (Kind.MISSED,), HOURS, at("2026-11-25T02:00:00")) == []


def test_hours_follow_the_clock_change() -> None:
    """Where clocks change, nine in the morning stays nine in the morning."""
    berlin = replace(KHABAROVSK, timezone=ZoneInfo("Europe/Berlin"))
    assert HOURS.on(berlin, date(2026, 10, 24)).begins == at("2026-10-24T07:00:00")
    assert HOURS.on(berlin, date(2026, 10, 25)).begins == at("2026-10-25T08:00:00")


def test_hours_until_midnight() -> None:
    """The day's end is the next day's beginning."""
    span = Hours(time(8), time(0)).on(KHABAROVSK, date(2026, 11, 25))
    assert (span.begins, span.ends) == (at("2026-11-24T22:00:00"), at("2026-11-25T14:00:00"))


@pytest.mark.parametrize(
    ("kind", "now", "period", "over"),
    [
        (Kind.LAST_DAY, "2026-11-25T10:59:59", 202611, False),
        (Kind.LAST_DAY, "2026-11-25T11:00:00", None, True),
        (Kind.OPENS, "2026-11-24T02:00:00", 202611, False),
        (Kind.MISSED, "2026-11-28T10:59:00", 202611, False),
        (Kind.MISSED, "2026-11-29T02:00:00", None, True),
    ],
)
def test_when_a_round_is_over(kind: Kind, now: str, period: int | None, *, over: bool) -> None:
    """After the last hour of its last day nothing is sent any more."""
    moment = at(now)
    assert is_over(KHABAROVSK, kind, 202611, HOURS, moment) is over
    if period is not None:
        assert current(KHABAROVSK, kind, moment) == period


def test_current_period_reaches_into_the_next_month() -> None:
    """On the second of January those who missed December are told."""
    assert current(WHOLE_MONTH, Kind.MISSED, at("2027-01-02T02:00:00")) == 202612
    assert current(KHABAROVSK, Kind.OPENS, at("2026-11-02T02:00:00")) is None


@pytest.mark.parametrize(
    ("outside", "day", "period"),
    [
        ("next_period", date(2026, 10, 25), 202610),
        ("next_period", date(2026, 12, 26), 202701),
        ("reject", date(2026, 10, 28), 202611),
        ("accept", date(2026, 10, 28), 202610),
    ],
)
def test_period_of_values_billed(outside: str, day: date, period: int) -> None:
    """Values read after the window belong to the next period, as what is sent does."""
    assert period_of(replace(KHABAROVSK, outside=outside), day) == period


def test_months_and_windows() -> None:
    """Over the year's end; the key names branch, period and kind."""
    assert (months(202611, 202702), months(202611, 202611)) == (3, 0)
    assert window(WHOLE_MONTH, 202802) == (date(2028, 2, 1), date(2028, 2, 29))
    assert Round("khb", Kind.LAST_DAY, 202611).key == "khb:2026-11:last_day"
