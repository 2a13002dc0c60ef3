"""Takes a person's words and name out of what is kept, after he asked to be forgotten.

Rows stay where others need them (billing its readings, the inbox its known events), without who sent them and what he
wrote. Nothing remembers how far the work has come: a row that is done does not match any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, func, not_, or_, select, update

from core.domain.messages import Address
from core.domain.privacy import FORGOTTEN
from core.storage.outbox import BROADCAST, State
from core.storage.sets import among, constant
from core.storage.tables import (
    Instant,
    autopay,
    campaign,
    case,
    case_action,
    erasure,
    event,
    outbox,
    payment_order,
    reading,
    reminder,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's wish to be forgotten: what has a key up to `id` goes, what came later is a new acquaintance."""

    id: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table, and what its rows lose."""

    table: Table
    values: Mapping[str, str]
    born: ColumnElement[int]
    """The key that tells whether a row is older than a wish."""
    only: ColumnElement[bool] | None = field(default=None)
    """Rows that may be touched already; all where it is None."""


# A message that is still to be sent needs its words and its receiver. One that is too late never will be: its channel
# may have been switched off in the middle of sending.
_WAITING: Final = and_(
    or_(outbox.c.state == constant(State.QUEUED), outbox.c.state == constant(State.SENDING)),
    outbox.c.expires_at > bindparam("now", type_=Instant()),
)

# A case may be opened long after what it is about: for a question left unanswered, for a reply that never arrived.
_SUBJECT: Final = func.coalesce(case.c.event_key, case.c.id)

SPOKEN: Final = and_(
    case_action.c.action.in_(("said", "answered", "replied", "asked", "noted")), case_action.c.note != constant("")
)
"""Notes of a case that are words between subscriber and moderator, or about him: not reasons that an audit asks for."""

PARTS: Final = (
    # Before the cases: by them their notes are found.
    Part(table=case_action, values={"note": ""}, born=_SUBJECT, only=SPOKEN),
    Part(table=event, values={"external_id": FORGOTTEN, "text": "", "raw": ""}, born=event.c.id),
    Part(table=reading, values={"external_id": FORGOTTEN}, born=reading.c.id),
    # One that is still open may be paid all the same; nobody is told then.
    Part(table=payment_order, values={"external_id": FORGOTTEN}, born=payment_order.c.id),
    # Its link is gone too, so the planner ends it; without the token nobody can charge anything.
    Part(table=autopay, values={"external_id": FORGOTTEN, "token": "", "label": ""}, born=autopay.c.id),
    Part(table=case, values={"external_id": FORGOTTEN, "text": "", "photo": ""}, born=_SUBJECT),
    Part(
        table=outbox,
        values={"external_id": FORGOTTEN, "text": "", "extra": "", "vendor_id": "", "error": ""},
        born=outbox.c.id,
        only=not_(_WAITING),
    ),
)


def pending(connection: Connection, until: datetime) -> list[Wish]:
    """Wishes up to a moment that are not fulfilled yet, the oldest first."""
    query = select(erasure).where(erasure.c.done_at.is_(None), erasure.c.asked_at <= until).order_by(erasure.c.id)
    return [Wish(row.id, Address(row.channel, row.external_id)) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that is still to be sent to somebody with a wish; `unasked`: nobody waits for it."""

    key: int
    wish: Wish
    unasked: bool


def waiting(connection: Connection, wishes: Sequence[Wish], now: datetime) -> list[Waits]:
    """What is still to be sent to them: at least the answer that says `we forget you`, for a moment."""
    query = select(outbox.c.id, outbox.c.channel, outbox.c.external_id, outbox.c.priority, outbox.c.state).where(
        _WAITING, among(outbox.c.external_id, "who")
    )
    latest = {wish.address: wish for wish in wishes}
    found = []
    for key, channel, external_id, priority, state in connection.execute(query, {"who": _names(wishes), "now": now}):
        wish = latest.get(Address(channel, external_id))
        if wish is not None and key <= wish.id:
            found.append(Waits(key, wish, unasked=priority == BROADCAST and state == State.QUEUED))
    return found


def call_off(connection: Connection, keys: Sequence[int]) -> int:
    """Do not send these any more, unless they are being sent already."""
    chosen = and_(among(outbox.c.id, "keys"), outbox.c.state == constant(State.QUEUED))
    statement = update(outbox).where(chosen).values(state=State.EXPIRED.value)
    return connection.execute(statement, {"keys": list(keys)}).rowcount


def forget_reminders(connection: Connection, wishes: Sequence[Wish]) -> None:
    """Drop who was reminded when."""
    reminded = and_(
        # Rounds are few, and the primary key begins with them.
        reminder.c.campaign.in_(select(campaign.c.key)),
        reminder.c.external_id == bindparam("who"),
        reminder.c.channel == bindparam("channel_"),
        reminder.c.outbox_id <= bindparam("until"),
    )
    rows = [{"who": each.address.external_id, "channel_": each.address.channel, "until": each.id} for each in wishes]
    connection.execute(reminder.delete().where(reminded), rows)


def theirs(connection: Connection, part: Part, wishes: Sequence[Wish], now: datetime) -> list[int]:
    """The keys of a part's rows that belong to the wishes. Reads the whole table where no index has the addresses."""
    latest = _latest(wishes)
    parameters: dict[str, Any] = {"who": _names(wishes), "now": now}
    found = connection.execute(_rows(part), parameters)
    return [key for key, born, channel, external_id in found if born <= latest.get(Address(channel, external_id), 0)]


def wipe(connection: Connection, keys: Sequence[int], part: Part) -> int:
    """Take name and words out of the rows with these keys."""
    statement = update(part.table).where(among(part.table.c.id, "keys")).values(**part.values)
    return connection.execute(statement, {"keys": list(keys)}).rowcount


def finish(connection: Connection, wishes: Sequence[Wish], now: datetime) -> None:
    """Note that the wishes are fulfilled, and forget whose they were."""
    statement = update(erasure).where(among(erasure.c.id, "keys")).values(done_at=now, external_id=FORGOTTEN)
    connection.execute(statement, {"keys": [wish.id for wish in wishes]})


def _rows(part: Part) -> Select[Any]:
    holder = case if part.table is case_action else part.table
    query = select(part.table.c.id, part.born, holder.c.channel, holder.c.external_id)
    if holder is not part.table:
        query = query.join_from(case, part.table, part.table.c.case_id == case.c.id)
    query = query.where(among(holder.c.external_id, "who"))
    return query if part.only is None else query.where(part.only)


def _latest(wishes: Sequence[Wish]) -> dict[Address, int]:
    """The last wish of each address; `wishes` come in the order of their keys."""
    return {wish.address: wish.id for wish in wishes}


def _names(wishes: Sequence[Wish]) -> list[str]:
    return sorted({wish.address.external_id for wish in wishes})
