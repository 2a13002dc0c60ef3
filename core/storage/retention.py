"""What is kept for how long, as a table: which rows are due, and whether they lose their words or go altogether.

Rows are found on a reader's connection, a page at a time in the order of their keys, and changed in short writes that
look again whether they are due. Nothing remembers how far the work has come: what is done is not due any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, bindparam, exists, func, or_, select, update

from core.domain.keys import first_key
from core.domain.retention import Periods
from core.storage.cases.types import CLOSED, PENDING
from core.storage.erasure import SPOKEN
from core.storage.profiles import GUESSES_COUNT
from core.storage.sets import among, constant
from core.storage.tables import (
    Instant,
    Key,
    audit,
    autopay,
    autopay_charge,
    bulk,
    bulk_item,
    campaign,
    case,
    case_action,
    event,
    guess,
    handover,
    link,
    outbox,
    payment_attempt,
    payment_notice,
    payment_order,
    payment_page,
    profile,
    reading,
    reminder,
    staff_post,
)

PAGE: Final = 5_000
"""Rows found at a time."""
LINKS_KEPT: Final = timedelta(days=30)
"""How long a one-time link that is used or too old still says who was sent to our page, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A kind of row that goes, or loses some columns, when it is old enough."""

    name: str
    """For people and logs."""
    table: Table
    key: Column[Any]
    """What rows are found and changed by; several rows may share one."""
    due: ColumnElement[bool]
    loses: tuple[str, ...] = ()
    """The columns that are emptied; the whole row goes where there are none."""


def _moment(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Instant())


def _older(table: Table, name: str) -> ColumnElement[bool]:
    """Keys grow with time, so the primary key serves as the index of time."""
    older: ColumnElement[bool] = table.c.id < bindparam(f"{name}_key", type_=Key)
    return older


def _older_bulk(key: Column[Any]) -> ColumnElement[bool]:
    older: ColumnElement[bool] = key < bindparam("words_key", type_=Key)
    return older


def _holds(*columns: Column[Any]) -> ColumnElement[bool]:
    return or_(*(column != constant("") for column in columns))


_ENDED: Final = and_(case.c.state == constant(CLOSED), case.c.closed_at < _moment("words"))
_GONE: Final = and_(case.c.state == constant(CLOSED), case.c.closed_at < _moment("readings"))
_LINKED: Final = exists().where(link.c.external_id == profile.c.external_id, link.c.channel == profile.c.channel)
_OLD_ROUND: Final = campaign.c.finished_at < _moment("words")

STEPS: Final = (
    Step(
        name="words of messages",
        table=event,
        key=event.c.id,
        due=and_(_older(event, "words"), _holds(event.c.text, event.c.raw)),
        loses=("text", "raw"),
    ),
    # Whatever waits to be sent is younger: replies expire after three days.
    Step(
        name="words of replies",
        table=outbox,
        key=outbox.c.id,
        due=and_(_older(outbox, "words"), _holds(outbox.c.text, outbox.c.extra)),
        loses=("text", "extra"),
    ),
    Step(
        name="words of cases",
        table=case,
        key=case.c.id,
        due=and_(_ENDED, _holds(case.c.text, case.c.photo)),
        loses=("text", "photo"),
    ),
    Step(
        name="notes of cases",
        table=case_action,
        key=case_action.c.id,
        due=and_(SPOKEN, case_action.c.case_id.in_(select(case.c.id).where(_ENDED))),
        loses=("note",),
    ),
    Step(
        name="dialogues",
        table=profile,
        key=profile.c.external_id,
        due=and_(profile.c.heard_at < _moment("words"), _holds(profile.c.dialogue)),
        loses=("dialogue",),
    ),
    Step(
        name="idle profiles",
        table=profile,
        key=profile.c.external_id,
        due=and_(profile.c.heard_at < _moment("idle"), ~_LINKED),
    ),
    Step(name="failed proofs", table=guess, key=guess.c.id, due=guess.c.at < _moment("guesses")),
    Step(
        name="one-time links",
        table=handover,
        key=handover.c.digest,
        due=func.coalesce(handover.c.used_at, handover.c.expires_at) < _moment("links"),
    ),
    Step(
        name="payment pages",
        table=payment_page,
        key=payment_page.c.digest,
        due=payment_page.c.expires_at < _moment("links"),
    ),
    Step(name="posts to staff", table=staff_post, key=staff_post.c.id, due=_older(staff_post, "words")),
    Step(
        name="providers' calls",
        table=payment_notice,
        key=payment_notice.c.id,
        due=_older(payment_notice, "words"),
    ),
    # Attempts before their orders, which they refer to.
    Step(
        name="payment attempts",
        table=payment_attempt,
        key=payment_attempt.c.id,
        due=and_(_older(payment_attempt, "readings"), payment_attempt.c.look_at.is_(None)),
    ),
    Step(
        name="orders of payments",
        table=payment_order,
        key=payment_order.c.id,
        due=and_(_older(payment_order, "readings"), ~exists().where(payment_attempt.c.order_id == payment_order.c.id)),
    ),
    Step(
        name="charges of autopay",
        table=autopay_charge,
        key=autopay_charge.c.id,
        due=_older(autopay_charge, "readings"),
    ),
    Step(
        name="autopays",
        table=autopay,
        key=autopay.c.id,
        due=and_(
            _older(autopay, "readings"),
            autopay.c.state.in_([constant("stopped"), constant("binding")]),
            ~exists().where(autopay_charge.c.autopay_id == autopay.c.id),
        ),
    ),
    Step(
        name="reminders",
        table=reminder,
        key=reminder.c.external_id,
        due=reminder.c.campaign.in_(select(campaign.c.key).where(_OLD_ROUND)),
    ),
    Step(
        name="rounds of reminders",
        table=campaign,
        key=campaign.c.key,
        due=and_(_OLD_ROUND, ~exists().where(reminder.c.campaign == campaign.c.key)),
    ),
    # Actions before their cases, which they refer to.
    Step(
        name="actions of cases",
        table=case_action,
        key=case_action.c.id,
        due=case_action.c.case_id.in_(select(case.c.id).where(_GONE)),
    ),
    Step(
        name="cases",
        table=case,
        key=case.c.id,
        due=and_(_GONE, ~exists().where(case_action.c.case_id == case.c.id)),
    ),
    Step(name="audit", table=audit, key=audit.c.id, due=_older(audit, "readings")),
    # Nothing of them can be undone any more, long since.
    Step(
        name="cases of bulk decisions", table=bulk_item, key=bulk_item.c.bulk_id, due=_older_bulk(bulk_item.c.bulk_id)
    ),
    Step(
        name="bulk decisions",
        table=bulk,
        key=bulk.c.id,
        due=and_(_older_bulk(bulk.c.id), ~exists().where(bulk_item.c.bulk_id == bulk.c.id)),
    ),
    Step(
        name="readings",
        table=reading,
        key=reading.c.id,
        due=and_(_older(reading, "readings"), reading.c.status.not_in([constant(status) for status in PENDING])),
    ),
    Step(name="replies", table=outbox, key=outbox.c.id, due=_older(outbox, "readings")),
    Step(name="messages", table=event, key=event.c.id, due=_older(event, "readings")),
)
"""In the order in which they are done."""


def moments(periods: Periods, now: datetime) -> dict[str, Any]:
    """From when on things are kept: the parameters of all steps."""
    words, readings = now - periods.words, now - periods.readings
    return {
        "words": words,
        "words_key": first_key(words),
        "readings": readings,
        "readings_key": first_key(readings),
        "idle": now - periods.idle,
        "guesses": now - GUESSES_COUNT,
        "links": now - LINKS_KEPT,
    }


def count(connection: Connection, step: Step, since: dict[str, Any]) -> int:
    """How many rows are due."""
    return int(connection.execute(select(func.count()).select_from(step.table).where(step.due), since).scalar_one())


def due(connection: Connection, step: Step, since: dict[str, Any], after: Any) -> list[Any]:  # noqa: ANN401 - a key is a number or a text
    """The next keys of rows that are due, at most `PAGE`, behind `after`; None is before all."""
    query = select(step.key).where(step.due).distinct().order_by(step.key).limit(PAGE)
    if after is not None:
        query = query.where(step.key > after)
    return list(connection.execute(query, since).scalars())


def clear(connection: Connection, keys: Sequence[Any], step: Step, since: dict[str, Any]) -> int:
    """Empty or drop the rows with these keys that are still due."""
    chosen = and_(among(step.key, "keys"), step.due)
    statement = (
        update(step.table).where(chosen).values(dict.fromkeys(step.loses, ""))
        if step.loses
        else (step.table.delete().where(chosen))
    )
    return connection.execute(statement, since | {"keys": list(keys)}).rowcount
