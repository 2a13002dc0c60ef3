"""Loads the facts of a batch with a fixed number of statements, however large the batch is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, func, literal, select, union_all

from core.domain.accounts import Account, Meter, search_key
from core.domain.decisions import FAILURES, HAND_OVER
from core.domain.facts import Facts, Needs, Sender
from core.domain.messages import Address
from core.domain.readings import LIVE, Code, Reading, Status
from core.storage import tables
from core.storage.sets import among
from core.storage.tables import account, account_alias, event, meter, reading

HISTORY: Final = timedelta(days=400)
"""13 months: enough for the average, for the same month a year ago, and for repeats."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

_ACCOUNT = (
    account.c.id,
    account.c.number,
    account.c.branch,
    account.c.phone,
    account.c.balance,
    account.c.balance_date,
)


_KNOWN = select(event.c.channel, event.c.event_id).where(among(event.c.event_id, "event_ids"))
_ASKED = select(reading).where(
    among(reading.c.external_id, "external_ids"),
    reading.c.status == literal(Status.NEEDS_CONFIRMATION.value, literal_execute=True),
)
_ACCOUNTS = union_all(
    select(*_ACCOUNT, account.c.number_key.label("found")).where(among(account.c.number_key, "keys")),
    select(*_ACCOUNT, account_alias.c.old_key.label("found"))
    .join_from(account, account_alias, account.c.id == account_alias.c.account_id)
    .where(among(account_alias.c.old_key, "keys")),
    select(*_ACCOUNT, account.c.phone.label("found")).where(among(account.c.phone, "phones")),
    select(*_ACCOUNT, literal(None).label("found")).where(among(account.c.id, "ids")),
)
_METERS = select(meter).where(among(meter.c.account_id, "ids")).order_by(meter.c.account_id, meter.c.serial)
_READINGS = (
    select(reading)
    .where(
        among(reading.c.meter_id, "ids"),
        reading.c.sent_at >= bindparam("since", type_=tables.Instant()),
        reading.c.status.in_([status.value for status in LIVE]),
    )
    .order_by(reading.c.meter_id, reading.c.sent_at, reading.c.id)
)
_SENDERS = (
    select(
        event.c.channel,
        event.c.external_id,
        func.sum(case((event.c.received_at >= bindparam("hour", type_=tables.Instant()), 1), else_=0)),
        func.sum(case((event.c.code.in_(sorted(FAILURES)), 1), else_=0)),
        func.sum(case((event.c.code == HAND_OVER, 1), else_=0)),
    )
    .where(
        among(event.c.external_id, "external_ids"),
        event.c.received_at >= bindparam("day", type_=tables.Instant()),
    )
    .group_by(event.c.external_id, event.c.channel)
)


def load(connection: Connection, needs: Needs, now: datetime) -> Facts:
    """Everything that deciding a batch may ask for."""
    facts = Facts()
    senders = {"external_ids": [address.external_id for address in needs.addresses]}
    event_ids = {"event_ids": [event_id for _, event_id in needs.events]}
    facts.known_events = {(channel, event_id) for channel, event_id in connection.execute(_KNOWN, event_ids).all()}
    for row in connection.execute(_SENDERS, senders | {"hour": now - HOUR, "day": now - DAY}).all():
        address = Address(row[0], row[1])
        facts.senders[address] = Sender(int(row[2]), int(row[3]), bool(row[4]))
    asked = [to_reading(row) for row in connection.execute(_ASKED, senders).all()]
    _load_accounts(connection, facts, needs, {item.account_id for item in asked})
    meter_ids = _load_meters(connection, facts)
    for row in connection.execute(_READINGS, {"ids": meter_ids, "since": now - HISTORY}).all():
        facts.add(to_reading(row))
    return facts


def _load_accounts(connection: Connection, facts: Facts, needs: Needs, ids: Iterable[int]) -> None:
    wanted = {"keys": list(needs.account_keys), "phones": list(needs.phones), "ids": list(ids)}
    for row in connection.execute(_ACCOUNTS, wanted).all():
        found = row.found
        known = facts.account_by_id.get(row[0])
        if known is None:
            known = Account(id=row[0], number=row[1], branch=row[2], phone=row[3], balance=row[4], balance_date=row[5])
            facts.account_by_id[known.id] = known
        if found is None:
            continue
        if found.startswith("+"):
            facts.accounts_of_phone.setdefault(found, []).append(known)
        elif found == search_key(known.number):
            facts.accounts[found] = known
        else:
            # A number that one account had before may be another's now.
            facts.accounts.setdefault(found, known)


def _load_meters(connection: Connection, facts: Facts) -> list[int]:
    by_account: dict[int, list[Meter]] = defaultdict(list)
    ids = []
    for row in connection.execute(_METERS, {"ids": list(facts.account_by_id)}).all():
        item = to_meter(row)
        by_account[item.account_id].append(item)
        ids.append(item.id)
    facts.meters = dict(by_account)
    return ids


def to_meter(row: Row[*tuple[Any, ...]]) -> Meter:
    """A row of the table `meter`, all columns in their order: names would cost more than all the rest."""
    key, account_id, serial, _, zones, digits, ratio, t1, t2, t3, read_on, due, automatic, closed_on, _ = row
    return Meter(
        id=key,
        account_id=account_id,
        serial=serial,
        zones=zones,
        digits=digits,
        ratio=ratio,
        billed=(t1, t2, t3)[:zones],
        read_on=read_on,
        verification_due=due,
        automatic=automatic,
        closed_on=closed_on,
    )


def to_reading(row: Row[*tuple[Any, ...]]) -> Reading:
    """A row of the table `reading`, all columns in their order."""
    key, account_id, meter_id, period, t1, t2, t3, typed, consumption, status, code, channel, external_id, *rest = row
    _, sent_at, received_at, asked_until, decided_by = rest
    return Reading(
        id=key,
        account_id=account_id,
        meter_id=meter_id,
        period=period,
        values=tuple(value for value in (t1, t2, t3) if value is not None),
        consumption=consumption,
        status=Status(status),
        code=Code(code),
        address=Address(channel, external_id),
        sent_at=sent_at,
        received_at=received_at,
        decided_by=decided_by,
        asked_until=asked_until,
        typed=tuple(int(value) for value in typed.split()),
    )
