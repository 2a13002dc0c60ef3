"""Settles a case: reads its picture, lets a pure function decide, and stores what that says, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select, update

from core.domain.readings import Reading, Status
from core.storage.cases.audit import write
from core.storage.cases.lookup import picture
from core.storage.cases.types import (
    CLOSED,
    OPEN,
    PENDING,
    Action,
    Changes,
    Elsewhere,
    Message,
    Picture,
    action_row,
    to_case,
)
from core.storage.cases.undo import remember
from core.storage.outbox import REPLY
from core.storage.store import REPLY_EXPIRES
from core.storage.tables import case, case_action, outbox, reading

T = TypeVar("T")


class CaseTaken(Exception):
    """Another decision was committed between reading the case and closing it; who tries again will see it."""


def settle(
    connection: Connection,
    key: int,
    decide: Callable[[Picture], tuple[T, Changes | None]],
    now: datetime,
    *,
    elsewhere: Elsewhere | None = None,
    bulk_id: int | None = None,
) -> T:
    """Apply a decision to a case.

    Args:
        connection: in a transaction that is rolled back when this raises.
        key: the case's; found beforehand on a reader's connection, for a search may be long and writes must be short.
        decide: gets the picture; gives the answer for the caller, and the changes unless there is nothing to change.
        now: the moment of the decision.
        elsewhere: where the reading may belong instead; the picture then has it as `target`.
        bulk_id: of the bulk decision that this is a part of, so that it can be undone.

    Raises:
        CaseTaken: the case or its reading was changed meanwhile.
    """
    item = to_case(connection.execute(select(case).where(case.c.id == key)).one())
    seen = picture(connection, item, now, elsewhere)
    answer, changes = decide(seen)
    if changes is not None:
        _store(connection, changes)
        if bulk_id is not None:
            remember(connection, bulk_id, seen, changes)
    return answer


def _store(connection: Connection, changes: Changes) -> None:
    by = changes.action
    if changes.decision:
        _close(connection, by, changes.decision)
    else:
        connection.execute(update(case).where(case.c.id == by.case_id).values(version=case.c.version + 1))
    if changes.reading is not None:
        _settle_reading(connection, changes.reading)
    if changes.superseded:
        statement = update(reading).where(
            reading.c.id.in_(changes.superseded), reading.c.status.in_([Status.ACCEPTED.value, *PENDING])
        )
        _must_change(connection.execute(statement.values(status=Status.SUPERSEDED.value)).rowcount, changes.superseded)
    for other in changes.closes_too:
        _close(connection, other, other.action)
    if changes.message is not None:
        connection.execute(insert(outbox), _outbox_row(changes.message, by.at))
    connection.execute(insert(case_action), [action_row(action) for action in (by, *changes.closes_too)])
    write(connection, changes.records)


def _close(connection: Connection, by: Action, decision: str) -> None:
    """Close the case if it is open still: the condition in the statement makes one of two moderators win."""
    statement = update(case).where(case.c.id == by.case_id, case.c.state == OPEN)
    values: dict[str, Any] = {"state": CLOSED, "closed_at": by.at, "decision": decision, "decided_by": by.moderator}
    values |= {"claimed_until": None, "version": case.c.version + 1}
    _must_change(connection.execute(statement.values(**values)).rowcount, (by.case_id,))


def _settle_reading(connection: Connection, item: Reading) -> None:
    values = {f"t{number}": value for number, value in enumerate(item.values, 1)}
    statement = update(reading).where(reading.c.id == item.id, reading.c.status.in_(PENDING))
    changed = connection.execute(
        statement.values(
            **values,
            account_id=item.account_id,
            meter_id=item.meter_id,
            typed=" ".join(str(value) for value in item.typed),
            consumption=item.consumption,
            status=item.status.value,
            code=item.code.value,
            decided_by=item.decided_by,
            asked_until=item.asked_until,
        )
    ).rowcount
    _must_change(changed, (item.id,))


def _must_change(changed: int, keys: tuple[int, ...]) -> None:
    if changed != len(keys):
        raise CaseTaken(f"{len(keys) - changed} of {len(keys)} rows were changed by somebody else")


def _outbox_row(message: Message, at: datetime) -> dict[str, object]:
    return {
        "id": message.id,
        "channel": message.to.channel,
        "external_id": message.to.external_id,
        "priority": REPLY,
        "text": message.text,
        "state": "queued",
        "attempts": 0,
        "created_at": at,
        "due_at": message.due_at,
        "expires_at": message.due_at + REPLY_EXPIRES,
    }
