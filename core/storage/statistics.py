"""What waits and what was done, counted: the one source of `/metrics`, `stats`, `doctor` and the staff's figures.

Keys grow with time, so the primary keys serve as indexes of time.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, literal, or_, select
from sqlalchemy import case as sql_case

from core.domain.keys import first_key
from core.domain.orders import OrderState
from core.domain.readings import Status
from core.storage.cases import OPEN
from core.storage.outbox import Depth, State
from core.storage.tables import account, case, event, moment, outbox, payment_order, reading


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: replies to be sent, and open cases by kind."""

    outbox: tuple[Depth, ...]
    cases: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Work:
    """What was done in a time."""

    events: tuple[tuple[str, str, str, int], ...]
    """(channel, outcome, code, count)"""
    readings: tuple[tuple[str, int], ...]
    """(status, count)"""
    replies: tuple[tuple[str, str, int], ...]
    """(channel, state, count)"""


def backlog(connection: Connection) -> Backlog:
    """Count what waits. Reads the two partial indexes of the outbox and the index of open cases, nothing else."""
    depths: list[Depth] = []
    for state in (State.QUEUED, State.SENDING):
        # A statement for each, with the state in its text: only so do the partial indexes apply.
        found = connection.execute(
            select(outbox.c.channel, func.count(), func.min(outbox.c.created_at))
            .where(outbox.c.state == literal(state.value, literal_execute=True))
            .group_by(outbox.c.channel)
        )
        depths += [Depth(channel, state.value, rows, oldest) for channel, rows, oldest in found]
    # The same: the index of open cases has this condition.
    is_open = case.c.state == literal(OPEN, literal_execute=True)
    cases = connection.execute(
        select(case.c.kind, func.count()).where(is_open).group_by(case.c.kind).order_by(case.c.kind)
    )
    return Backlog(tuple(depths), dict(cases.all()))


def work(connection: Connection, since: datetime, until: datetime) -> Work:
    """Count what came and what went out."""
    low, high = first_key(since), first_key(until)
    events = connection.execute(
        select(event.c.channel, event.c.outcome, event.c.code, func.count())
        .where(event.c.id >= low, event.c.id < high)
        .group_by(event.c.channel, event.c.outcome, event.c.code)
        .order_by(event.c.channel, func.count().desc(), event.c.code)
    )
    readings = connection.execute(
        select(reading.c.status, func.count())
        .where(reading.c.id >= low, reading.c.id < high)
        .group_by(reading.c.status)
        .order_by(reading.c.status)
    )
    replies = connection.execute(
        select(outbox.c.channel, outbox.c.state, func.count())
        .where(outbox.c.id >= low, outbox.c.id < high)
        .group_by(outbox.c.channel, outbox.c.state)
        .order_by(outbox.c.channel, outbox.c.state)
    )
    return Work(
        tuple((channel, outcome, code, count) for channel, outcome, code, count in events),
        tuple((status, count) for status, count in readings),
        tuple((channel, state, count) for channel, state, count in replies),
    )


class Taken(NamedTuple):
    """Readings that came within an hour, by where from and what became of them."""

    hour: datetime
    """Its beginning, aware UTC."""
    branch: str
    channel: str
    status: str
    by: str
    """Who decided: RULES, SUBSCRIBER or STAFF."""
    number: int


class Submitted(NamedTuple):
    """Readings of a billing period, by where from and what became of them."""

    branch: str
    channel: str
    status: str
    by: str
    number: int


class Reach(NamedTuple):
    """How much of a branch a period's readings cover: accounts with a reading that counts, of all that are open."""

    branch: str
    submitted: int
    accounts: int


class Paid(NamedTuple):
    """Orders of a time by where from. `made` were made in it, the others paid in it; sums are in kopecks."""

    branch: str
    channel: str
    provider: str
    made: int
    paid: int
    amount: int
    refunded: int
    """Of the paid ones those that have gone back since."""
    refunded_amount: int


