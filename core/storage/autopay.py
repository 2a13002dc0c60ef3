"""Autopay's rows: what was agreed to, and each month's charge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, func, insert, or_, select, update

from core.domain.accounts import Account
from core.domain.autopay import LIVE, Autopay, Charge, Mode, Month, Reason, State
from core.domain.messages import Address
from core.domain.orders import OrderState
from core.storage.sets import among
from core.storage.tables import account, autopay, autopay_charge, link, payment_order

_LIVE: Final = autopay.c.state.in_([state.value for state in sorted(LIVE)])
_LINKED: Final = exists().where(
    link.c.account_id == autopay.c.account_id,
    link.c.external_id == autopay.c.external_id,
    link.c.channel == autopay.c.channel,
)
_SAME: Final = and_(account.c.number == autopay.c.account_number, account.c.closed_on.is_(None))
_ACCOUNT: Final = tuple(account.c[name] for name in ("id", "number", "branch", "balance", "balance_date", "phone"))


@dataclass(frozen=True, slots=True)
class Due:
    """A charge whose day has come, or is to be announced, with all that it goes by."""

    autopay: Autopay
    account: Account
    charge: Charge | None = None


def find(connection: Connection, key: int) -> Autopay | None:
    """The agreement with this key."""
    row = connection.execute(select(autopay).where(autopay.c.id == key)).one_or_none()
    return None if row is None else _to_autopay(row)


def live_of(connection: Connection, account_ids: Sequence[int]) -> dict[int, Autopay]:
    """By account, the agreement that is in force."""
    query = select(autopay).where(among(autopay.c.account_id, "ids"), _LIVE)
    found = map(_to_autopay, connection.execute(query, {"ids": list(account_ids)}))
    return {each.account_id: each for each in found}


def noticed_of(connection: Connection, autopay_ids: Sequence[int]) -> dict[int, Charge]:
    """By agreement, the charge that is announced and not made yet."""
    query = select(autopay_charge).where(
        among(autopay_charge.c.autopay_id, "ids"), autopay_charge.c.state == Month.NOTICED.value
    )
    found = map(_to_charge, connection.execute(query.order_by(autopay_charge.c.id), {"ids": list(autopay_ids)}))
    return {each.autopay_id: each for each in found}


def put(connection: Connection, agreements: Sequence[Autopay]) -> None:
    """Store new agreements; those of before of the same accounts whose method was never stored are dropped."""
    if not agreements:
        return
    before = and_(among(autopay.c.account_id, "ids"), autopay.c.state == State.BINDING.value)
    connection.execute(
        update(autopay).where(before).values(state=State.STOPPED.value, reason=Reason.REPLACED.value),
        {"ids": [each.account_id for each in agreements]},
    )
    # A subscriber may agree twice within a batch: the last word counts.
    latest = {each.account_id: each for each in agreements}
    connection.execute(insert(autopay), [{"id": each.id, **_values(each)} for each in latest.values()])


def save(connection: Connection, item: Autopay) -> None:
    """Store what has changed about an agreement."""
    connection.execute(update(autopay).where(autopay.c.id == item.id).values(**_values(item)))


def end(connection: Connection, keys: Sequence[int], reason: Reason, now: datetime) -> int:
    """End agreements that have not ended, and drop our copy of their methods; returns how many."""
    if not keys:
        return 0
    statement = update(autopay).where(among(autopay.c.id, "keys"), autopay.c.state != State.STOPPED.value)
    ended = {"state": State.STOPPED.value, "reason": reason.value, "ended_at": now, "token": ""}
    return connection.execute(statement.values(**ended), {"keys": list(keys)}).rowcount


def skip(connection: Connection, keys: Sequence[int]) -> int:
    """Skip charges that are announced and not made yet; returns how many."""
    if not keys:
        return 0
    chosen = and_(among(autopay_charge.c.id, "keys"), autopay_charge.c.state == Month.NOTICED.value)
    return connection.execute(
        update(autopay_charge).where(chosen).values(state=Month.SKIPPED.value), {"keys": list(keys)}
    ).rowcount


def to_announce(connection: Connection, branch: str, month: int, days: tuple[int, int], limit: int) -> list[Due]:
    """Agreements of a branch whose charge of a month, on one of the days (both included), is not announced yet."""
    known = exists().where(autopay_charge.c.autopay_id == autopay.c.id, autopay_charge.c.month == month)
    query = (
        select(autopay, *(column.label(f"of_account_{column.name}") for column in _ACCOUNT))
        .join_from(autopay, account, account.c.id == autopay.c.account_id)
        .where(autopay.c.state == State.ACTIVE.value, autopay.c.branch == branch)
        .where(autopay.c.day.between(*days), autopay.c.first_month <= month, ~known, _LINKED, _SAME)
        .order_by(autopay.c.id)
        .limit(limit)
    )
    return [_to_due(row) for row in connection.execute(query)]


def put_charges(connection: Connection, charges: Sequence[Charge]) -> None:
    """Store new charges. The database refuses a second one of a month."""
    if charges:
        connection.execute(insert(autopay_charge), [{"id": each.id, **_charge_values(each)} for each in charges])


def due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Announced charges whose time has come, of agreements that are in force and rest on what they rested on."""
    query = (
        select(
            autopay,
            *(column.label(f"of_account_{column.name}") for column in _ACCOUNT),
            *(column.label(f"of_charge_{column.name}") for column in autopay_charge.c),
        )
        .join_from(autopay_charge, autopay, autopay.c.id == autopay_charge.c.autopay_id)
        .join(account, account.c.id == autopay.c.account_id)
        .where(autopay_charge.c.state == Month.NOTICED.value, autopay_charge.c.due_at <= now)
        .where(autopay.c.state == State.ACTIVE.value, _LINKED, _SAME)
        .order_by(autopay_charge.c.due_at, autopay_charge.c.id)
        .limit(limit)
    )
    return [_to_due(row) for row in connection.execute(query)]


