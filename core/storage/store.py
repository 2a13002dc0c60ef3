"""Stores the decisions of a batch with a fixed number of statements, however large the batch is."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, update

from core.domain.decisions import Decision
from core.domain.messages import Delivery, DeliveryReported
from core.domain.readings import Reading, Status
from core.storage.tables import case, event, outbox, reading

REPLY_EXPIRES: Final = timedelta(hours=72)
"""As long as a gateway keeps an SMS; an answer that comes later only puzzles."""
REPLY: Final = 0
BROADCAST: Final = 1

Row = dict[str, Any]

_CHANGE_READING = (
    update(reading)
    .where(reading.c.id == bindparam("key"))
    .values(status=bindparam("to_status"), code=bindparam("to_code"), decided_by=bindparam("by"))
)
_CLOSE_CASES = (
    update(case)
    .where(case.c.reading_id == bindparam("key"), case.c.state == "open")
    .values(state="closed", closed_at=bindparam("at"), decision="superseded", decided_by="subscriber")
)
_DELIVERY = (
    update(outbox)
    .where(outbox.c.id == bindparam("key"), outbox.c.state.in_(["sent", "sending", "unknown", "queued"]))
    .values(state=bindparam("to_state"), error=bindparam("why"))
)


def store(connection: Connection, decisions: Sequence[Decision], new_key: Callable[[], int], now: datetime) -> None:
    """Write a batch's decisions. Runs inside the batch's transaction, after `load` and the deciding."""
    told = [decision for decision in decisions if decision.delivery is None]
    _insert(connection, event, [_event_row(decision) for decision in told])
    _insert(connection, reading, [_reading_row(item, decision) for decision in told for item in decision.readings])
    changed = [item for decision in told for item in decision.changed]
    _change_readings(connection, changed, now)
    _insert(connection, case, [row for decision in told for row in _case_rows(decision, new_key, now)])
    _insert(connection, outbox, [_reply_row(decision, now) for decision in told if decision.reply is not None])
    _record_deliveries(connection, [decision for decision in decisions if decision.delivery is not None])


def _insert(connection: Connection, table: Any, rows: list[Row]) -> None:  # noqa: ANN401 - a Table
    if rows:
        connection.execute(insert(table), rows)


def _event_row(decision: Decision) -> Row:
    came = decision.event
    return {
        "id": decision.key,
        "channel": came.address.channel,
        "event_id": came.event_id,
        "external_id": came.address.external_id,
        "kind": type(came).__name__,
        "sent_at": came.sent_at,
        "sent_at_believed": decision.sent_at == came.sent_at,
        "received_at": decision.received_at,
        "text": decision.text,
        "raw": json.dumps(dict(came.raw), ensure_ascii=False) if came.raw and decision.keep_raw else "",
        "outcome": decision.outcome.value,
        "code": decision.code,
        "account_id": decision.account_id,
    }


def _reading_row(item: Reading, decision: Decision) -> Row:
    values = (*item.values, None, None)
    return {
        "id": item.id,
        "account_id": item.account_id,
        "meter_id": item.meter_id,
        "period": item.period,
        "t1": values[0],
        "t2": values[1],
        "t3": values[2],
        "typed": " ".join(map(str, item.typed)),
        "consumption": item.consumption,
        "status": item.status.value,
        "code": item.code.value,
        "channel": item.address.channel,
        "external_id": item.address.external_id,
        "event_key": decision.key,
        "sent_at": item.sent_at,
        "received_at": item.received_at,
        "asked_until": item.asked_until,
        "decided_by": item.decided_by,
    }


def _change_readings(connection: Connection, changed: Iterable[Reading], now: datetime) -> None:
    # The last state of each counts: one message of the batch may change what another has made.
    last = {item.id: item for item in changed}
    if not last:
        return
    rows = [
        {"key": item.id, "to_status": item.status.value, "to_code": item.code.value, "by": item.decided_by}
        for item in last.values()
    ]
    connection.execute(_CHANGE_READING, rows)
    settled = [item.id for item in last.values() if item.status is not Status.IN_REVIEW]
    if settled:
        connection.execute(_CLOSE_CASES, [{"key": key, "at": now} for key in settled])


def _case_rows(decision: Decision, new_key: Callable[[], int], now: datetime) -> list[Row]:
    address = decision.event.address
    return [
        {
            "id": new_key(),
            "kind": opened.kind,
            "state": "open",
            "branch": opened.branch,
            "account_id": opened.account_id,
            "meter_id": opened.meter_id,
            "reading_id": opened.reading_id,
            "event_key": decision.key,
            "channel": address.channel,
            "external_id": address.external_id,
            "text": opened.text,
            "opened_at": now,
        }
        for opened in decision.cases
    ]


def _reply_row(decision: Decision, now: datetime) -> Row:
    address = decision.event.address
    return {
        "id": decision.key,
        "channel": address.channel,
        "external_id": address.external_id,
        "priority": REPLY,
        "text": decision.reply,
        "state": "queued",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
        "expires_at": now + REPLY_EXPIRES,
    }


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
