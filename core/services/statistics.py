"""What the staff's overview and statistics say, from few looks at the database, however many browsers ask.

A look at a month of a million readings takes seconds of a reader's connection. So what is some time past is counted
every ten minutes, and only the rest, some thousands of rows, each time that somebody asks; and nobody counts twice at
once.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from core.domain.accounts import Branch, Branches
from core.domain.decisions import FAILED_EVENT, FAILURES, HAND_OVER
from core.domain.readings import Code, Status
from core.domain.windows import local_day
from core.ports.clock import Clock
from core.storage import statistics as counted
from core.storage.database import Database
from core.storage.outbox import Depth
from core.storage.statistics import Paid, Reach, Submitted, Taken, Work
from parsers import RejectCode

SETTLED: Final = timedelta(minutes=15)
"""What is older changes seldom: replies are sent, and questions are mostly answered."""
AFRESH: Final = timedelta(minutes=10)
"""So old may the figures of what has settled be."""
AT_ONCE: Final = timedelta(seconds=15)
"""So old may all others be: as often as an overview is looked at."""
_COUNTS: Final = frozenset({Status.ACCEPTED.value, Status.EXPORTED.value})
_ENDS: Final = {
    Status.NEEDS_CONFIRMATION.value: "asked",
    Status.IN_REVIEW.value: "review",
    Status.REJECTED.value: "rejected",
    Status.SUPERSEDED.value: "replaced",
    Status.WITHDRAWN.value: "replaced",
}
HOURS: Final = 24
ERRORS: Final = FAILURES | {
    *(code.value for code in Code if code not in {Code.ACCEPTED, Code.SAME_AS_PREVIOUS, Code.DUPLICATE}),
    RejectCode.CARD_NUMBER.value,
    FAILED_EVENT,
    HAND_OVER,
    "limited",
}
"""Outcome codes of messages that the rules did not simply do as they were told."""

T = TypeVar("T")


class Share(NamedTuple):
    """What became of readings. The first three are accepted; `replaced` ones were corrected or withdrawn."""

    rules: int = 0
    """By the rules alone."""
    subscriber: int = 0
    """Since the subscriber said that they are right."""
    staff: int = 0
    asked: int = 0
    """The subscriber was asked, and has not answered."""
    review: int = 0
    rejected: int = 0
    replaced: int = 0

    @property
    def accepted(self) -> int:
        """All that count."""
        return self.rules + self.subscriber + self.staff

    @property
    def total(self) -> int:
        """All that came."""
        return sum(self)

    @property
    def automatic(self) -> float | None:
        """The share that nobody of the staff had to look at, of what was to be decided; None where nothing was."""
        decided = self.accepted + self.review + self.rejected
        return (self.rules + self.subscriber) / decided if decided else None


class Day(NamedTuple):
    """A day of the month, by its branches' clocks."""

    day: date
    inside: bool
    """Of the window."""
    accepted: Mapping[str, int]
    """By channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How it goes. Readings are those of the branches asked for; messages and replies those of all branches."""

    at: datetime
    days: Sequence[Day]
    """Of this month, up to today."""
    hours: Sequence[Mapping[str, int]]
    """Accepted today, by the hour of the branch's clock and by channel."""
    today: Share
    month: Share
    work: Work
    """Of today, by the clock of the first branch."""
    waiting: Sequence[Depth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A billing period by branch and channel."""

    period: int
    readings: Mapping[tuple[str, str], Share]
    """By branch and channel."""
    reach: Sequence[Reach]
    paid: Sequence[Paid]


@dataclass(slots=True)
class _Kept:
    value: Any = None
    until: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Statistics:
    """Counts, and remembers for a while what it has counted."""

    def __init__(self, database: Database, branches: Branches, clock: Clock) -> None:
        self._database = database
        self._branches = branches
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}

    async def overview(self, asked: Collection[str]) -> Overview:
        """This month and today in some branches."""
        now = self._clock.now()
        chosen = {code: branch for code, branch in self._branches.items() if code in asked}
        taken = await self._taken(now)
        work = await self._work(now)
        backlog = await self._remembered("backlog", AT_ONCE, lambda: self._database.read(counted.backlog))
        mine = [row for row in taken if row.branch in chosen]
        days, hours, today = _calendar(mine, chosen, now)
        return Overview(
            at=now,
            days=days,
            hours=hours,
            today=today,
            month=share(row for row in mine if _is_of_month(row, chosen[row.branch], now)),
            work=work,
            waiting=backlog.outbox,
        )

    async def month(self, period: int, asked: Collection[str]) -> Month:
        """A billing period (`YYYYMM`) in some branches; payments are those of the calendar month."""
        every: Month = await self._remembered(("month", period), AFRESH, lambda: self._count_month(period))
        return Month(
            period=period,
            readings={key: value for key, value in every.readings.items() if key[0] in asked},
            reach=[row for row in every.reach if row.branch in asked],
            paid=[row for row in every.paid if row.branch in asked],
        )

    async def _count_month(self, period: int) -> Month:
        rows = await self._database.read(lambda connection: counted.submitted(connection, period))
        reach = await self._database.read(lambda connection: counted.reach(connection, period))
        paid: list[Paid] = []
        for zone, codes in _by_zone(self._branches).items():
            since, until = month_bounds(period, zone)
            paid += await self._database.read(partial(counted.paid, branches=codes, since=since, until=until))
        keys = sorted({(row.branch, row.channel) for row in rows})
        readings = {key: share(row for row in rows if (row.branch, row.channel) == key) for key in keys}
        return Month(period=period, readings=readings, reach=reach, paid=sorted(paid))

    async def _taken(self, now: datetime) -> list[Taken]:
        """This month's readings: of what has settled some time ago, and of the rest now."""
        since = min(_first_of_month(branch, now) for branch in self._branches.values())
        settled, until = await self._settled("taken", since, now, counted.taken)
        rest = await self._remembered(
            "taken now", AT_ONCE, lambda: self._database.read(lambda connection: counted.taken(connection, until, now))
        )
        return [*settled, *rest]

    async def _work(self, now: datetime) -> Work:
        """Today's messages and replies, the same way."""
        since = _midnight(next(iter(self._branches.values())), now)
        settled, until = await self._settled("work", since, now, counted.work)
        rest = await self._remembered(
            "work now", AT_ONCE, lambda: self._database.read(lambda connection: counted.work(connection, until, now))
        )
        return _together(settled, rest)

    async def _settled(
        self, name: str, since: datetime, now: datetime, job: Callable[[Any, datetime, datetime], T]
    ) -> tuple[T, datetime]:
        """What was counted from `since` until some time ago, and until when."""

        async def count() -> tuple[T, datetime]:
            until = max(since, now - SETTLED)
            return await self._database.read(lambda connection: job(connection, since, until)), until

        return await self._remembered((name, since), AFRESH, count)

    async def _remembered(self, key: Hashable, lasts: timedelta, count: Callable[[], Awaitable[T]]) -> T:
        """What was counted lately; the first who asks for it counts, and the others wait for him."""
        kept = self._kept.setdefault(key, _Kept())
        async with kept.lock:
            now = self._clock.now()
            if kept.until is None or now >= kept.until:
                kept.value = await count()
                kept.until = now + lasts
                self._tidy(now)
            value: T = kept.value
        return value

    def _tidy(self, now: datetime) -> None:
        """Months that somebody looked at once, and yesterday."""
        for key, kept in list(self._kept.items()):
            if kept.until is not None and kept.until < now - AFRESH and not kept.lock.locked():
                del self._kept[key]


def share(rows: Iterable[Taken | Submitted]) -> Share:
    """What became of them."""
    found: Counter[str] = Counter()
    for row in rows:
        found[row.by if row.status in _COUNTS else _ENDS[row.status]] += row.number
    return Share(**found)


def month_bounds(period: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """The moments at which a calendar month (`YYYYMM`) begins and ends by a clock."""
    year, month = divmod(period, 100)
    after = date(year + month // 12, month % 12 + 1, 1)
    return _at(date(year, month, 1), zone), _at(after, zone)


def _calendar(rows: Sequence[Taken], branches: Branches, now: datetime) -> tuple[list[Day], list[Counter[str]], Share]:
    """The days of this month, the hours of today, and what became of what came today; each branch by its clock."""
    today = {code: local_day(branch, now) for code, branch in branches.items()}
    last = max(today.values(), default=now.date())
    by_day: dict[date, Counter[str]] = {last.replace(day=1) + timedelta(n): Counter() for n in range(last.day)}
    hours: list[Counter[str]] = [Counter() for _ in range(HOURS)]
    of_today = []
    for row in rows:
        local = row.hour.astimezone(branches[row.branch].timezone)
        is_today = local.date() == today[row.branch]
        if is_today:
            of_today.append(row)
        if row.status not in _COUNTS:
            continue
        if local.date() in by_day:
            by_day[local.date()][row.channel] += row.number
        if is_today:
            hours[local.hour][row.channel] += row.number
    windows = [branch.window for branch in branches.values()]
    days = [
        Day(day, any(first <= day.day <= end for first, end in windows), accepted) for day, accepted in by_day.items()
    ]
    return days, hours, share(of_today)


def _is_of_month(row: Taken, branch: Branch, now: datetime) -> bool:
    local = row.hour.astimezone(branch.timezone)
    return (local.year, local.month) == (local_day(branch, now).year, local_day(branch, now).month)


def _together(one: Work, other: Work) -> Work:
    """Counts of two times as of one."""
    return Work(*(_summed(first, second) for first, second in zip(_parts(one), _parts(other), strict=True)))


def _parts(work: Work) -> tuple[tuple[Any, ...], ...]:
    return work.events, work.readings, work.replies


def _summed(*parts: tuple[Any, ...]) -> tuple[Any, ...]:
    found: Counter[tuple[str, ...]] = Counter()
    for part in parts:
        for *key, count in part:
            found[tuple(key)] += count
    return tuple((*key, count) for key, count in found.items())


def _by_zone(branches: Branches) -> dict[tzinfo, list[str]]:
    found: dict[tzinfo, list[str]] = {}
    for code, branch in branches.items():
        found.setdefault(branch.timezone, []).append(code)
    return found


def _midnight(branch: Branch, now: datetime) -> datetime:
    return _at(local_day(branch, now), branch.timezone)


def _first_of_month(branch: Branch, now: datetime) -> datetime:
    return _at(local_day(branch, now).replace(day=1), branch.timezone)


def _at(day: date, zone: tzinfo) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
