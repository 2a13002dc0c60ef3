"""The queue as a list: pages in the order of urgency, and what there is by kind and age.

Ten thousand open cases are a range of one partial index; a page begins behind the last case of the one before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Select, case, func, or_, select, tuple_, union_all

from core.domain.accounts import search_key
from core.domain.keys import reference_value
from core.domain.phones import subscriber_number
from core.storage import tables
from core.storage.cases.lookup import ENTRIES, to_entry
from core.storage.cases.types import OPEN, Case, Entry, Filters
from core.storage.sets import constant
from core.storage.tables import account, account_alias

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

REFERENCE: Final = re.compile(r"[0-9A-HJKMNP-TV-Za-hjkmnp-tv-zOoIiLl]{5}(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-zOoIiLl]{3})?")

_CASE: Final = tables.case.c
_URGENT: Final = (_CASE.priority, _CASE.due_at, _CASE.id)
_OPENED: Final = (_CASE.opened_at, _CASE.id)
_DECIDED: Final = (_CASE.closed_at, _CASE.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many cases of a kind there are, by how long they have been open."""

    kind: str
    total: int
    within_hour: int
    within_day: int
    """Longer than an hour."""
    older: int
    overdue: int
    """Of all of them, those that should have been decided by now."""
    claimed: int
    """Of all of them, those that somebody works on."""


def page(
    connection: Connection,
    filters: Filters,
    limit: int,
    after: Case | None = None,
    *,
    newest: bool = False,
    recent: bool = False,
) -> list[Entry]:
    """A page of cases behind `after`: open ones the most urgent first, others in the order of opening.

    With `newest` it is the last page in the order of opening; with `recent` those decided last go first.
    """
    if recent:
        return _recent(connection, filters, limit, after)
    by_urgency = filters.state == OPEN and not newest
    order: Sequence[Column[Any]] = _URGENT if by_urgency else _OPENED
    query = filtered(ENTRIES, filters)
    if after is not None:
        place = (after.priority, after.due_at, after.id) if by_urgency else (after.opened_at, after.id)
        query = query.where(tuple_(*order) > place)
    query = query.order_by(*(column.desc() if newest else column for column in order)).limit(limit)
    entries = [to_entry(row) for row in connection.execute(query)]
    return entries[::-1] if newest else entries


def _recent(connection: Connection, filters: Filters, limit: int, after: Case | None) -> list[Entry]:
    query = filtered(ENTRIES, filters).where(_CASE.closed_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(*_DECIDED) < (after.closed_at, after.id))
    query = query.order_by(*(column.desc() for column in _DECIDED)).limit(limit)
    return [to_entry(row) for row in connection.execute(query)]


def count(connection: Connection, filters: Filters, now: datetime) -> list[Count]:
    """How many cases of each kind there are, the largest kind first."""
    opened, claimed = _CASE.opened_at, _CASE.claimed_until
    query = filtered(
        select(
            _CASE.kind,
            func.count().label("total"),
            _sum(opened > now - HOUR).label("within_hour"),
            _sum((opened <= now - HOUR) & (opened > now - DAY)).label("within_day"),
            _sum(opened <= now - DAY).label("older"),
            _sum((_CASE.state == constant(OPEN)) & (_CASE.due_at <= now)).label("overdue"),
            _sum((_CASE.state == constant(OPEN)) & (claimed > now)).label("claimed"),
        ),
        filters,
    ).group_by(_CASE.kind)
    rows = connection.execute(query.order_by(func.count().desc(), _CASE.kind))
    return [Count(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    """The query with the filters' conditions."""
    return query.where(*conditions(filters))


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask of a case."""
    wanted = {
        _CASE.branch: filters.branch,
        _CASE.kind: filters.kind,
        _CASE.channel: filters.channel,
        _CASE.claimed_by: filters.claimed_by,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value]
    if filters.branches:
        found.append(_CASE.branch.in_(sorted(filters.branches)))
    if filters.state:
        found.append(_in_state(filters.state))
    if filters.claimed_by or filters.held:
        found.append(_CASE.claimed_until > filters.at)
    if filters.free:
        found.append(is_free(filters.at))
    if filters.opened_before is not None:
        found.append(_CASE.opened_at < filters.opened_before)
    if filters.opened_after is not None:
        found.append(_CASE.opened_at >= filters.opened_after)
    if filters.due_before is not None:
        found.append(_CASE.due_at <= filters.due_before)
    if filters.passed:
        found.append(_CASE.id.not_in(filters.passed))
    if filters.search:
        found.append(_CASE.id.in_(_matches(filters.search, filters.state)))
    return found


def is_free(now: datetime | None) -> ColumnElement[bool]:
    """Nobody works on the case."""
    return or_(_CASE.claimed_until.is_(None), _CASE.claimed_until <= now)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, constant(1)), else_=constant(0))), 0)


def _in_state(state: str) -> ColumnElement[bool]:
    # A partial index is used only where its condition stands in the statement itself.
    value = constant(OPEN) if state == OPEN else state
    wanted: ColumnElement[bool] = _CASE.state == value
    return wanted


def _matches(search: str, state: str) -> Any:  # noqa: ANN401 - SQLAlchemy's selectable types are not for signatures
    """The keys of cases that a search finds, each leg by an index of its own.

    Words are looked for as typed, in small letters, in capitals and with a capital first: SQLite knows no other
    alphabet's capitals than the Latin ones. They are compared with all cases of the state.
    """
    words = " ".join(search.split())
    numbered = select(account.c.id).where(account.c.number_key == search_key(words))
    former = select(account_alias.c.account_id).where(account_alias.c.old_key == search_key(words))
    spellings = {words, words.lower(), words.upper(), words.capitalize()}
    texts = [_CASE.text.contains(spelling, autoescape=True) for spelling in sorted(spellings)]
    legs = [
        select(_CASE.id).where(_CASE.account_id.in_(numbered)),
        select(_CASE.id).where(_CASE.account_id.in_(former)),
        select(_CASE.id).where(or_(*texts), *([_in_state(state)] if state else [])),
    ]
    phone = subscriber_number(words)
    if phone is not None:
        of_phone = select(account.c.id).where(account.c.phone == phone)
        legs.append(select(_CASE.id).where(_CASE.external_id == phone))
        legs.append(select(_CASE.id).where(_CASE.account_id.in_(of_phone)))
    value, modulus = _reference(words)
    if modulus:
        fits = or_(_CASE.id % modulus == value, _CASE.reading_id % modulus == value)
        legs.append(select(_CASE.id).where(fits, *([_in_state(state)] if state else [])))
    return union_all(*legs)


def _reference(words: str) -> tuple[int, int]:
    """The value of a reference's letters and their modulus; zeros for what is none: five letters or the long eight."""
    letters = words.lstrip("№#")
    return reference_value(letters) if REFERENCE.fullmatch(letters) else (0, 0)


def before(connection: Connection, filters: Filters, item: Case) -> Case | None:
    """The open case that stands before this one in the order of urgency."""
    query = filtered(ENTRIES, filters).where(tuple_(*_URGENT) < (item.priority, item.due_at, item.id))
    row = connection.execute(query.order_by(*(column.desc() for column in _URGENT)).limit(1)).one_or_none()
    return None if row is None else to_entry(row).case
