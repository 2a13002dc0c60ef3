"""Questions that nobody answered in time."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, update

from core.domain.readings import Code, Status
from core.storage.sets import constant
from core.storage.tables import account, case, event, reading

CHUNK: Final = 200
"""So that one run stays well below the 50 ms that a write may take."""


def overdue(connection: Connection, new_key: Callable[[], int], now: datetime) -> int:
    """Put readings whose question has run out into review, each with a case; at most `CHUNK`, returns how many."""
    rows = connection.execute(
        select(reading, account.c.branch, event.c.text.label("message"))
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .outerjoin(event, event.c.id == reading.c.event_key)
        .where(reading.c.status == constant(Status.NEEDS_CONFIRMATION), reading.c.asked_until < now)
        .order_by(reading.c.asked_until)
        .limit(CHUNK)
    ).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    connection.execute(
        update(reading).where(reading.c.id.in_(ids)).values(status=Status.IN_REVIEW.value, code=Code.UNCONFIRMED.value)
    )
    connection.execute(
        insert(case),
        [
            {
                "id": new_key(),
                "kind": Code.UNCONFIRMED.value,
                "state": "open",
                "branch": row.branch,
                "account_id": row.account_id,
                "meter_id": row.meter_id,
                "reading_id": row.id,
                "event_key": row.event_key,
                "channel": row.channel,
                "external_id": row.external_id,
                "text": row.message or "",
                "opened_at": now,
            }
            for row in rows
        ],
    )
    return len(rows)
