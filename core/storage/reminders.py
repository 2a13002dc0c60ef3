"""Rounds of reminders: stores what was planned, chunk by chunk, and tells how far each round is.

What a chunk is about is read beside the writer (`core.storage.prospects`); the write only inserts and moves the round's
cursor, and does so only if the cursor still stands where it stood: no two planners do the same chunk.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, String, bindparam, func, insert, or_, select, update

from core.domain.messages import Address
from core.domain.reminders import Kind, Progress, Round
from core.storage.extras import NOTHING, Extra, to_text
from core.storage.outbox import BROADCAST, State
from core.storage.sets import Query, among, constant, insert_rows
from core.storage.tables import account, campaign, microseconds, outbox, reminder

CANCELLED_AT_ONCE: Final = 500
"""Rows that one write takes back, far below its 50 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A round and how far it is: of the accounts looked at, `queued` got a message, `skipped` none of their own."""

    round: Round
    state: Progress
    started_at: datetime
    cursor: int
    queued: int
    skipped: int
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One reminder, ready to be queued."""

    to: Address
    text: str = field(repr=False)
    due_at: datetime
    expires_at: datetime
    extra: Extra = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a round's messages fare, by the states of the outbox."""

    campaign: Campaign
    states: dict[str, int]


_REMINDED = Query(
    select(reminder.c.external_id, reminder.c.channel).where(
        among(reminder.c.external_id, "external_ids"), reminder.c.campaign == bindparam("key", type_=String())
    )
)
_OUTBOX: Final = (
    "id",
    "channel",
    "external_id",
    "priority",
    "text",
    "state",
    "attempts",
    "created_at",
    "due_at",
    "expires_at",
    "extra",
)
_REMINDER: Final = ("campaign", "external_id", "channel", "outbox_id", "created_at")


def begin(connection: Connection, which: Round, now: datetime) -> bool:
    """Begin a round, or go on with one that was stopped. False where there is nothing to begin: it runs or is over."""
    state = connection.execute(select(campaign.c.state).where(campaign.c.key == which.key)).scalar()
    if state is None:
        row = {"key": which.key, "kind": which.kind.value, "branch": which.branch, "period": which.period}
        connection.execute(insert(campaign).values(row | {"state": Progress.PLANNING.value, "started_at": now}))
        return True
    if state != Progress.STOPPED:
        return False
    again = update(campaign).where(campaign.c.key == which.key)
    connection.execute(again.values(state=Progress.PLANNING.value, finished_at=None))
    return True


def finish(connection: Connection, key: str, state: Progress, now: datetime) -> bool:
    """End a round that is being planned; False where it is not."""
    ended = connection.execute(
        update(campaign)
        .where(campaign.c.key == key, campaign.c.state == Progress.PLANNING.value)
        .values(state=state.value, finished_at=now)
    )
    return bool(ended.rowcount)


def cancel(connection: Connection, key: str) -> int:
    """Take back messages of a round that are not sent yet, `CANCELLED_AT_ONCE` at most; returns how many."""
    waiting = (
        select(outbox.c.id)
        .join_from(reminder, outbox, outbox.c.id == reminder.c.outbox_id)
        .where(reminder.c.campaign == key, outbox.c.state == State.QUEUED.value)
        .limit(CANCELLED_AT_ONCE)
    )
    done = connection.execute(
        update(outbox).where(outbox.c.id.in_(waiting)).values(state=State.EXPIRED.value, error="the round was stopped")
    )
    return done.rowcount


