"""Stores the decisions of a batch with a fixed number of statements, however large the batch is."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, or_, update

from core.domain.cases import due, urgency
from core.domain.decisions import Decision
from core.domain.messages import Delivery, DeliveryReported, PhotoReceived
from core.domain.readings import Reading, Status
from core.storage.extras import Extra, to_text
from core.storage.outbox import REPLY
from core.storage.profiles import store_profiles
from core.storage.sets import Change, among, constant, insert_together
from core.storage.tables import case, case_action, event, microseconds, outbox, reading

REPLY_EXPIRES: Final = timedelta(hours=72)
"""As long as a gateway keeps an SMS; an answer that comes later only puzzles."""
SUBSCRIBER: Final = "subscriber"
"""Who has written a note of a case, where no moderator has."""

PHOTO_KEY: Final = "photo"
"""Under this name the event of a picture keeps what the channel fetches it by."""

_EVENT: Final = (
    "id",
    "channel",
    "event_id",
    "external_id",
    "kind",
    "sent_at",
    "sent_at_believed",
    "received_at",
    "text",
    "raw",
    "outcome",
    "code",
    "account_id",
)
_READING: Final = (
    "id",
    "account_id",
    "meter_id",
    "period",
    "t1",
    "t2",
    "t3",
    "typed",
    "consumption",
    "status",
    "code",
    "channel",
    "external_id",
    "event_key",
    "sent_at",
    "received_at",
    "asked_until",
    "decided_by",
)
_CASE: Final = (
    "id",
    "kind",
    "state",
    "branch",
    "account_id",
    "meter_id",
    "reading_id",
    "event_key",
    "channel",
    "external_id",
    "text",
    "photo",
    "language",
    "opened_at",
    "priority",
    "due_at",
)
_NOTE: Final = ("id", "case_id", "at", "moderator", "action", "note")
_OUTBOX: Final = (
    "id",
    "channel",
    "external_id",
    "priority",
    "text",
    "state",
    "attempts",
    "created_at",
    "due_at",
    "expires_at",
    "extra",
)
Row = tuple[Any, ...]

_encode = json.JSONEncoder(ensure_ascii=False).encode

_CHANGE_READING = Change(
    update(reading)
    .where(reading.c.id == bindparam("key"))
    .values(status=bindparam("to_status"), code=bindparam("to_code"), decided_by=bindparam("by"))
)
_RESEND_READING = Change(update(reading).where(reading.c.id == bindparam("key")).values(sent_at=bindparam("at")))
_CLOSE_CASES = Change(
    update(case)
    # Not `= 'open'`: SQLite would rather walk through all open cases than look the readings' up.
    .where(among(case.c.reading_id, "keys"), case.c.state != constant("closed"))
    .values(
        state=constant("closed"),
        closed_at=bindparam("at"),
        decision=constant("superseded"),
        decided_by=constant("subscriber"),
        version=case.c.version + constant(1),
    )
)
_TOUCH_CASES = Change(update(case).where(among(case.c.id, "keys")).values(version=case.c.version + constant(1)))
# Not IN: SQLAlchemy would expand the list, which it cannot for many rows at once.
_UNDECIDED = or_(*(outbox.c.state == state for state in ("sent", "sending", "unknown", "queued")))
_DELIVERY = (
    update(outbox)
    .where(outbox.c.id == bindparam("key"), _UNDECIDED)
    .values(state=bindparam("to_state"), error=bindparam("why"))
)


def store(connection: Connection, decisions: Sequence[Decision], new_key: Callable[[], int], now: datetime) -> None:
    """Write a batch's decisions. Runs inside the batch's transaction, after `load` and the deciding."""
    told = [decision for decision in decisions if decision.delivery is None]
    replied = [decision for decision in told if decision.reply is not None]
    insert_together(
        connection,
        (event, _EVENT, [_event_row(decision) for decision in told]),
        (reading, _READING, [_reading_row(item, decision) for decision in told for item in decision.readings]),
        (case, _CASE, [row for decision in told for row in _case_rows(decision, new_key, now)]),
        (outbox, _OUTBOX, [*_reply_rows(replied, now), *_notice_rows(told, new_key, now)]),
        (case_action, _NOTE, _note_rows(told, new_key, now)),
    )
    noted = [note.case_id for decision in told for note in decision.notes]
    if noted:  # a moderator who looks at one of them must see what was added
        _TOUCH_CASES.once(connection, keys=noted)
    # After the cases: what one message of the batch opens, the next may settle.
    _change_readings(connection, told, now)
    store_profiles(connection, told, new_key, now)
    _record_deliveries(connection, [decision for decision in decisions if decision.delivery is not None])


def _event_row(decision: Decision) -> Row:
    came = decision.event
    return (
        decision.key,
        came.address.channel,
        came.event_id,
        came.address.external_id,
        type(came).__name__,
        microseconds(came.sent_at),
        decision.sent_at == came.sent_at,
        microseconds(decision.received_at),
        decision.text,
        _raw(decision),
        decision.outcome.value,
        decision.code,
        decision.account_id,
    )


def _raw(decision: Decision) -> str:
    """The payload without secrets; of a picture its reference too (`core.storage.photos`)."""
    came = decision.event
    raw = {**came.raw, PHOTO_KEY: came.photo} if isinstance(came, PhotoReceived) else dict(came.raw)
    return _encode(raw) if raw and decision.keep_raw else ""


def _reading_row(item: Reading, decision: Decision) -> Row:
    t1, t2, t3 = (*item.values, None, None)[:3]
    return (
        item.id,
        item.account_id,
        item.meter_id,
        item.period,
        t1,
        t2,
        t3,
        " ".join(map(str, item.typed)),
        item.consumption,
        item.status.value,
        item.code.value,
        item.address.channel,
        item.address.external_id,
        decision.key,
        microseconds(item.sent_at),
        microseconds(item.received_at),
        microseconds(item.asked_until) if item.asked_until is not None else None,
        item.decided_by,
    )


def _change_readings(connection: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    # The last state of each counts: one message of the batch may change what another has made.
    changed = {item.id: item for decision in decisions for item in decision.changed}
    resent = {item.id: item for decision in decisions for item in decision.resent}
    if resent:
        moved = [{"key": item.id, "at": microseconds(item.sent_at)} for item in resent.values()]
        _RESEND_READING.each(connection, moved)
    if not changed:
        return
    _CHANGE_READING.each(connection, [_change(item) for item in changed.values()])
    settled = [item.id for item in changed.values() if item.status is not Status.IN_REVIEW]
    if settled:
        _CLOSE_CASES.once(connection, keys=settled, at=microseconds(now))


def _change(item: Reading) -> dict[str, Any]:
    return {
        "key": item.id,
        "to_status": item.status.value,
        "to_code": item.code.value,
        "by": item.decided_by,
    }


def _case_rows(decision: Decision, new_key: Callable[[], int], now: datetime) -> list[Row]:
    address = decision.event.address
    return [
        (
            opened.id or new_key(),
            opened.kind,
            "open",
            opened.branch,
            opened.account_id,
            opened.meter_id,
            opened.reading_id,
            decision.key,
            address.channel,
            address.external_id,
            opened.text,
            opened.photo,
            opened.language,
            microseconds(now),
            urgency(opened.kind).priority,
            microseconds(due(opened.kind, now)),
        )
        for opened in decision.cases
    ]


def _reply_rows(decisions: Sequence[Decision], now: datetime) -> list[Row]:
    moment, expires = microseconds(now), microseconds(now + REPLY_EXPIRES)
    return [
        (
            decision.key,
            decision.event.address.channel,
            decision.event.address.external_id,
            REPLY,
            decision.reply,
            "queued",
            0,
            moment,
            microseconds(now + decision.patience) if decision.patience else moment,
            expires,
            to_text(Extra(decision.buttons, decision.link, decision.link_label)),
        )
        for decision in decisions
    ]


def _notice_rows(decisions: Sequence[Decision], new_key: Callable[[], int], now: datetime) -> list[Row]:
    moment = microseconds(now)
    return [
        (
            new_key(),
            notice.to.channel,
            notice.to.external_id,
            REPLY,
            notice.text,
            "queued",
            0,
            moment,
            moment,
            microseconds(now + notice.lasts),
            "",
        )
        for decision in decisions
        for notice in decision.notices
    ]


def _note_rows(decisions: Sequence[Decision], new_key: Callable[[], int], now: datetime) -> list[Row]:
    return [
        (new_key(), note.case_id, microseconds(now), SUBSCRIBER, "said", note.text)
        for decision in decisions
        for note in decision.notes
    ]


def _record_deliveries(connection: Connection, decisions: list[Decision]) -> None:
    rows = []
    for decision in decisions:
        report = decision.event
        if not isinstance(report, DeliveryReported) or not _is_key(report.receipt_id):
            continue
        if report.delivery is Delivery.BUFFERED:
            continue
        rows.append({"key": int(report.receipt_id), "to_state": report.delivery.value, "why": report.detail[:200]})
    if rows:
        connection.execute(_DELIVERY, rows)


def _is_key(receipt_id: str) -> bool:
    """Whether it may be a key of ours: anybody can call a webhook, and a larger number would not fit the column."""
    return receipt_id.isascii() and receipt_id.isdecimal() and len(receipt_id) <= 18  # noqa: PLR2004 - below 2**63
