"""Rows of every kind that says something about an address, for tests of what is kept, handed out and forgotten."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, insert, select

from core.domain.keys import first_key
from core.domain.messages import Address
from core.storage.database import Database
from core.storage.tables import (
    account,
    campaign,
    case,
    case_action,
    event,
    guess,
    handover,
    link,
    metadata,
    meter,
    outbox,
    payment_attempt,
    payment_notice,
    payment_order,
    payment_page,
    profile,
    reading,
    reminder,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORDS = "Крапивин пишет"
"""Begins every text of the rows, so that a test finds it wherever it is left."""
WHO = Address("telegram", "700100200")
OTHER = Address("telegram", "700100201")
_order = count()


def key_at(moment: datetime) -> int:
    """A key as it would have been made at a moment; no two alike."""
    return first_key(moment) + next(_order)


async def put(database: Database, *rows: dict[str, Any]) -> None:
    """Store rows as the functions below make them."""

    def job(connection: Connection) -> None:
        for row in rows:
            given = dict(row)
            connection.execute(insert(given.pop("table")).values(given))

    await database.write(job)


async def stored(database: Database, table: Any) -> list[Any]:
    """All rows of a table by their keys."""
    return list(
        await database.read(lambda connection: connection.execute(select(table).order_by(*table.primary_key)).all())
    )


async def everything(database: Database) -> str:
    """All that all tables hold, as text."""

    def job(connection: Connection) -> str:
        return "\n".join(repr(connection.execute(select(table)).all()) for table in metadata.sorted_tables)

    return await database.read(job)


def accounts() -> list[dict[str, Any]]:
    """An account and its meter, which the rows below refer to."""
    return [
        {
            "table": account,
            "id": 1,
            "number": "2701001101",
            "number_key": "2701001101",
            "branch": "khb",
            "address": "г. Хабаровск, ул. Ленина, 57, кв. 12",
            "phone": "+79141234567",
            "balance": 98_765,
            "balance_date": date(2026, 11, 1),
            "bill_code": "SECRET-CODE",
        },
        {
            "table": meter,
            "id": 2,
            "account_id": 1,
            "serial": "31002201",
            "serial_key": "31002201",
            "zones": 1,
            "digits": 5,
            "ratio": 1,
            "t1": 5000,
            "read_on": date(2026, 10, 23),
        },
    ]


def message(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    key = columns.get("id") or key_at(at)
    return {
        "table": event,
        "id": key,
        "channel": who.channel,
        "event_id": f"e{key}",
        "external_id": who.external_id,
        "kind": "TextReceived",
        "sent_at": at,
        "sent_at_believed": True,
        "received_at": at,
        "text": f"{WORDS} 5123",
        "raw": f'{{"name": "{WORDS}"}}',
        "outcome": "handled",
        "code": "accepted",
        "account_id": 1,
    } | columns


def reply(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": outbox,
        "id": key_at(at),
        "channel": who.channel,
        "external_id": who.external_id,
        "priority": 0,
        "text": f"{WORDS}, принято",
        "state": "sent",
        "attempts": 1,
        "created_at": at,
        "due_at": at,
        "expires_at": at + 3 * DAY,
        "vendor_id": "v1",
        "extra": f'{{"buttons": [], "link": "{WORDS}", "link_label": ""}}',
    } | columns


def a_reading(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": reading,
        "id": key_at(at),
        "account_id": 1,
        "meter_id": 2,
        "period": 202611,
        "t1": 5123,
        "consumption": 123,
        "status": "accepted",
        "code": "accepted",
        "channel": who.channel,
        "external_id": who.external_id,
        "sent_at": at,
        "received_at": at,
    } | columns


def a_case(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": case,
        "id": key_at(at),
        "kind": "operator",
        "state": "closed",
        "account_id": 1,
        "channel": who.channel,
        "external_id": who.external_id,
        "text": f"{WORDS} жалобу",
        "photo": f"photo of {WORDS}",
        "opened_at": at,
        "closed_at": at,
        "decision": "answered",
        "decided_by": "Иванова",
    } | columns


def an_action(case_id: int, action: str = "said", at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": case_action,
        "id": key_at(at),
        "case_id": case_id,
        "at": at,
        "moderator": "subscriber",
        "action": action,
        "note": f"{WORDS} ещё",
    } | columns


def a_profile(who: Address = WHO, heard_at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": profile,
        "external_id": who.external_id,
        "channel": who.channel,
        "heard_at": heard_at,
        "language": "ru",
        "consent": "2026-1",
        "consent_at": heard_at,
        "dialogue": f'{{"step": "menu", "data": {{"code": "{WORDS}"}}}}',
    } | columns


def a_link(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": link,
        "id": key_at(at),
        "account_id": 1,
        "channel": who.channel,
        "external_id": who.external_id,
        "name": "дача",
        "proof": "bill_code",
        "proved_at": at,
        "linked_at": at,
    } | columns


def a_guess(who: Address = WHO, at: datetime = NOW) -> dict[str, Any]:
    row = {"id": key_at(at), "account_id": 1, "channel": who.channel, "external_id": who.external_id, "at": at}
    return {"table": guess} | row


def a_handover(digest: str, who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": handover,
        "digest": digest,
        "account_id": 1,
        "channel": who.channel,
        "external_id": who.external_id,
        "purpose": "balance",
        "language": "ru",
        "created_at": at,
        "expires_at": at + timedelta(minutes=30),
    } | columns


def a_payment_page(digest: str, who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": payment_page,
        "digest": digest,
        "account_id": 1,
        "amount": 98_765,
        "channel": who.channel,
        "external_id": who.external_id,
        "language": "ru",
        "created_at": at,
        "expires_at": at + DAY,
    } | columns


def an_order(who: Address = WHO, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    """Paid, for a sum of its own."""
    return {
        "table": payment_order,
        "id": key_at(at),
        "account_id": 1,
        "branch": "khb",
        "amount": 98_765,
        "state": "paid",
        "provider": "bank",
        "channel": who.channel,
        "external_id": who.external_id,
        "language": "ru",
        "provider_id": "p1",
        "created_at": at,
        "expires_at": at + DAY,
        "paid_at": at,
    } | columns


def an_attempt(order_id: int, at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    key = key_at(at)
    return {
        "table": payment_attempt,
        "id": key,
        "order_id": order_id,
        "number": 1,
        "provider": "bank",
        "key": f"k{key}",
        "state": "paid",
        "created_at": at,
    } | columns


def a_notice(at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    key = key_at(at)
    return {"table": payment_notice, "id": key, "provider": "bank", "key": f"n{key}", "received_at": at} | columns


def a_round(name: str = "2026-11/open", at: datetime = NOW, **columns: Any) -> dict[str, Any]:
    return {
        "table": campaign,
        "key": name,
        "kind": "open",
        "branch": "khb",
        "period": 202611,
        "state": "done",
        "started_at": at,
        "finished_at": at,
    } | columns


def a_reminder(who: Address = WHO, at: datetime = NOW, campaign_key: str = "2026-11/open") -> dict[str, Any]:
    row = {"campaign": campaign_key, "external_id": who.external_id, "channel": who.channel, "outbox_id": key_at(at)}
    return {"table": reminder} | row | {"created_at": at}
