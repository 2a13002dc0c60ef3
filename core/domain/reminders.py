"""Rounds of reminders: their kinds, their states, and the days and hours that they belong to. Pure."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from core.domain.accounts import Branch
from core.domain.windows import following, local_day, period_text

DAYS_AFTER: Final = 3
"""How many days after the window are for telling those who have missed it."""
AVERAGE_PERIODS: Final = 3
"""Billing periods in a row that are charged by average consumption where there is no reading; the next by the norm.

Government Decree No. 354 of 06.05.2011, clauses 59 "б" and 60, as explained at finance.mail.ru (article 67404655).
"""
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = time(0)


class Kind(StrEnum):
    """What a round is about."""

    OPENS = "opens"
    """The window has opened."""
    LAST_DAY = "last_day"
    MISSED = "missed"
    """The window is over, and there is no reading."""


class Progress(StrEnum):
    """States of a round."""

    PLANNING = "planning"
    """Accounts are still to be looked at."""
    DONE = "done"
    STOPPED = "stopped"
    """By the operator; `reminders start` goes on with it."""
    PASSED = "passed"
    """Its time was over before all accounts were looked at. What is late is not sent."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a message may arrive, in the branch's time: from `begins` and before `ends`; midnight is the day's end."""

    begins: time = time(9)
    ends: time = time(21)

    def on(self, branch: Branch, day: date) -> "Span":
        """The same on a day, as moments."""
        end_day = day + _DAY if self.ends == _MIDNIGHT else day
        return Span(_moment(branch, day, self.begins), _moment(branch, end_day, self.ends))


class Span(NamedTuple):
    """From a moment on, and before another; aware UTC."""

    begins: datetime
    ends: datetime

    def has(self, moment: datetime) -> bool:
        """Whether the moment lies within."""
        return self.begins <= moment < self.ends


class Round(NamedTuple):
    """A kind of reminder for one branch's window of one period."""

    branch: str
    kind: Kind
    period: int

    @property
    def key(self) -> str:
        """Its name, the same however often it is looked for: there is one such round ever."""
        return f"{self.branch}:{period_text(self.period)}:{self.kind}"


def days(branch: Branch, kind: Kind, period: int) -> tuple[date, ...]:
    """The days on which a round of this kind may be sent; it begins by itself on the first. May be none.

    A window of a single day has its last day only.
    """
    first, last = window(branch, period)
    match kind:
        case Kind.OPENS:
            return tuple(_range(first, last - _DAY))
        case Kind.LAST_DAY:
            return (last,)
    return tuple(_range(last + _DAY, last + DAYS_AFTER * _DAY))


def window(branch: Branch, period: int) -> tuple[date, date]:
    """The first and the last day of a period's window; a month that is too short ends it earlier."""
    year, month = divmod(period, 100)
    length = monthrange(year, month)[1]
    first, last = (min(day, length) for day in branch.window)
    return date(year, month, first), date(year, month, last)


def due(branch: Branch, kinds: Iterable[Kind], hours: Hours, now: datetime) -> list[Round]:
    """The rounds whose time to begin is now."""
    today = local_day(branch, now)
    if not hours.on(branch, today).has(now):
        return []
    return [
        Round(branch.code, kind, period)
        for kind in kinds
        for period in _around(today)
        if days(branch, kind, period)[:1] == (today,)
    ]


def current(branch: Branch, kind: Kind, now: datetime) -> int | None:
    """The period whose round of this kind has one of its days today."""
    today = local_day(branch, now)
    return next((period for period in _around(today) if today in days(branch, kind, period)), None)


def is_over(branch: Branch, kind: Kind, period: int, hours: Hours, now: datetime) -> bool:
    """Whether nothing of a round may be sent any more."""
    possible = days(branch, kind, period)
    return not possible or now >= hours.on(branch, possible[-1]).ends


def period_of(branch: Branch, day: date) -> int:
    """The period that values read on a day belong to, as `core.domain.windows.place` has it for what is sent."""
    period = day.year * 100 + day.month
    return following(period) if day.day > branch.window[1] and branch.outside != "accept" else period


def months(earlier: int, later: int) -> int:
    """How many periods after `earlier` the other one is."""
    return (later // 100 - earlier // 100) * 12 + later % 100 - earlier % 100


def _around(day: date) -> tuple[int, int]:
    """The day's own period and the one before, whose last days may reach into this month."""
    before = day.replace(day=1) - _DAY
    return day.year * 100 + day.month, before.year * 100 + before.month


def _range(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _moment(branch: Branch, day: date, at: time) -> datetime:
    return datetime.combine(day, at, branch.timezone).astimezone(UTC)
