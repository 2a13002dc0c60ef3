"""Finds cases by their short references, and paints the full picture of one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select

from core.domain.accounts import Meter, search_key
from core.domain.keys import reference_value
from core.domain.privacy import FORGOTTEN
from core.domain.readings import Reading
from core.storage.cases.types import (
    OPEN,
    Action,
    Case,
    Elsewhere,
    Entry,
    Line,
    Picture,
    Subscriber,
    Target,
    to_action,
    to_case,
)
from core.storage.load import HISTORY, to_meter, to_reading
from core.storage.sets import among, constant
from core.storage.tables import account, account_alias, case, case_action, event, meter, outbox, profile, reading

DIALOGUE: Final = 8
"""How many of an address's last messages a moderator sees, each with its answer."""
CANDIDATES: Final = 10
SHORTEST: Final = 3
"""Fewer letters are more likely a slip of the keyboard than a reference."""
LARGEST_KEY: Final = 2**63 - 1

ENTRIES: Final = (
    select(case, account.c.number, meter.c.serial, reading.c.t1, reading.c.t2, reading.c.t3, reading.c.consumption)
    .select_from(case)
    .outerjoin(account, account.c.id == case.c.account_id)
    .outerjoin(meter, meter.c.id == case.c.meter_id)
    .outerjoin(reading, reading.c.id == case.c.reading_id)
)
"""Cases with what a line of the list says about them; `to_entry` reads the rows."""


class ReferenceRefused(Exception):
    """A reference that does not name one case; the text says why."""


class CaseNotFound(ReferenceRefused):
    """No case has this reference."""

    def __init__(self, text: str) -> None:
        super().__init__(f"there is no case {text!r}")


class AmbiguousReference(ReferenceRefused):
    """Several cases fit the reference; the text lists them by longer ones."""

    def __init__(self, text: str, candidates: list[Case]) -> None:
        self.candidates = tuple(candidates)
        named = ", ".join(f"{item.long_reference} ({item.kind}, {item.state})" for item in candidates)
        super().__init__(f"{text!r} may mean several cases: {named}")


def find(connection: Connection, text: str) -> Case:
    """The case that a reference names, be it the case's own or its reading's.

    Open cases go first: five letters repeat once in 16 million keys, and nobody means a case of last year by them.

    Raises:
        ReferenceRefused: it names no case, or several.
    """
    try:
        value, modulus = reference_value(text)
    except ValueError as error:
        raise ReferenceRefused(str(error)) from None
    if modulus < 32**SHORTEST:
        raise ReferenceRefused(f"{text!r} is too short: give at least {SHORTEST} letters of the reference")
    if value > LARGEST_KEY:
        raise CaseNotFound(text)
    columns = (case.c.id, case.c.reading_id)
    fits = or_(*(column == value if modulus > LARGEST_KEY else column % modulus == value for column in columns))
    query = select(case).where(fits).order_by(case.c.id).limit(CANDIDATES)
    rows = connection.execute(query.where(case.c.state == constant(OPEN))).all() or connection.execute(query).all()
    found = [to_case(row) for row in rows]
    if not found:
        raise CaseNotFound(text)
    if len(found) > 1:
        raise AmbiguousReference(text, found)
    return found[0]


def of_keys(connection: Connection, keys: Sequence[int]) -> list[Case]:
    """The cases with these keys, in this order; what is not there is passed by."""
    rows = connection.execute(select(case).where(among(case.c.id, "keys")), {"keys": list(keys)})
    found = {row.id: to_case(row) for row in rows}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def picture(connection: Connection, item: Case, now: datetime, elsewhere: Elsewhere | None = None) -> Picture:
    """All that a decision about the case needs; the number of statements depends on nothing but `elsewhere`."""
    # A case of an undelivered reply names no account, but the message that the reply answers may.
    of_event = select(event.c.account_id).where(event.c.id == item.event_key).scalar_subquery()
    subscriber = connection.execute(
        select(account).where(account.c.id == func.coalesce(item.account_id, of_event))
    ).one_or_none()
    known = connection.execute(
        select(profile.c.language, profile.c.closed_at).where(
            profile.c.external_id == item.address.external_id, profile.c.channel == item.address.channel
        )
    ).one_or_none()
    subject = connection.execute(select(meter).where(meter.c.id == item.meter_id)).one_or_none()
    return Picture(
        case=item,
        account=None if subscriber is None else _to_subscriber(subscriber),
        meter=_meter(subject),
        readings=_readings(connection, item, now),
        typed=_typed(connection, item),
        dialogue=_dialogue(connection, item),
        actions=_actions(connection, item),
        related=_related(connection, item),
        language=(known.language if known else "") or item.language,
        unreachable=known is not None and known.closed_at is not None,
        target=None if elsewhere is None else _target(connection, item, now, elsewhere),
    )


