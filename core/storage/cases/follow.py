"""What happened in the queue since the last look, for whoever follows it live."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from core.domain.keys import SEQUENCE_BITS
from core.storage.cases.lookup import ENTRIES, to_entry
from core.storage.cases.types import Action, Entry, to_action
from core.storage.tables import case, case_action

LATE: Final = (timedelta(seconds=60) // timedelta(milliseconds=1)) << SEQUENCE_BITS
"""A row may be committed after one with a later key, by another process: so far back each look reaches."""


@dataclass(slots=True)
class Mark:
    """How far a follower has seen: the last keys, and those seen within reach of a late row."""

    case_id: int = 0
    action_id: int = 0
    seen: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A case that was opened, or, with an action, what was done to it."""

    at: datetime
    entry: Entry
    action: Action | None = None


def mark(connection: Connection) -> Mark:
    """The present end of the queue: everything that is there counts as seen."""
    start = Mark(
        case_id=connection.execute(select(func.coalesce(func.max(case.c.id), 0))).scalar_one(),
        action_id=connection.execute(select(func.coalesce(func.max(case_action.c.id), 0))).scalar_one(),
    )
    since(connection, start)
    return start


def since(connection: Connection, seen: Mark) -> list[News]:
    """Cases opened and actions taken since the mark, in order of time; moves the mark. Two range scans of keys."""
    opened = [
        News(at=row.opened_at, entry=to_entry(row))
        for row in connection.execute(ENTRIES.where(case.c.id > seen.case_id - LATE))
    ]
    columns = [column.label(f"action_{column.name}") for column in case_action.c]
    query = ENTRIES.add_columns(*columns).join(case_action, case_action.c.case_id == case.c.id)
    acted = []
    for row in connection.execute(query.where(case_action.c.id > seen.action_id - LATE)):
        action = to_action(row, "action_")
        acted.append(News(at=action.at, entry=to_entry(row), action=action))
    fresh = [item for item in opened if item.entry.case.id not in seen.seen]
    fresh += [item for item in acted if item.action and item.action.id not in seen.seen]
    seen.case_id = max([seen.case_id, *(item.entry.case.id for item in opened)])
    seen.action_id = max([seen.action_id, *(item.action.id for item in acted if item.action)])
    seen.seen = {item.entry.case.id for item in opened} | {item.action.id for item in acted if item.action}
    return sorted(fresh, key=lambda item: (item.at, item.action is not None))
