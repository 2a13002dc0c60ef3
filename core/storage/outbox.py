"""The outbox: rows are claimed before they are sent, and told their outcome after, many at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, insert, select, union_all, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.domain.decisions import UNDELIVERED
from core.domain.messages import Address
from core.storage.extras import NOTHING, Extra, from_text
from core.storage.sets import POSTGRESQL, constant
from core.storage.tables import Instant, case, outbox, profile

REPLY: Final = 0
BROADCAST: Final = 1
"""Priorities: nobody who asked waits for an announcement to end."""


class State(StrEnum):
    """States of an outbox row; a delivery report may follow `sent` with `delivered` or `failed`."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    """The network could not deliver it."""
    UNKNOWN = "unknown"
    """The vendor may have taken it, and sending again could send twice."""
    EXPIRED = "expired"
    DEAD = "dead"
    """The vendor refuses it for good."""
    UNREACHABLE = "unreachable"
    """The subscriber has blocked us or is gone: the address is closed."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A claimed row. `attempts` counts this one."""

    id: int
    to: Address
    text: str = field(repr=False)
    attempts: int
    expires_at: datetime
    extra: Extra = NOTHING
    priority: int = REPLY


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a claimed row; `due_at` is when to try again, for those queued anew."""

    row: Queued
    state: State
    vendor_id: str = ""
    error: str = ""
    due_at: datetime | None = None
    counts: bool = True
    """False where the attempt was not the message's fault and must not count."""


_CLAIMED: Final = (
    outbox.c.id,
    outbox.c.external_id,
    outbox.c.text,
    outbox.c.attempts,
    outbox.c.expires_at,
    outbox.c.extra,
    outbox.c.priority,
    outbox.c.due_at,
)


def _due(priority: int) -> Select[Any]:
    """What is due of one priority, oldest first: exactly a range of the index, however much is queued for later."""
    due = (
        select(*_CLAIMED)
        .where(
            outbox.c.channel == bindparam("of_channel"),
            outbox.c.state == constant(State.QUEUED),
            outbox.c.priority == constant(priority),
            outbox.c.due_at <= bindparam("now", type_=Instant()),
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(bindparam(f"most_{priority}"))
        .subquery()
    )
    return select(due)


_DUE: Final = union_all(_due(REPLY), _due(BROADCAST))


def claim(
    connection: Connection, channel: str, limit: int, now: datetime, *, broadcasts: int | None = None
) -> list[Queued]:
    """Take due rows of a channel, replies before broadcasts, oldest first; they are `sending` from now on.

    At most `limit` rows, and at most `broadcasts` that are no replies, where that is given.
    """
    most = {"most_0": limit, "most_1": limit if broadcasts is None else min(limit, broadcasts)}
    found = connection.execute(_DUE, {"of_channel": channel, "now": now} | most).all()
    rows = sorted(found, key=lambda row: (row.priority, row.due_at, row.id))[:limit]
    if rows:
        connection.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(state=State.SENDING.value, attempts=outbox.c.attempts + 1)
        )
    return [
        Queued(
            row.id,
            Address(channel, row.external_id),
            row.text,
            row.attempts + 1,
            row.expires_at,
            from_text(row.extra),
            row.priority,
        )
        for row in rows
    ]


_RECORD: Final = (
    update(outbox)
    .where(outbox.c.id == bindparam("key"), outbox.c.state == constant(State.SENDING))
    .values(
        state=bindparam("to_state"),
        vendor_id=bindparam("vendor"),
        error=bindparam("why"),
        attempts=outbox.c.attempts - bindparam("uncounted"),
        due_at=func.coalesce(bindparam("again", type_=Instant()), outbox.c.due_at),
        sent_at=bindparam("sent", type_=Instant()),
    )
)


def record(connection: Connection, results: Sequence[Sent], new_key: Callable[[], int], now: datetime) -> None:
    """Write outcomes down. A delivery report that came first is not overwritten.

    A reply that cannot be delivered becomes a case: somebody waits for it. A broadcast does not, and neither does a
    message to one who has blocked us; his address is closed.
    """
    connection.execute(
        _RECORD,
        [
            {
                "key": result.row.id,
                "to_state": result.state.value,
                "vendor": result.vendor_id[:100],
                "why": result.error[:200],
                "uncounted": 0 if result.counts else 1,
                "again": result.due_at,
                "sent": now if result.state is State.SENT else None,
            }
            for result in results
        ],
    )
    dead = [result for result in results if result.state in _LOST and result.row.priority == REPLY]
    if dead:
        connection.execute(insert(case), [_case(result, new_key(), now) for result in dead])
    gone = {result.row.to for result in results if result.state is State.UNREACHABLE}
    if gone:
        _close(connection, gone, now)


_LOST: Final = frozenset({State.DEAD, State.EXPIRED})


def _close(connection: Connection, addresses: Iterable[Address], now: datetime) -> None:
    """Remember that these cannot be reached; hearing from one opens it again."""
    insert_into = postgresql_insert if connection.dialect.name == POSTGRESQL else sqlite_insert
    statement = insert_into(profile).on_conflict_do_update(
        index_elements=[profile.c.external_id, profile.c.channel],
        set_={"closed_at": now},
        where=profile.c.closed_at.is_(None),
    )
    # An address that we keep nothing of has never been heard; the column wants a moment all the same.
    values = {"heard_at": now, "closed_at": now}
    rows = [{"external_id": each.external_id, "channel": each.channel} | values for each in addresses]
    connection.execute(statement, rows)


def _case(result: Sent, key: int, now: datetime) -> dict[str, object]:
    return {
        "id": key,
        "kind": UNDELIVERED,
        "state": "open",
        "event_key": result.row.id,
        "channel": result.row.to.channel,
        "external_id": result.row.to.external_id,
        "text": result.row.text,
        "opened_at": now,
    }


def recover(connection: Connection, channel: str, *, resend: bool) -> int:
    """After a crash: rows that were being sent. They go out again only where the vendor recognises a repeat."""
    state = State.QUEUED if resend else State.UNKNOWN
    done = connection.execute(
        update(outbox)
        .where(outbox.c.channel == channel, outbox.c.state == constant(State.SENDING))
        .values(state=state.value, error="the service stopped while sending")
    )
    return done.rowcount


@dataclass(frozen=True, slots=True)
class Depth:
    """How many rows of a channel are in a state, and since when the oldest waits."""

    channel: str
    state: str
    count: int
    oldest: datetime
