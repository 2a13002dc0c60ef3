"""What happened in the queue since the last look, for whoever follows it live."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, func, select

from core.domain.keys import SEQUENCE_BITS
from core.storage.cases.lookup import ENTRIES, to_entry
from core.storage.cases.types import Action, Entry, to_action
from core.storage.store import SUBSCRIBER
from core.storage.tables import audit, case, case_action

CLAIMED: Final = "claimed"
RELEASED: Final = "released"

REACH: Final = timedelta(seconds=60)
LATE: Final = (REACH // timedelta(milliseconds=1)) << SEQUENCE_BITS
"""A row may be committed after one with a later key, by another process: so far back each look reaches."""


@dataclass(slots=True)
class Mark:
    """How far a follower has seen: the last keys, and those seen within reach of a late row."""

    case_id: int = 0
    action_id: int = 0
    audit_id: int = 0
    closed_at: datetime | None = None
    seen: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A case that was opened, or, with an action, what was done to it."""

    at: datetime
    entry: Entry
    action: Action | None = None

    def concerns(self, moderator: str) -> bool:
        """Whether somebody else has done something to a case that this moderator holds, or held when it was closed."""
        return self.action is not None and self.action.moderator != moderator == self.entry.case.claimed_by


def mark(connection: Connection) -> Mark:
    """The present end of the queue: everything that is there counts as seen."""
    start = Mark(
        case_id=_last(connection, case.c.id),
        action_id=_last(connection, case_action.c.id),
        audit_id=_last(connection, audit.c.id),
        closed_at=connection.execute(select(func.max(case.c.closed_at))).scalar_one(),
    )
    since(connection, start)
    return start


def since(connection: Connection, seen: Mark) -> list[News]:
    """What happened since the mark, in order of time; moves the mark. Four range scans of keys or moments.

    Cases opened, actions taken, claims, and cases that the subscriber settled himself.
    """
    opened = [
        News(at=row.opened_at, entry=to_entry(row))
        for row in connection.execute(ENTRIES.where(case.c.id > seen.case_id - LATE))
    ]
    acted = _acted(connection, seen)
    claims = _claims(connection, seen)
    settled = _settled(connection, seen)
    fresh = [item for item in opened if item.entry.case.id not in seen.seen]
    fresh += [item for item in (*acted, *claims, *settled) if item.action and item.action.id not in seen.seen]
    seen.case_id = max([seen.case_id, *(item.entry.case.id for item in opened)])
    seen.action_id = max([seen.action_id, *(item.action.id for item in acted if item.action)])
    seen.audit_id = max([seen.audit_id, *(item.action.id for item in claims if item.action)])
    seen.closed_at = max([*([seen.closed_at] if seen.closed_at else []), *(item.at for item in settled)], default=None)
    seen.seen = {item.entry.case.id for item in opened}
    seen.seen |= {item.action.id for item in (*acted, *claims, *settled) if item.action}
    return sorted(fresh, key=lambda item: (item.at, item.action is not None))


def _last(connection: Connection, key: Column[int]) -> int:
    return connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()


def _acted(connection: Connection, seen: Mark) -> list[News]:
    columns = [column.label(f"action_{column.name}") for column in case_action.c]
    query = ENTRIES.add_columns(*columns).join(case_action, case_action.c.case_id == case.c.id)
    rows = connection.execute(query.where(case_action.c.id > seen.action_id - LATE))
    actions = [(row, to_action(row, "action_")) for row in rows]
    return [News(at=action.at, entry=to_entry(row), action=action) for row, action in actions]


def _claims(connection: Connection, seen: Mark) -> list[News]:
    """Claims are no part of a case's history, so they stand in the audit log only."""
    columns = [audit.c[name].label(f"audit_{name}") for name in ("id", "at", "who", "what")]
    query = ENTRIES.add_columns(*columns).join(audit, audit.c.case_id == case.c.id)
    query = query.where(audit.c.id > seen.audit_id - LATE, audit.c.what.in_((CLAIMED, RELEASED)))
    return [
        News(
            at=row.audit_at,
            entry=to_entry(row),
            action=Action(
                id=row.audit_id, case_id=row.id, at=row.audit_at, moderator=row.audit_who, action=row.audit_what
            ),
        )
        for row in connection.execute(query)
    ]


def _settled(connection: Connection, seen: Mark) -> list[News]:
    """Cases that a subscriber's new reading has closed: nobody acted, so there is no action but this one."""
    query = ENTRIES.where(case.c.decided_by == SUBSCRIBER)
    if seen.closed_at is not None:
        query = query.where(case.c.closed_at > seen.closed_at - REACH)
    return [
        News(
            at=row.closed_at,
            entry=to_entry(row),
            # No other row has this number: keys are positive.
            action=Action(id=-row.id, case_id=row.id, at=row.closed_at, moderator=SUBSCRIBER, action=row.decision),
        )
        for row in connection.execute(query)
    ]