def to_entry(row: Row[Any]) -> Entry:
    """A row of `ENTRIES`."""
    return Entry(
        case=to_case(row),
        account=row.number or "",
        serial=row.serial or "",
        values=tuple(value for value in (row.t1, row.t2, row.t3) if value is not None),
        consumption=row.consumption,
    )


def _to_subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(id=row.id, number=row.number, branch=row.branch, address=row.address, phone=row.phone)


def _meter(row: Row[Any] | None) -> Meter | None:
    return None if row is None else to_meter(row)


def _readings(connection: Connection, item: Case, now: datetime) -> tuple[Reading, ...]:
    recent = (reading.c.meter_id == item.meter_id) & (reading.c.sent_at >= now - HISTORY)
    query = select(reading).where(recent | (reading.c.id == item.reading_id))
    return tuple(to_reading(row) for row in connection.execute(query.order_by(reading.c.sent_at, reading.c.id)))


def _target(connection: Connection, item: Case, now: datetime, elsewhere: Elsewhere) -> Target:
    key = search_key(elsewhere.account)
    former = select(account_alias.c.account_id).where(account_alias.c.old_key == key)
    wanted = or_(account.c.number_key == key, account.c.id.in_(former)) if elsewhere.account else _own(item)
    # One number may be an account's own and another's former one: the present one is meant.
    rows = connection.execute(select(account).where(wanted)).all()
    row = next((each for each in rows if each.number_key == key), rows[0] if rows else None)
    if row is None:
        return Target(account=None, meters=(), readings=())
    meters = select(meter).where(meter.c.account_id == row.id).order_by(meter.c.serial)
    if elsewhere.serial:
        meters = meters.where(meter.c.serial_key == search_key(elsewhere.serial))
    found = tuple(to_meter(each) for each in connection.execute(meters))
    query = select(reading).where(
        reading.c.meter_id.in_([each.id for each in found]), reading.c.sent_at >= now - HISTORY
    )
    readings = connection.execute(query.order_by(reading.c.sent_at, reading.c.id))
    return Target(account=_to_subscriber(row), meters=found, readings=tuple(to_reading(each) for each in readings))


def _own(item: Case) -> ColumnElement[bool]:
    own: ColumnElement[bool] = account.c.id == item.account_id
    return own


def _typed(connection: Connection, item: Case) -> str:
    """A confirmed reading's case came of the confirmation, so the reading's own message goes first."""
    of_reading = select(reading.c.event_key).where(reading.c.id == item.reading_id).scalar_subquery()
    query = select(event.c.id, event.c.text).where((event.c.id == item.event_key) | (event.c.id == of_reading))
    texts = [row.text for row in connection.execute(query.order_by(event.c.id))]
    return texts[0] if texts else item.text


def _dialogue(connection: Connection, item: Case) -> tuple[Line, ...]:
    """Ours are the answers, which bear the key of what they answer, and what moderators wrote about this account."""
    if item.address.external_id == FORGOTTEN:
        # That is everybody who was forgotten.
        return ()
    said = connection.execute(
        select(event)
        .where(event.c.external_id == item.address.external_id, event.c.channel == item.address.channel)
        .order_by(event.c.received_at.desc(), event.c.id.desc())
        .limit(DIALOGUE)
    ).all()
    of_moderators = (
        select(case_action.c.outbox_id)
        .join_from(case_action, case, case.c.id == case_action.c.case_id)
        .where(_same_account(item), case_action.c.outbox_id.is_not(None))
    )
    keys = [row.id for row in said] + [item.event_key or 0]
    answers = connection.execute(select(outbox).where(outbox.c.id.in_(keys) | outbox.c.id.in_(of_moderators))).all()
    lines = [Line(at=row.received_at, ours=False, text=row.text, note=row.code) for row in said]
    lines += [
        Line(at=row.created_at, ours=True, text=row.text, note=row.state)
        for row in answers
        if row.external_id == item.address.external_id and row.channel == item.address.channel
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.ours)))[-2 * DIALOGUE :]


def _actions(connection: Connection, item: Case) -> tuple[Action, ...]:
    query = select(case_action).where(case_action.c.case_id == item.id).order_by(case_action.c.id)
    return tuple(to_action(row) for row in connection.execute(query))


def _related(connection: Connection, item: Case) -> tuple[Case, ...]:
    query = select(case).where(_same_account(item), case.c.id != item.id, case.c.state == OPEN)
    return tuple(to_case(row) for row in connection.execute(query.order_by(case.c.opened_at, case.c.id)))


def _same_account(item: Case) -> ColumnElement[bool]:
    """Cases of the same account; of the same address, where the account is not known."""
    if item.account_id is not None:
        return or_(case.c.id == item.id, case.c.account_id == item.account_id)
    if item.address.external_id == FORGOTTEN:
        return or_(case.c.id == item.id, false())
    address = and_(case.c.external_id == item.address.external_id, case.c.channel == item.address.channel)
    return or_(case.c.id == item.id, address)
