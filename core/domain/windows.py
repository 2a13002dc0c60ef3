"""Billing periods and windows, judged in the branch's time at the moment the subscriber sent the message.

A period is a calendar month as a number, `YYYYMM`. Households submit once a month, not later than the 25th; what comes
later is used in the next period (Government Decree No. 354 of 06.05.2011).
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from core.domain.accounts import Branch

BELIEVED_AHEAD = timedelta(minutes=5)
"""A vendor's clock may run this far ahead of ours."""
BELIEVED_AGE = timedelta(hours=72)
"""The longest that a gateway keeps an SMS it could not deliver to us."""


def believed(sent_at: datetime, received_at: datetime) -> bool:
    """Whether the vendor's time of sending counts; otherwise the time of arrival does."""
    return sent_at - received_at <= BELIEVED_AHEAD and received_at - sent_at <= BELIEVED_AGE


class Placement(NamedTuple):
    """Where a reading falls: its period, whether it came inside the window, and the branch's day of sending."""

    period: int
    inside: bool
    day: date


def place(branch: Branch, sent_at: datetime) -> Placement:
    """The period that a reading sent at this moment belongs to.

    Before the window's first day it waits for this month's calculation, after the last day for next month's. Under the
    policy `accept` the month of sending counts, late or not.
    """
    local = sent_at.astimezone(branch.timezone)
    first, last = branch.window
    inside = first <= local.day <= last
    period = local.year * 100 + local.month
    if local.day > last and branch.outside != "accept":
        period = following(period)
    return Placement(period, inside, local.date())


def local_day(branch: Branch, moment: datetime) -> date:
    """The branch's calendar day."""
    return moment.astimezone(branch.timezone).date()


@lru_cache(maxsize=256)
def following(period: int) -> int:
    """The next month: 202612 gives 202701."""
    year, month = divmod(period, 100)
    return (year + 1) * 100 + 1 if month == 12 else period + 1  # noqa: PLR2004 - December


def period_text(period: int) -> str:
    """As files and the command line write it: `2026-11`."""
    return f"{period // 100:04d}-{period % 100:02d}"


def parse_period(text: str) -> int:
    """Read `YYYY-MM`.

    Raises:
        ValueError: not a month between 2000 and 2099.
    """
    year, dash, month = text.partition("-")
    if not (dash and year.isdecimal() and month.isdecimal() and len(year) == 4 and len(month) == 2):  # noqa: PLR2004
        raise ValueError(f"{text!r} is not a period; write it as 2026-11")
    if not (2000 <= int(year) <= 2099 and 1 <= int(month) <= 12):  # noqa: PLR2004 - this century's months
        raise ValueError(f"{text!r} is not a month of this century")
    return int(year) * 100 + int(month)
