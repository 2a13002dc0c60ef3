"""What happened in the queue since the last look, for whoever follows it live."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Row, Select, func, select

from core.domain.keys import SEQUENCE_BITS
from core.storage.cases.lookup import ENTRIES, to_entry
from core.storage.cases.types import Action, Entry, to_action
from core.storage.sets import among
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
    start.seen = {key for part in _keys(connection, start) for key in part}
    return start


def since(connection: Connection, seen: Mark) -> list[News]:
    """What happened since the mark, in order of time; moves the mark.

    Cases opened, actions taken, claims, and cases that the subscriber settled himself: four range scans that give keys
    only, and one statement more for each kind of which there is something new.
    """
    keys = _keys(connection, seen)
    fresh = _Keys(*([key for key in part if key not in seen.seen] for part in keys))
    news = [
        *_opened(connection, fresh.opened),
        *_acted(connection, fresh.acted),
        *_claims(connection, fresh.claims),
        *_settled(connection, fresh.settled),
    ]
    _move(seen, keys, news)
    return sorted(news, key=lambda item: (item.at, item.action is not None))


class _Keys(NamedTuple):
    """Rows within reach."""

    opened: list[int]
    acted: list[int]
    claims: list[int]
    settled: list[int]
    """Keys of cases, negative: no other row has this number."""


def _keys(connection: Connection, seen: Mark) -> _Keys:
    claims = select(audit.c.id).where(audit.c.id > seen.audit_id - LATE, audit.c.what.in_((CLAIMED, RELEASED)))
    settled = select(case.c.id).where(case.c.decided_by == SUBSCRIBER)
    if seen.closed_at is not None:
        settled = settled.where(case.c.closed_at > seen.closed_at - REACH)
    return _Keys(
        list(connection.execute(select(case.c.id).where(case.c.id > seen.case_id - LATE)).scalars()),
        list(connection.execute(select(case_action.c.id).where(case_action.c.id > seen.action_id - LATE)).scalars()),
        list(connection.execute(claims).scalars()),
        [-key for key in connection.execute(settled).scalars()],
    )


def _move(seen: Mark, keys: _Keys, news: Iterable[News]) -> None:
    seen.case_id = max([seen.case_id, *keys.opened])
    seen.action_id = max([seen.action_id, *keys.acted])
    seen.audit_id = max([seen.audit_id, *keys.claims])
    closed = [item.at for item in news if item.action is not None and item.action.id < 0]
    seen.closed_at = max([*([seen.closed_at] if seen.closed_at else []), *closed], default=None)
    seen.seen = {key for part in keys for key in part}


def _last(connection: Connection, key: Column[int]) -> int:
    return connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one()


def _rows(connection: Connection, query: Select[Any], key: Column[int], keys: list[int]) -> list[Row[Any]]:
    """The rows with these keys; no statement where there are none."""
    return list(connection.execute(query.where(among(key, "keys")), {"keys": keys})) if keys else []


def _opened(connection: Connection, keys: list[int]) -> list[News]:
    return [News(at=row.opened_at, entry=to_entry(row)) for row in _rows(connection, ENTRIES, case.c.id, keys)]


def _acted(connection: Connection, keys: list[int]) -> list[News]:
    columns = [column.label(f"action_{column.name}") for column in case_action.c]
    query = ENTRIES.add_columns(*columns).join(case_action, case_action.c.case_id == case.c.id)
    actions = [(row, to_action(row, "action_")) for row in _rows(connection, query, case_action.c.id, keys)]
    return [News(at=action.at, entry=to_entry(row), action=action) for row, action in actions]


def _claims(connection: Connection, keys: list[int]) -> list[News]:
    """Claims are no part of a case's history, so they stand in the audit log only."""
    columns = [audit.c[name].label(f"audit_{name}") for name in ("id", "at", "who", "what")]
    query = ENTRIES.add_columns(*columns).join(audit, audit.c.case_id == case.c.id)
    return [
        News(
            at=row.audit_at,
            entry=to_entry(row),
            action=Action(
                id=row.audit_id, case_id=row.id, at=row.audit_at, moderator=row.audit_who, action=row.audit_what
            ),
        )
        for row in _rows(connection, query, audit.c.id, keys)
    ]


def _settled(connection: Connection, keys: list[int]) -> list[News]:
    """Cases that a subscriber's new reading has closed: nobody acted, so there is no action but this one."""
    return [
        News(
            at=row.closed_at,
            entry=to_entry(row),
            action=Action(id=-row.id, case_id=row.id, at=row.closed_at, moderator=SUBSCRIBER, action=row.decision),
        )
        for row in _rows(connection, ENTRIES, case.c.id, [-key for key in keys])
    ]
