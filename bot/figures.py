"""What waits and what was done, counted: for `/metrics`, `stats` and `doctor`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select

from core.domain.keys import first_key
from core.storage.cases import OPEN
from core.storage.outbox import Depth, State
from core.storage.tables import case, event, outbox, reading


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
    """Count what came and what went out. Keys grow with time, so the primary keys serve as indexes of time."""
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
