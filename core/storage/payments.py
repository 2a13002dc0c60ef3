"""Orders of payments, a row at a time and off the hot path; what a batch of messages needs of them is in `load`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.domain.accounts import Account
from core.domain.decisions import NewCase
from core.domain.messages import Address
from core.domain.orders import OPEN, Attempt, Order, OrderState, Paid
from core.domain.privacy import FORGOTTEN
from core.storage.extras import Extra, to_text
from core.storage.outbox import REPLY
from core.storage.sets import POSTGRESQL, Query, among, constant
from core.storage.store import REPLY_EXPIRES
from core.storage.tables import (
    account,
    case,
    moment,
    outbox,
    payment_attempt,
    payment_notice,
    payment_order,
    payment_page,
)

TRANSIT: Final = timedelta(days=60)
"""No payment is on its way for longer: older ones are not looked at, however old the balance is."""
_OPEN: Final = or_(*(payment_order.c.state == constant(state.value) for state in sorted(OPEN)))
_KEPT: Final = 200
"""Characters of why something went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a link to our payment page leads. `amount` is what it proposes, in kopecks: None the debt, 0 nothing."""

    digest: str
    account_id: int
    address: Address
    language: str
    amount: int | None
    order_id: int | None
    expires_at: datetime
    autopay_id: int | None = None
    """The autopay that a payment on it stores the method for."""


def find_page(connection: Connection, digest: str) -> Page | None:
    """The page with this digest, however old."""
    row = connection.execute(select(payment_page).where(payment_page.c.digest == digest)).one_or_none()
    if row is None:
        return None
    return Page(
        digest=row.digest,
        account_id=row.account_id,
        address=Address(row.channel, row.external_id),
        language=row.language,
        amount=row.amount,
        order_id=row.order_id,
        expires_at=row.expires_at,
        autopay_id=row.autopay_id,
    )


def put_page(connection: Connection, page: Page, now: datetime) -> None:
    """Store a new page."""
    connection.execute(
        insert(payment_page).values(
            digest=page.digest,
            account_id=page.account_id,
            channel=page.address.channel,
            external_id=page.address.external_id,
            language=page.language,
            amount=page.amount,
            order_id=page.order_id,
            created_at=now,
            expires_at=page.expires_at,
            autopay_id=page.autopay_id,
        )
    )


def lead_page(connection: Connection, digest: str, order: Order) -> None:
    """Have a page show an order, as long as the order may be paid."""
    connection.execute(
        update(payment_page)
        .where(payment_page.c.digest == digest)
        .values(order_id=order.id, amount=order.amount, expires_at=order.expires_at)
    )


def find_account(connection: Connection, account_id: int) -> Account | None:
    """The account that a payment is for."""
    columns = ("id", "number", "branch", "address", "balance", "balance_date", "phone")
    query = select(*(account.c[name] for name in columns)).where(account.c.id == account_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Account(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def find_order(connection: Connection, key: int) -> Order | None:
    """The order with this key."""
    row = connection.execute(select(payment_order).where(payment_order.c.id == key)).one_or_none()
    return None if row is None else _to_order(row)


def open_order(connection: Connection, account_id: int, amount: int) -> Order | None:
    """The order that is open for an account and a sum: there is never a second one."""
    query = select(payment_order).where(
        payment_order.c.account_id == account_id, payment_order.c.amount == amount, _OPEN
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _to_order(row)


def put_order(connection: Connection, order: Order) -> None:
    """Store a new order."""
    connection.execute(insert(payment_order).values(id=order.id, **_order_values(order)))


def save_order(connection: Connection, order: Order) -> None:
    """Store what has changed about an order."""
    connection.execute(update(payment_order).where(payment_order.c.id == order.id).values(**_order_values(order)))


def attempts_of(connection: Connection, order_id: int) -> list[Attempt]:
    """An order's attempts, the first one first."""
    query = select(payment_attempt).where(payment_attempt.c.order_id == order_id).order_by(payment_attempt.c.number)
    return [_to_attempt(row) for row in connection.execute(query)]


