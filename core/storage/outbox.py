"""The outbox: rows are claimed before they are sent, and told their outcome after, many at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from core.domain.decisions import UNDELIVERED
from core.domain.messages import Address
from core.storage.extras import NOTHING, Extra, from_text
from core.storage.sets import constant
from core.storage.tables import Instant, case, outbox


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


@dataclass(frozen=True, slots=True)
class Queued:
    """A claimed row. `attempts` counts this one."""

    id: int
    to: Address
    text: str = field(repr=False)
    attempts: int
    expires_at: datetime
    extra: Extra = NOTHING


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


def claim(connection: Connection, channel: str, limit: int, now: datetime) -> list[Queued]:
    """Take due rows of a channel, replies before broadcasts, oldest first; they are `sending` from now on."""
    rows = connection.execute(
        select(
            outbox.c.id,
            outbox.c.external_id,
            outbox.c.text,
            outbox.c.attempts,
            outbox.c.expires_at,
            outbox.c.extra,
        )
        .where(outbox.c.channel == channel, outbox.c.state == constant(State.QUEUED), outbox.c.due_at <= now)
        .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
        .limit(limit)
    ).all()
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
    """Write outcomes down; dead letters become cases. A delivery report that came first is not overwritten."""
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
    dead = [result for result in results if result.state in {State.DEAD, State.EXPIRED}]
    if dead:
        connection.execute(insert(case), [_case(result, new_key(), now) for result in dead])


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
