"""Loads the facts of a batch with a fixed number of statements, however large the batch is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, case, func, null, select, union_all

from core.domain.accounts import Account, Meter, search_key
from core.domain.decisions import FAILURES, HAND_OVER
from core.domain.facts import AUTOPAY, MONEY, Facts, Needs, Sender
from core.domain.messages import Address
from core.domain.readings import LIVE, Code, Reading, Status
from core.storage.autopay import live_of, noticed_of
from core.storage.payments import paid_lately
from core.storage.profiles import load_around, load_profiles, talked_about
from core.storage.sets import Query, among, constant
from core.storage.tables import account, account_alias, event, meter, microseconds, moment, reading

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
    account.c.address,
    account.c.bill_code,
    account.c.tariff,
    account.c.residents,
)
_SENDER, _KNOWN, _ASKED = range(3)


# Twice as fast as calling the class.
_STATUSES: Final = {status.value: status for status in Status}
_CODES: Final = {code.value: code for code in Code}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, constant(1)), else_=constant(0)))


_ACCOUNTS = Query(
    union_all(
        select(*_ACCOUNT, account.c.number_key.label("found")).where(among(account.c.number_key, "keys")),
        select(*_ACCOUNT, account_alias.c.old_key.label("found"))
        .join_from(account, account_alias, account.c.id == account_alias.c.account_id)
        .where(among(account_alias.c.old_key, "keys")),
        select(*_ACCOUNT, account.c.phone.label("found")).where(among(account.c.phone, "phones")),
        select(*_ACCOUNT, null().label("found")).where(among(account.c.id, "ids")),
    )
)
_METERS = Query(select(meter).where(among(meter.c.account_id, "ids")))
_READINGS = Query(
    select(reading).where(
        among(reading.c.meter_id, "ids"),
        reading.c.sent_at >= bindparam("since", type_=BigInteger()),
        reading.c.status.in_([constant(status) for status in sorted(LIVE)]),
    )
)
_LATELY = Query(
    # Three questions about a batch's events and who sent them, in one statement: the first column tells them apart.
    union_all(
        select(
            constant(_SENDER),
            event.c.channel,
            event.c.external_id,
            _count(event.c.received_at >= bindparam("hour", type_=BigInteger())),
            _count(event.c.code.in_([constant(code) for code in sorted(FAILURES)])),
            _count(event.c.code == constant(HAND_OVER)),
        )
        .where(among(event.c.external_id, "external_ids"), event.c.received_at >= bindparam("day", type_=BigInteger()))
        .group_by(event.c.external_id, event.c.channel),
        select(constant(_KNOWN), event.c.channel, event.c.event_id, constant(0), constant(0), constant(0)).where(
            among(event.c.event_id, "event_ids")
        ),
        select(constant(_ASKED), constant(""), constant(""), reading.c.account_id, constant(0), constant(0)).where(
            among(reading.c.external_id, "external_ids"), reading.c.status == constant(Status.NEEDS_CONFIRMATION)
        ),
    )
)


def load(connection: Connection, needs: Needs, now: datetime) -> Facts:
    """Everything that deciding a batch may ask for."""
    facts = Facts()
    senders = [address.external_id for address in needs.addresses]
    asked = _load_lately(connection, facts, needs, senders, now)
    load_profiles(connection, facts, senders)
    linked = {link.account_id for links in facts.links.values() for link in links}
    _load_accounts(connection, facts, needs, asked | linked | talked_about(facts))
    if facts.profiles or needs.proofs:
        load_around(connection, facts, now)
    if needs.money or _is_about_money(facts):
        facts.paid.update(paid_lately(connection, list(facts.account_by_id), now))
    if needs.autopay or _is_about_autopay(facts):
        facts.autopays = live_of(connection, list(facts.account_by_id))
        facts.autopay_charges = noticed_of(connection, [each.id for each in facts.autopays.values()])
    meter_ids = _load_meters(connection, facts)
    readings = [to_reading(row) for row in _READINGS.rows(connection, ids=meter_ids, since=microseconds(now - HISTORY))]
    for item in sorted(readings, key=_in_order):
        facts.add(item)
    return facts


def _is_about_money(facts: Facts) -> bool:
    """Whether a conversation is where the next message may ask for a balance or pay, by a number of the menu too."""
    dialogues = [known.dialogue for known in facts.profiles.values() if known.dialogue is not None]
    return any(
        dialogue.step.startswith(MONEY) or any(token in MONEY for _, token in dialogue.offered)
        for dialogue in dialogues
    )


def _is_about_autopay(facts: Facts) -> bool:
    """The same for autopay; a numbered list has its tokens."""
    dialogues = [known.dialogue for known in facts.profiles.values() if known.dialogue is not None]
    return any(
        dialogue.step.startswith(AUTOPAY) or any(token.startswith(AUTOPAY) for _, token in dialogue.offered)
        for dialogue in dialogues
    )


def _load_lately(connection: Connection, facts: Facts, needs: Needs, senders: list[str], now: datetime) -> set[int]:
    """What the senders have done within a day, which events are known, and the accounts of unanswered questions."""
    asked = set()
    for kind, channel, name, first, second, third in _LATELY.rows(
        connection,
        external_ids=senders,
        event_ids=[event_id for _, event_id in needs.events],
        hour=microseconds(now - HOUR),
        day=microseconds(now - DAY),
    ):
        if kind == _SENDER:
            facts.senders[Address(channel, name)] = Sender(int(first), int(second), bool(third))
        elif kind == _KNOWN:
            facts.known_events.add((channel, name))
        else:
            asked.add(first)
    return asked


def _load_accounts(connection: Connection, facts: Facts, needs: Needs, ids: Iterable[int]) -> None:
    rows = _ACCOUNTS.rows(connection, keys=list(needs.account_keys), phones=list(needs.phones), ids=list(ids))
    for key, number, branch, phone, balance, balance_date, address, bill_code, tariff, residents, found in rows:
        known = facts.account_by_id.get(key)
        if known is None:
            known = facts.account_by_id[key] = Account(
                id=key,
                number=number,
                branch=branch,
                phone=phone,
                balance=balance,
                balance_date=day(balance_date),
                address=address,
                bill_code=bill_code,
                tariff=tariff,
                residents=residents,
            )
        if found is None:
            continue
        if found.startswith("+"):
            facts.accounts_of_phone.setdefault(found, []).append(known)
        elif found == search_key(known.number):
            facts.accounts[found] = known
        else:
            # A number that one account had before may be another's now.
            facts.accounts.setdefault(found, known)
    for several in facts.accounts_of_phone.values():
        several.sort(key=_number)  # PostgreSQL gives them in whatever order its plan of the moment does


def _load_meters(connection: Connection, facts: Facts) -> list[int]:
    by_account: dict[int, list[Meter]] = defaultdict(list)
    ids = []
    for row in _METERS.rows(connection, ids=list(facts.account_by_id)):
        item = to_meter(row)
        by_account[item.account_id].append(item)
        ids.append(item.id)
    for meters in by_account.values():
        meters.sort(key=_serial)
    facts.meters = dict(by_account)
    return ids


def _in_order(item: Reading) -> tuple[datetime, int]:
    return item.sent_at, item.id


def _number(item: Account) -> str:
    return item.number


def _serial(item: Meter) -> str:
    return item.serial


def to_meter(row: Sequence[Any]) -> Meter:
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
        read_on=some_day(read_on),
        verification_due=day(due),
        automatic=bool(automatic),
        closed_on=day(closed_on),
    )


def to_reading(row: Sequence[Any]) -> Reading:
    """A row of the table `reading`, all columns in their order."""
    key, account_id, meter_id, period, t1, t2, t3, typed, consumption, status, code, channel, external_id, *rest = row
    _, sent_at, received_at, asked_until, decided_by = rest
    return Reading(
        id=key,
        account_id=account_id,
        meter_id=meter_id,
        period=period,
        values=(t1,) if t2 is None else (t1, t2) if t3 is None else (t1, t2, t3),
        consumption=consumption,
        status=_STATUSES[status],
        code=_CODES[code],
        address=Address(channel, external_id),
        sent_at=moment(sent_at),
        received_at=moment(received_at),
        decided_by=decided_by,
        asked_until=None if asked_until is None else moment(asked_until),
        typed=tuple(map(int, typed.split())),
    )


def day(value: date | str | None) -> date | None:
    """A day as SQLite keeps it, or as PostgreSQL and SQLAlchemy hand it over."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def some_day(value: date | str) -> date:
    """The same for a column that is never empty."""
    return date.fromisoformat(value) if isinstance(value, str) else value