def find_attempt(connection: Connection, key: int) -> Attempt | None:
    """The attempt with this key."""
    row = connection.execute(select(payment_attempt).where(payment_attempt.c.id == key)).one_or_none()
    return None if row is None else _to_attempt(row)


def attempt_of(connection: Connection, provider: str, *, order_id: int | None, provider_id: str) -> Attempt | None:
    """The attempt that a provider speaks of: of the order he names, else by his own name, which others may share."""
    theirs = payment_attempt.c.provider == provider
    named, ours = payment_attempt.c.provider_id == provider_id, payment_attempt.c.order_id == order_id
    ways = [and_(ours, named), ours] if order_id is not None else []
    if provider_id:
        ways.append(named)
    for way in ways:
        query = select(payment_attempt).where(theirs, way).order_by(payment_attempt.c.number.desc()).limit(1)
        row = connection.execute(query).one_or_none()
        if row is not None:
            return _to_attempt(row)
    return None


def put_attempt(connection: Connection, attempt: Attempt) -> None:
    """Store a new attempt, and with it the key under which the provider will be called."""
    connection.execute(insert(payment_attempt).values(id=attempt.id, **_attempt_values(attempt)))


def save_attempt(connection: Connection, attempt: Attempt, error: str = "") -> None:
    """Store what has changed about an attempt; `error` is for staff, the reason of the last failure."""
    connection.execute(
        update(payment_attempt)
        .where(payment_attempt.c.id == attempt.id)
        .values(**_attempt_values(attempt), error=error[:_KEPT])
    )