RULES: Final = "rules"
"""The rules alone."""
SUBSCRIBER: Final = "subscriber"
"""The subscriber said yes to a question of the rules."""
STAFF: Final = "staff"
PAID_LATE: Final = timedelta(days=60)
"""An order is looked for so long before the time in which it was paid; providers keep a payment open for days."""
_HOUR: Final = 3_600_000_000
_BY: Final = sql_case(
    (reading.c.decided_by == "", literal(RULES, literal_execute=True)),
    (reading.c.decided_by == SUBSCRIBER, literal(SUBSCRIBER, literal_execute=True)),
    else_=literal(STAFF, literal_execute=True),
)


def taken(connection: Connection, since: datetime, until: datetime) -> list[Taken]:
    """The readings that came in a time, by the hour. Reads them by their primary keys, and each one's account."""
    hour = (reading.c.received_at.op("/")(literal(_HOUR, type_=BigInteger(), literal_execute=True))).label("hour")
    rows = connection.execute(
        select(cast(hour, BigInteger), account.c.branch, reading.c.channel, reading.c.status, _BY, func.count())
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .where(reading.c.id >= first_key(since), reading.c.id < first_key(until))
        .group_by("hour", account.c.branch, reading.c.channel, reading.c.status, _BY)
    )
    return [Taken(moment(int(at) * _HOUR), *rest) for at, *rest in rows]


def submitted(connection: Connection, period: int) -> list[Submitted]:
    """The readings of a billing period (`YYYYMM`)."""
    rows = connection.execute(
        select(account.c.branch, reading.c.channel, reading.c.status, _BY, func.count())
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .where(reading.c.period == period)
        .group_by(account.c.branch, reading.c.channel, reading.c.status, _BY)
    )
    return [Submitted._make(row) for row in rows]


def reach(connection: Connection, period: int) -> list[Reach]:
    """Of each branch, the accounts with a reading of the period that was accepted, and all open accounts."""
    counted = [status.value for status in (Status.ACCEPTED, Status.EXPORTED)]
    with_reading = (
        select(account.c.branch, func.count(reading.c.account_id.distinct()))
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .where(reading.c.period == period, reading.c.status.in_(counted))
        .group_by(account.c.branch)
    )
    every = select(account.c.branch, func.count()).where(account.c.closed_on.is_(None)).group_by(account.c.branch)
    having: dict[str, int] = dict(connection.execute(with_reading).all())
    all_of: dict[str, int] = dict(connection.execute(every).all())
    return [Reach(branch, having.get(branch, 0), all_of.get(branch, 0)) for branch in sorted({*having, *all_of})]


def paid(connection: Connection, branches: Collection[str], since: datetime, until: datetime) -> list[Paid]:
    """The orders of some branches that were made or paid in a time."""
    order = payment_order.c
    is_made = order.id >= first_key(since)
    is_paid = and_(
        order.state.in_([OrderState.PAID.value, OrderState.REFUNDED.value]),
        order.paid_at >= since,
        order.paid_at < until,
    )
    is_refunded = and_(is_paid, order.state == OrderState.REFUNDED.value)
    rows = connection.execute(
        select(
            order.branch,
            order.channel,
            order.provider,
            _number(is_made),
            _number(is_paid),
            _number(is_paid, order.amount),
            _number(is_refunded),
            _number(is_refunded, order.amount),
        )
        .where(
            order.id >= first_key(since - PAID_LATE),
            order.id < first_key(until),
            order.branch.in_(list(branches)),
            or_(is_made, is_paid),
        )
        .group_by(order.branch, order.channel, order.provider)
    )
    return [Paid(*names, *map(int, figures)) for *names, figures in ((*row[:3], row[3:]) for row in rows)]


def _number(condition: ColumnElement[bool], what: ColumnElement[int] | None = None) -> ColumnElement[int]:
    """How many rows meet it, or the sum of `what` over them."""
    return func.coalesce(func.sum(sql_case((condition, literal(1) if what is None else what), else_=literal(0))), 0)
