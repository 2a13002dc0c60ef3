"""Bulk decisions: what each changed is remembered in the decision's own transaction, and taken back in one.

Nothing is rebuilt by thinking: the rows get back the very values that they had. A case that has moved on since (the
subscriber wrote again, billing took the reading) stays as it is, its message included.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from core.domain.readings import Reading, Status
from core.storage.cases.types import CLOSED, OPEN, Action, Changes, Picture, action_row
from core.storage.outbox import State
from core.storage.sets import among
from core.storage.tables import Instant, bulk, bulk_item, case, case_action, microseconds, moment, outbox, reading

UNDONE: Final = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A decision about many cases."""

    id: int
    at: datetime
    who: str
    action: str
    undo_until: datetime
    undone_at: datetime | None
    decided: int = 0
    """How many cases."""


@dataclass(frozen=True, slots=True)
class Undone:
    """Which cases were opened again, and which had moved on."""

    cases: tuple[int, ...]
    kept: tuple[int, ...]


def begin(connection: Connection, item: Bulk) -> None:
    """Write a bulk decision down before its first case is decided."""
    row = {"id": item.id, "at": item.at, "who": item.who, "action": item.action, "undo_until": item.undo_until}
    connection.execute(insert(bulk).values(row))


def is_open(connection: Connection, key: int, now: datetime) -> bool:
    """Whether cases may still be added: it was not undone meanwhile, and its messages still wait."""
    row = connection.execute(select(bulk.c.undone_at, bulk.c.undo_until).where(bulk.c.id == key)).one()
    return row.undone_at is None and now < row.undo_until


def bulks(connection: Connection, limit: int, key: int | None = None) -> list[Bulk]:
    """The latest bulk decisions, the newest first; or the one with the key."""
    decided = select(func.count()).where(bulk_item.c.bulk_id == bulk.c.id).scalar_subquery().label("decided")
    query = select(*bulk.c, decided).order_by(bulk.c.id.desc()).limit(limit)
    if key is not None:
        query = query.where(bulk.c.id == key)
    return [Bulk(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def remember(connection: Connection, bulk_id: int, seen: Picture, changes: Changes) -> None:
    """Keep what a decision changes, as it was."""
    after = dict.fromkeys(changes.superseded, Status.SUPERSEDED.value)
    if changes.reading is not None:
        after[changes.reading.id] = changes.reading.status.value
    # A reading that is moved replaces those of the meter that it is moved to.
    known = {item.id: item for item in (*(seen.target.readings if seen.target else ()), *seen.readings)}
    before = {
        "cases": [seen.case.id] if changes.decision else [],
        "too": [action.case_id for action in changes.closes_too],
        "readings": [_reading(item, after[item.id]) for item in known.values() if item.id in after],
    }
    row = {"bulk_id": bulk_id, "case_id": seen.case.id, "before": json.dumps(before)}
    row["outbox_id"] = changes.message.id if changes.message else None
    connection.execute(insert(bulk_item).values(row))


def undo(connection: Connection, key: int, who: str, new_key: Callable[[], int], now: datetime) -> Undone:
    """Take a bulk decision back, all of it in this transaction. The caller has looked whether it may be.

    A fixed number of statements and executemanies, so that some hundred cases take some milliseconds.
    """
    connection.execute(update(bulk).where(bulk.c.id == key).values(undone_at=now))
    items = connection.execute(
        select(bulk_item.c.case_id, bulk_item.c.outbox_id, bulk_item.c.before).where(bulk_item.c.bulk_id == key)
    ).all()
    before = {row.case_id: json.loads(row.before) for row in items}
    moved = _moved(connection, items, before)
    taken = [row for row in items if row.case_id not in moved]
    readings = [
        values | {"to_asked": None if values["to_asked"] is None else moment(values["to_asked"])}
        for row in taken
        for values in before[row.case_id]["readings"]
    ]
    reopened = [case_id for row in taken for part in ("cases", "too") for case_id in before[row.case_id][part]]
    if readings:
        connection.execute(_RESTORE, readings)
    connection.execute(_REOPEN, {"keys": reopened})
    connection.execute(_TAKE_BACK, {"keys": [row.outbox_id for row in taken if row.outbox_id is not None]})
    if reopened:
        actions = [Action(id=new_key(), case_id=each, at=now, moderator=who, action=UNDONE) for each in reopened]
        connection.execute(insert(case_action), [action_row(action) for action in actions])
    return Undone(tuple(reopened), tuple(sorted(moved)))


_RESTORE: Final = (
    update(reading)
    .where(reading.c.id == bindparam("key"))
    .values(
        account_id=bindparam("to_account"),
        meter_id=bindparam("to_meter"),
        t1=bindparam("to_t1"),
        t2=bindparam("to_t2"),
        t3=bindparam("to_t3"),
        typed=bindparam("to_typed"),
        consumption=bindparam("to_consumption"),
        status=bindparam("to_status"),
        code=bindparam("to_code"),
        asked_until=bindparam("to_asked", type_=Instant()),
        decided_by=bindparam("by"),
    )
)
_REOPEN: Final = (
    update(case)
    .where(among(case.c.id, "keys"))
    .values(state=OPEN, closed_at=None, decision="", decided_by="", version=case.c.version + 1)
)
_TAKE_BACK: Final = delete(outbox).where(among(outbox.c.id, "keys"))


def _moved(connection: Connection, items: Sequence[Row[Any, Any, Any]], before: Mapping[int, Any]) -> set[int]:
    """The cases of which some row is not as the decision left it."""
    closed: dict[int, int] = {}
    left: dict[int, tuple[int, str]] = {}
    for row in items:
        parts = before[row.case_id]
        closed |= dict.fromkeys(parts["cases"] + parts["too"], row.case_id)
        left |= {values["key"]: (row.case_id, values["after"]) for values in parts["readings"]}
    sent = {row.outbox_id: row.case_id for row in items if row.outbox_id is not None}
    still = select(case.c.id).where(among(case.c.id, "keys"), case.c.state == CLOSED)
    as_left = select(reading.c.id, reading.c.status).where(among(reading.c.id, "keys"))
    waiting = select(outbox.c.id).where(among(outbox.c.id, "keys"), outbox.c.state == State.QUEUED.value)
    remaining = set(connection.execute(still, {"keys": list(closed)}).scalars())
    remaining |= set(connection.execute(waiting, {"keys": list(sent)}).scalars())
    remaining |= {key for key, status in connection.execute(as_left, {"keys": list(left)}) if status == left[key][1]}
    owners = closed | sent | {key: owner for key, (owner, _) in left.items()}
    return {owner for key, owner in owners.items() if key not in remaining}


def _reading(item: Reading, after: str) -> dict[str, Any]:
    """The parameters of `_RESTORE`, and the status that the decision gave it."""
    t1, t2, t3 = (*item.values, None, None)[:3]
    return {
        "key": item.id,
        "after": after,
        "to_account": item.account_id,
        "to_meter": item.meter_id,
        "to_t1": t1,
        "to_t2": t2,
        "to_t3": t3,
        "to_typed": " ".join(map(str, item.typed)),
        "to_consumption": item.consumption,
        "to_status": item.status.value,
        "to_code": item.code.value,
        "to_asked": None if item.asked_until is None else microseconds(item.asked_until),
        "by": item.decided_by,
    }