def due_attempts(connection: Connection, now: datetime, limit: int) -> list[int]:
    """The keys of attempts whose provider is to be asked now, those that wait longest first."""
    query = (
        select(payment_attempt.c.id)
        .where(payment_attempt.c.look_at.is_not(None), payment_attempt.c.look_at <= now)
        .order_by(payment_attempt.c.look_at)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def hasten(connection: Connection, provider: str, *, order_id: int | None, provider_id: str, now: datetime) -> int:
    """A provider calls: have him asked at once about whatever he may mean. Returns how many attempts that is."""
    meant = []
    if provider_id:
        meant.append(payment_attempt.c.provider_id == provider_id)
    if order_id is not None:
        meant.append(payment_attempt.c.order_id == order_id)
    if not meant:
        return 0
    statement = update(payment_attempt).where(payment_attempt.c.provider == provider, or_(*meant))
    return connection.execute(statement.values(look_at=now, looks=0)).rowcount


def put_notice(
    connection: Connection, key: int, *, provider: str, digest: str, order_id: int | None, now: datetime
) -> bool:
    """Store a provider's call; False where the same is stored already."""
    insert_into = postgresql_insert if connection.dialect.name == POSTGRESQL else sqlite_insert
    row = {"id": key, "provider": provider, "key": digest, "order_id": order_id, "received_at": now}
    return bool(connection.execute(insert_into(payment_notice).values(row).on_conflict_do_nothing()).rowcount)


_PAID: Final = Query(
    select(payment_order.c.account_id, payment_order.c.amount, payment_order.c.paid_at, payment_order.c.id).where(
        among(payment_order.c.account_id, "ids"), payment_order.c.state == constant(OrderState.PAID.value)
    )
)


def paid_lately(
    connection: Connection, account_ids: Sequence[int], now: datetime, *, but: int | None = None
) -> Mapping[int, list[Paid]]:
    """By account, the payments of the last `TRANSIT`; without the order `but`."""
    found: dict[int, list[Paid]] = {}
    for account_id, amount, at, key in _PAID.rows(connection, ids=list(account_ids)):
        paid_at = moment(at)
        if paid_at > now - TRANSIT and key != but:
            found.setdefault(account_id, []).append(Paid(amount=amount, paid_at=paid_at))
    return found


class PaidRow(NamedTuple):
    """An order that was paid, as far as billing wants to know. `amount` is in kopecks."""

    id: int
    account: str
    branch: str
    amount: int
    paid_at: datetime
    provider: str
    provider_id: str
    method: str
    state: str


def paid_between(
    connection: Connection,
    bounds: Mapping[str, tuple[datetime, datetime]],
    *,
    elsewhere: tuple[datetime, datetime],
    branch: str | None = None,
) -> list[PaidRow]:
    """What was paid within each branch's bounds, the first included, in the order of making; refunds among it.

    `elsewhere`: the bounds for branches that are not set up any more. With `branch`, that one only.
    """
    paid_at = payment_order.c.paid_at
    within = [
        and_(payment_order.c.branch == code, paid_at >= begins, paid_at < ends)
        for code, (begins, ends) in bounds.items()
    ]
    known = payment_order.c.branch.in_(list(bounds))
    within.append(and_(~known, paid_at >= elsewhere[0], paid_at < elsewhere[1]))
    states = [OrderState.PAID.value, OrderState.REFUNDED.value]
    columns = ("amount", "paid_at", "provider", "provider_id", "method", "state")
    query = (
        select(
            payment_order.c.id, account.c.number, payment_order.c.branch, *(payment_order.c[name] for name in columns)
        )
        .join_from(payment_order, account, payment_order.c.account_id == account.c.id)
        .where(or_(*within), payment_order.c.state.in_(states))
        .order_by(payment_order.c.id)
    )
    if branch is not None:
        query = query.where(payment_order.c.branch == branch)
    return [PaidRow._make(row) for row in connection.execute(query)]


def put_case(connection: Connection, key: int, item: NewCase, address: Address | None, now: datetime) -> None:
    """Open a case about a payment. It belongs to no event."""
    connection.execute(
        insert(case).values(
            id=key,
            kind=item.kind,
            state="open",
            branch=item.branch,
            account_id=item.account_id,
            channel=address.channel if address else "",
            external_id=address.external_id if address else "",
            text=item.text,
            language=item.language,
            opened_at=now,
        )
    )


def put_reply(
    connection: Connection,
    key: int,
    *,
    to: Address,
    text: str,
    extra: Extra,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Tell the subscriber how his payment ended, at once or at a later moment."""
    due = due_at or now
    connection.execute(
        insert(outbox).values(
            id=key,
            channel=to.channel,
            external_id=to.external_id,
            priority=REPLY,
            text=text,
            state="queued",
            attempts=0,
            created_at=now,
            due_at=due,
            expires_at=due + REPLY_EXPIRES,
            extra=to_text(extra),
        )
    )


def _to_order(row: Row[Any]) -> Order:
    kept = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    channel, external_id = kept.pop("channel"), kept.pop("external_id")
    kept["state"] = OrderState(kept["state"])
    return Order(**kept, address=Address(channel, external_id) if channel and external_id != FORGOTTEN else None)


def _order_values(order: Order) -> dict[str, Any]:
    return {
        "account_id": order.account_id,
        "branch": order.branch,
        "amount": order.amount,
        "state": order.state.value,
        "provider": order.provider,
        "channel": order.address.channel if order.address else "",
        "external_id": order.address.external_id if order.address else "",
        "language": order.language,
        "period": order.period,
        "method": order.method,
        "provider_id": order.provider_id,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
        "paid_at": order.paid_at,
        "receipt_url": order.receipt_url,
    }


def _to_attempt(row: Row[Any]) -> Attempt:
    kept = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    kept.pop("error")
    kept["state"] = OrderState(kept["state"])
    return Attempt(**kept)


def _attempt_values(attempt: Attempt) -> dict[str, Any]:
    return {
        "order_id": attempt.order_id,
        "number": attempt.number,
        "provider": attempt.provider,
        "key": attempt.key,
        "state": attempt.state.value,
        "method": attempt.method,
        "email": attempt.email,
        "return_url": attempt.return_url,
        "provider_id": attempt.provider_id,
        "pay_url": attempt.pay_url,
        "created_at": attempt.created_at,
        "expires_at": attempt.expires_at,
        "doubted": attempt.doubted,
        "looks": attempt.looks,
        "look_at": attempt.look_at,
        "autopay_id": attempt.autopay_id,
    }