def put(
    connection: Connection,
    of: Campaign,
    looked_at: Sequence[int],
    messages: Sequence[Message],
    *,
    new_key: Callable[[], int],
    now: datetime,
) -> int | None:
    """Queue a chunk's messages and move the cursor behind the accounts looked at (ascending, not empty).

    Returns how many were queued: an address that this round has reminded already gets no second message. None, and
    nothing is changed, where the round does not stand where it stood: somebody else has done this chunk, or stopped it.
    """
    key = of.round.key
    stands = select(campaign.c.cursor).where(campaign.c.key == key, campaign.c.state == Progress.PLANNING.value)
    if connection.execute(stands).scalar() != of.cursor:
        return None
    external_ids = [message.to.external_id for message in messages]
    reminded = {Address(row[1], row[0]) for row in _REMINDED.rows(connection, external_ids=external_ids, key=key)}
    fresh = [(new_key(), message) for message in messages if message.to not in reminded]
    at = microseconds(now)
    insert_rows(connection, outbox, _OUTBOX, [_outbox_row(outbox_id, message, at) for outbox_id, message in fresh])
    rows = [(key, each.to.external_id, each.to.channel, outbox_id, at) for outbox_id, each in fresh]
    insert_rows(connection, reminder, _REMINDER, rows)
    connection.execute(
        update(campaign)
        .where(campaign.c.key == key)
        .values(
            cursor=looked_at[-1],
            queued=campaign.c.queued + len(fresh),
            skipped=campaign.c.skipped + len(looked_at) - len(fresh),
        )
    )
    return len(fresh)


def _outbox_row(key: int, message: Message, at: int) -> tuple[Any, ...]:
    return (
        key,
        message.to.channel,
        message.to.external_id,
        BROADCAST,
        message.text,
        State.QUEUED.value,
        0,
        at,
        microseconds(message.due_at),
        microseconds(message.expires_at),
        to_text(message.extra),
    )


def campaigns(connection: Connection, keys: Iterable[str] = ()) -> list[Campaign]:
    """The rounds that are being planned, and those with these keys; the oldest first."""
    wanted = or_(campaign.c.state == Progress.PLANNING.value, campaign.c.key.in_(list(keys)))
    return _campaigns(connection, wanted)


def _campaigns(connection: Connection, wanted: Any) -> list[Campaign]:  # noqa: ANN401 - a condition
    rows = connection.execute(select(campaign).where(wanted).order_by(campaign.c.started_at, campaign.c.key))
    return [to_campaign(row) for row in rows]


def to_campaign(row: Any) -> Campaign:  # noqa: ANN401 - a row of the table
    """A row of the table `campaign`."""
    return Campaign(
        round=Round(row.branch, Kind(row.kind), row.period),
        state=Progress(row.state),
        started_at=row.started_at,
        cursor=row.cursor,
        queued=row.queued,
        skipped=row.skipped,
        finished_at=row.finished_at,
    )


def totals(connection: Connection) -> dict[str, int]:
    """How many open accounts each branch has: what a round has to look at."""
    counts = select(account.c.branch, func.count()).where(account.c.closed_on.is_(None)).group_by(account.c.branch)
    return {row[0]: row[1] for row in connection.execute(counts)}


def taken_until(connection: Connection) -> dict[str, datetime]:
    """By channel, when the last of the broadcasts that wait is due."""
    last = (
        select(outbox.c.channel, func.max(outbox.c.due_at))
        .where(outbox.c.state == constant(State.QUEUED), outbox.c.priority == constant(BROADCAST))
        .group_by(outbox.c.channel)
    )
    return {row[0]: row[1] for row in connection.execute(last)}


def standings(connection: Connection, most: int) -> list[Standing]:
    """The latest rounds, and how their messages fare; the newest first."""
    rows = connection.execute(select(campaign).order_by(campaign.c.started_at.desc(), campaign.c.key).limit(most))
    found = {row.key: Standing(campaign=to_campaign(row), states={}) for row in rows}
    counts = (
        select(reminder.c.campaign, outbox.c.state, func.count())
        .join_from(reminder, outbox, outbox.c.id == reminder.c.outbox_id)
        .where(reminder.c.campaign.in_(list(found)))
        .group_by(reminder.c.campaign, outbox.c.state)
    )
    for key, state, count in connection.execute(counts):
        found[key].states[state] = count
    return list(found.values())
