"""Settles a case: reads its picture, lets a pure function decide, and stores what that says, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, insert, select, update

from core.domain.readings import Reading, Status
from core.storage.cases.lookup import picture
from core.storage.cases.types import CLOSED, OPEN, PENDING, Action, Changes, Message, Picture, to_case
from core.storage.outbox import REPLY
from core.storage.store import REPLY_EXPIRES
from core.storage.tables import case, case_action, outbox, reading

T = TypeVar("T")


class CaseTaken(Exception):
    """Another decision was committed between reading the case and closing it; who tries again will see it."""


def settle(connection: Connection, key: int, decide: Callable[[Picture], tuple[T, Changes | None]], now: datetime) -> T:
    """Apply a decision to a case.

    Args:
        connection: in a transaction that is rolled back when this raises.
        key: the case's; found beforehand on a reader's connection, for a search may be long and writes must be short.
        decide: gets the picture; gives the answer for the caller, and the changes unless there is nothing to change.
        now: the moment of the decision.

    Raises:
        CaseTaken: the case or its reading was changed meanwhile.
    """
    item = to_case(connection.execute(select(case).where(case.c.id == key)).one())
    answer, changes = decide(picture(connection, item, now))
    if changes is not None:
        _store(connection, changes)
    return answer


def _store(connection: Connection, changes: Changes) -> None:
    by = changes.action
    if changes.decision:
        _close(connection, by, changes.decision)
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
    connection.execute(insert(case_action), [_action_row(action) for action in (by, *changes.closes_too)])


def _close(connection: Connection, by: Action, decision: str) -> None:
    """Close the case if it is open still: the condition in the statement makes one of two moderators win."""
    statement = update(case).where(case.c.id == by.case_id, case.c.state == OPEN)
    values = {"state": CLOSED, "closed_at": by.at, "decision": decision, "decided_by": by.moderator}
    _must_change(connection.execute(statement.values(**values)).rowcount, (by.case_id,))


def _settle_reading(connection: Connection, item: Reading) -> None:
    values = {f"t{number}": value for number, value in enumerate(item.values, 1)}
    statement = update(reading).where(reading.c.id == item.id, reading.c.status.in_(PENDING))
    changed = connection.execute(
        statement.values(
            **values,
            typed=" ".join(str(value) for value in item.typed),
            consumption=item.consumption,
            status=item.status.value,
            code=item.code.value,
            decided_by=item.decided_by,
            asked_until=None,
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
        "due_at": at,
        "expires_at": at + REPLY_EXPIRES,
    }


def _action_row(action: Action) -> dict[str, object]:
    return {
        "id": action.id,
        "case_id": action.case_id,
        "at": action.at,
        "moderator": action.moderator,
        "action": action.action,
        "note": action.note,
        "outbox_id": action.outbox_id,
    }