def claim(connection: Connection, key: int) -> bool:
    """Take an announced charge for charging; False where it is not waiting any more."""
    waits = and_(autopay_charge.c.id == key, autopay_charge.c.state == Month.NOTICED.value)
    return bool(connection.execute(update(autopay_charge).where(waits).values(state=Month.CHARGING.value)).rowcount)


def charge_of(connection: Connection, order_id: int) -> Charge | None:
    """The charge that an order was made for."""
    row = connection.execute(select(autopay_charge).where(autopay_charge.c.order_id == order_id)).one_or_none()
    return None if row is None else _to_charge(row)


def save_charge(connection: Connection, item: Charge) -> None:
    """Store what has changed about a charge."""
    connection.execute(update(autopay_charge).where(autopay_charge.c.id == item.id).values(**_charge_values(item)))


def unanswered(connection: Connection, limit: int) -> list[tuple[Charge, Autopay]]:
    """Charges whose order is over without the provider's word."""
    query = (
        select(autopay, *(column.label(f"of_charge_{column.name}") for column in autopay_charge.c))
        .join_from(autopay_charge, autopay, autopay.c.id == autopay_charge.c.autopay_id)
        .join(payment_order, payment_order.c.id == autopay_charge.c.order_id)
        .where(autopay_charge.c.state == Month.CHARGING.value, payment_order.c.state == OrderState.EXPIRED.value)
        .limit(limit)
    )
    return [(_charge_in(row), _to_autopay(row)) for row in connection.execute(query)]


def broken(connection: Connection, providers: Mapping[str, str], limit: int) -> list[tuple[Autopay, Reason]]:
    """Agreements in force whose account has moved, or whose chat has nothing to do with it any more.

    `providers`: by branch, who keeps methods there now.
    """
    kept = or_(*(and_(account.c.branch == code, autopay.c.provider == name) for code, name in providers.items()))
    rests: ColumnElement[bool] = and_(_SAME, kept) if providers else _SAME
    query = (
        select(autopay, _LINKED.label("is_linked"))
        .join_from(autopay, account, account.c.id == autopay.c.account_id)
        .where(_LIVE, or_(~_LINKED, ~rests))
        .order_by(autopay.c.id)
        .limit(limit)
    )
    return [(_to_autopay(row), Reason.MOVED if row.is_linked else Reason.UNLINKED) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[str, int]:
    """How many agreements there are, by state."""
    query = select(autopay.c.state, func.count()).group_by(autopay.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def of_account(connection: Connection, number_key: str | None, limit: int) -> list[tuple[Autopay, str]]:
    """Agreements with their accounts' numbers, the newest first; of one account, or of all."""
    query = select(autopay, account.c.number.label("number")).join_from(
        autopay, account, account.c.id == autopay.c.account_id
    )
    if number_key is not None:
        query = query.where(account.c.number_key == bindparam("key", number_key))
    rows = connection.execute(query.order_by(autopay.c.id.desc()).limit(limit))
    return [(_to_autopay(row), row.number) for row in rows]


def _to_due(row: Row[Any]) -> Due:
    given = {column.name: row._mapping[f"of_account_{column.name}"] for column in _ACCOUNT}  # noqa: SLF001 - SQLAlchemy's public name
    return Due(_to_autopay(row), Account(**given), _charge_in(row) if "of_charge_id" in row._mapping else None)  # noqa: SLF001 - the same


def _charge_in(row: Row[Any]) -> Charge:
    given = {column.name: row._mapping[f"of_charge_{column.name}"] for column in autopay_charge.c}  # noqa: SLF001 - the same
    return Charge(**{**given, "state": Month(given["state"])})


def _to_charge(row: Row[Any]) -> Charge:
    given = dict(row._mapping)  # noqa: SLF001 - the same
    return Charge(**{**given, "state": Month(given["state"])})


def _to_autopay(row: Row[Any]) -> Autopay:
    given = {column.name: row._mapping[column.name] for column in autopay.c}  # noqa: SLF001 - the same
    channel, external_id = given.pop("channel"), given.pop("external_id")
    given |= {"mode": Mode(given["mode"]), "state": State(given["state"])}
    return Autopay(**given, address=Address(channel, external_id))


def _values(item: Autopay) -> dict[str, Any]:
    names = (column.name for column in autopay.c if column.name not in {"id", "channel", "external_id"})
    given = {name: getattr(item, name) for name in names}
    given |= {"mode": item.mode.value, "state": item.state.value}
    return given | {"channel": item.address.channel, "external_id": item.address.external_id}


def _charge_values(item: Charge) -> dict[str, Any]:
    given = {column.name: getattr(item, column.name) for column in autopay_charge.c if column.name != "id"}
    return given | {"state": item.state.value}
