"""Everything we hold about an address and its accounts, as one document: for the subscriber, and for the operator.

What opens doors stays out: the bill's code, a dialogue's data, the tokens of one-time links. Of the phone on file the
last digits are shown: who has proved himself by a bill need not be the one who answers that phone.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, and_, or_, select

from core.domain.accounts import mask
from core.domain.keys import reference
from core.domain.messages import Address
from core.domain.money import decimal
from core.storage.sets import among
from core.storage.tables import (
    account,
    account_alias,
    autopay,
    case,
    case_action,
    erasure,
    event,
    guess,
    handover,
    link,
    meter,
    outbox,
    payment_order,
    profile,
    reading,
    reminder,
)

Document = dict[str, Any]
"""Only what JSON can say: moments in ISO 8601 and UTC, money in roubles with two decimals as text."""

SECTIONS: Final = (
    "profile",
    "accounts",
    "readings",
    "messages",
    "replies",
    "cases",
    "failed_proofs",
    "one_time_links",
    "payments",
    "autopays",
    "reminders",
    "wishes_to_be_forgotten",
)
"""The parts that can be empty; a document of nothing but empty ones is about nobody we know."""

_MESSAGE: Final = {"received_at": "at", "kind": "kind", "text": "text", "raw": "payload", "code": "code"}
_ONE_TIME: Final = {"created_at": "at", "purpose": "purpose", "expires_at": "expires_at", "used_at": "used_at"}


def document(connection: Connection, address: Address, now: datetime, *, is_phone: bool) -> Document:
    """All of it. `is_phone`: the network vouches that the address is a phone, so accounts with it on file belong here.

    Reads tables as a whole where no index has the addresses: for a reader's connection.
    """
    accounts = _accounts(connection, address, is_phone=is_phone)
    return {
        "made_at": _text(now),
        "channel": address.channel,
        "address": address.external_id,
        "profile": _profile(connection, address),
        "accounts": accounts,
        "readings": _readings(connection, address, [item["number"] for item in accounts]),
        "messages": _rows(connection, address, event, _MESSAGE),
        "replies": _rows(connection, address, outbox, {"created_at": "at", "text": "text", "state": "state"}),
        "cases": _cases(connection, address),
        "failed_proofs": _rows(connection, address, guess, {"at": "at"}),
        "one_time_links": _rows(connection, address, handover, _ONE_TIME),
        "payments": _payments(connection, address, [item["number"] for item in accounts]),
        "autopays": _autopays(connection, address),
        "reminders": _rows(connection, address, reminder, {"created_at": "at", "campaign": "round"}),
        "wishes_to_be_forgotten": _rows(connection, address, erasure, {"asked_at": "at", "done_at": "done_at"}),
    }


def as_json(about: Document) -> str:
    """The document as a file: for people, too."""
    return json.dumps(about, ensure_ascii=False, indent=2)


def is_empty(about: Document) -> bool:
    """Whether we hold nothing at all."""
    return not any(about[section] for section in SECTIONS)


def _rows(connection: Connection, address: Address, table: Table, names: dict[str, str]) -> list[Document]:
    """Some columns of a table's rows of the address, under names of their own, the oldest first."""
    first = next(iter(names))
    query = select(*(table.c[column].label(name) for column, name in names.items())).where(_of(table, address))
    return [_plain(row) for row in connection.execute(query.order_by(table.c[first]))]


def _profile(connection: Connection, address: Address) -> Document | None:
    row = connection.execute(select(profile).where(_of(profile, address))).one_or_none()
    if row is None:
        return None
    return {
        "heard_at": _text(row.heard_at),
        "language": row.language,
        "closed_at": _value(row.closed_at),
        "reminders": row.reminders,
        "consent": row.consent,
        "consent_at": _value(row.consent_at),
        # No more than that there is one: it may hold a code that we wait for.
        "in_dialogue": bool(row.dialogue),
    }


def _accounts(connection: Connection, address: Address, *, is_phone: bool) -> list[Document]:
    links = {row.account_id: row for row in connection.execute(select(link).where(_of(link, address)))}
    mine = among(account.c.id, "ids")
    if is_phone:
        mine = or_(mine, account.c.phone == address.external_id)
    rows = connection.execute(select(account).where(mine).order_by(account.c.number), {"ids": list(links)}).all()
    ids = {"ids": [row.id for row in rows]}
    meters = connection.execute(
        select(meter).where(among(meter.c.account_id, "ids")).order_by(meter.c.serial), ids
    ).all()
    aliases = connection.execute(select(account_alias).where(among(account_alias.c.account_id, "ids")), ids).all()
    return [
        {
            "number": row.number,
            "old_numbers": sorted(alias.old_number for alias in aliases if alias.account_id == row.id),
            "branch": row.branch,
            "address": row.address,
            "phone_on_file": mask(row.phone) if row.phone else None,
            "balance": _roubles(row.balance),
            "balance_date": _value(row.balance_date),
            "tariff": row.tariff,
            "residents": row.residents,
            "closed_on": _value(row.closed_on),
            "link": _link(links.get(row.id)),
            "meters": [_meter(item) for item in meters if item.account_id == row.id],
        }
        for row in rows
    ]


def _link(row: Row[Any] | None) -> Document | None:
    if row is None:
        return None
    return {"name": row.name, "proof": row.proof, "proved_at": _text(row.proved_at), "linked_at": _text(row.linked_at)}


def _meter(row: Row[Any]) -> Document:
    return {
        "serial": row.serial,
        "zones": row.zones,
        "digits": row.digits,
        "ratio": row.ratio,
        "billed": _values(row),
        "billed_on": _value(row.read_on),
        "verification_due": _value(row.verification_due),
        "automatic": row.automatic,
        "closed_on": _value(row.closed_on),
    }


def _readings(connection: Connection, address: Address, numbers: Sequence[str]) -> list[Document]:
    """Those of the accounts, and what the address has sent for others'. Who sent the rest is not told."""
    of_accounts = among(account.c.number, "numbers")
    query = (
        select(reading, account.c.number, meter.c.serial)
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .join(meter, meter.c.id == reading.c.meter_id)
        .where(or_(_of(reading, address), of_accounts))
        .order_by(reading.c.sent_at, reading.c.id)
    )
    return [
        {
            "account": row.number,
            "meter": row.serial,
            "period": f"{row.period // 100:04}-{row.period % 100:02}",
            "values": _values(row),
            "typed": row.typed,
            "consumption": row.consumption,
            "status": row.status,
            "code": row.code,
            "channel": row.channel,
            "sent_by_this_address": Address(row.channel, row.external_id) == address,
            "sent_at": _text(row.sent_at),
            "received_at": _text(row.received_at),
            "reference": reference(row.id),
        }
        for row in connection.execute(query, {"numbers": list(numbers)})
    ]


def _payments(connection: Connection, address: Address, numbers: Sequence[str]) -> list[Document]:
    """Orders of payments for the accounts, and those that the address has made. Who made the rest is not told."""
    of_accounts = among(account.c.number, "numbers")
    query = (
        select(payment_order, account.c.number)
        .join_from(payment_order, account, payment_order.c.account_id == account.c.id)
        .where(or_(_of(payment_order, address), of_accounts))
        .order_by(payment_order.c.id)
    )
    return [
        {
            "at": _text(row.created_at),
            "account": row.number,
            "sum": _roubles(row.amount),
            "state": row.state,
            "paid_at": _value(row.paid_at),
            "method": row.method,
            "made_by_this_address": Address(row.channel, row.external_id) == address,
            "reference": reference(row.id),
        }
        for row in connection.execute(query, {"numbers": list(numbers)})
    ]


def _autopays(connection: Connection, address: Address) -> list[Document]:
    """What the address has agreed to; the token of the card stays out."""
    query = select(autopay).where(_of(autopay, address)).order_by(autopay.c.id)
    return [
        {
            "agreed_at": _text(row.consent_at),
            "version": row.consent,
            "account": row.account_number,
            "mode": row.mode,
            "sum": _roubles(row.amount),
            "ceiling": _roubles(row.ceiling),
            "day": row.day,
            "card": row.label,
            "state": row.state,
            "ended_at": _value(row.ended_at),
        }
        for row in connection.execute(query)
    ]


def _cases(connection: Connection, address: Address) -> list[Document]:
    cases = connection.execute(select(case).where(_of(case, address)).order_by(case.c.opened_at, case.c.id)).all()
    actions = connection.execute(
        select(case_action).where(among(case_action.c.case_id, "ids")).order_by(case_action.c.id),
        {"ids": [row.id for row in cases]},
    ).all()
    return [
        {
            "at": _text(row.opened_at),
            "kind": row.kind,
            "state": row.state,
            "text": row.text,
            "has_photo": bool(row.photo),
            "closed_at": _value(row.closed_at),
            "decision": row.decision,
            # Not by whom: that is about the moderator.
            "actions": [
                {"at": _text(action.at), "action": action.action, "note": action.note}
                for action in actions
                if action.case_id == row.id
            ],
        }
        for row in cases
    ]


def _of(table: Table, address: Address) -> Any:  # noqa: ANN401 - SQLAlchemy's expression types are not for signatures
    return and_(table.c.external_id == address.external_id, table.c.channel == address.channel)


def _values(row: Row[Any]) -> list[int]:
    return [value for value in (row.t1, row.t2, row.t3) if value is not None]


def _plain(row: Row[Any]) -> Document:
    return {name: _value(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def _value(value: Any) -> Any:  # noqa: ANN401 - a column's
    if isinstance(value, datetime):
        return _text(value)
    return value.isoformat() if isinstance(value, date) else value


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _roubles(kopecks: int | None) -> str | None:
    return None if kopecks is None else decimal(kopecks)
