"""A provider's register of payments against our orders: what differs, and which way. Pure.

The provider is the one who knows what was paid; a difference means that his word has not reached us, or that we have
understood it wrong. Nothing is credited from a register: it says where to ask.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain.orders import OrderState

MOSCOW: Final = ZoneInfo("Europe/Moscow")
"""By whose clock providers' days begin and end."""
EDGE: Final = timedelta(minutes=15)
"""So near to midnight a payment may stand in the neighbouring day's register."""
_CREDITED: Final = frozenset({OrderState.PAID, OrderState.REFUNDED})


class Entry(NamedTuple):
    """A line of a register. `amount` is in kopecks, never below zero; `refund` says which way the money went."""

    line: int
    """Of the file; 0 in a list that the provider was asked for."""
    payment: str
    """The provider's name for the payment; of a refund, that of the payment that goes back, or its own."""
    amount: int
    order: int | None = None
    """Our order, where the register names it."""
    refund: bool = False
    is_test: bool | None = None
    """Made in the provider's test mode, where no money moves; None where the register does not say."""


class Unread(NamedTuple):
    """What stands in a provider's list and cannot be read. It may be a payment: no comparison is whole without it."""

    payment: str
    """The provider's name for it, as far as it can be read."""
    reason: str
    """Repeats nothing of what stands there."""


class Known(NamedTuple):
    """An order of ours."""

    id: int
    account: str
    amount: int
    state: OrderState
    payments: tuple[str, ...]
    """The provider's names for its payments, the one that was credited first."""
    paid_at: datetime | None


class Difference(StrEnum):
    """What is wrong. The codes are an interface: scripts read them, and docs/payments.md says what to do."""

    UNKNOWN = "unknown"
    """Paid there, and no order of ours."""
    UNPAID = "unpaid"
    """Paid there, and not here."""
    AMOUNT = "amount"
    """Another sum here than there."""
    REFUND = "refund"
    """Given back there, and paid here."""
    MISSING = "missing"
    """Paid here, and not in the register."""
    TWICE = "twice"
    """An order that was paid there more than once."""
    REPEATED = "repeated"
    """The register has a payment in two lines."""
    TEST = "test"
    """Paid there in test mode, and real payments count here; or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference. Sums are in kopecks; 0 where there is none on that side."""

    what: Difference
    payment: str
    order: int | None = None
    account: str = field(default="", repr=False)
    there: int = 0
    here: int = 0
    line: int = 0
    """Of the register's file; 0 for what it does not have, and where there is no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison came to. `agreed` are the register's lines that are here as they are there."""

    findings: Sequence[Finding]
    agreed: int
    agreed_amount: int
    at_midnight: int = 0
    """Paid here so near to midnight that the neighbouring day's register may have them: no differences yet."""


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """When the first of a register's days begins, and when the last of them has ended."""
    return datetime.combine(first, time(), MOSCOW), datetime.combine(last + timedelta(days=1), time(), MOSCOW)


def compare(
    entries: Sequence[Entry], orders: Iterable[Known], since: datetime, until: datetime, *, is_test: bool = False
) -> Compared:
    """Compare the register of some days with our orders.

    Args:
        entries: the register's lines.
        orders: those that the lines name, and those that were paid in the days, whether named or not.
        since: when the register's first day begins, by the provider's clock.
        until: when its last day ends.
        is_test: we use the provider's test mode: only its payments count, and no others.
    """
    by_id = {order.id: order for order in orders}
    by_payment = {payment: order for order in by_id.values() for payment in order.payments}
    findings: list[Finding] = []
    agreed = agreed_amount = 0
    seen: Counter[tuple[str, bool, int]] = Counter()
    payments: dict[int, set[str]] = defaultdict(set)
    for entry in entries:
        order = by_payment.get(entry.payment) or by_id.get(entry.order or 0)
        seen[entry.payment, entry.refund, entry.amount] += 1
        if order is not None and not entry.refund:
            payments[order.id].add(entry.payment)
        what = _judge(entry, order, repeated=seen[entry.payment, entry.refund, entry.amount] > 1, is_test=is_test)
        if what is None and order is not None and len(payments[order.id]) > 1 and not entry.refund:
            what = Difference.TWICE
        if what is None:
            agreed, agreed_amount = agreed + 1, agreed_amount + (-entry.amount if entry.refund else entry.amount)
        else:
            findings.append(_finding(what, entry, order))
    missing = [
        order
        for order in by_id.values()
        if order.state in _CREDITED and order.id not in payments
        if order.paid_at is not None and since <= order.paid_at < until
    ]
    for order in sorted(missing, key=lambda order: order.id):
        if not _is_at_midnight(order, since, until):
            finding = Finding(
                what=Difference.MISSING,
                payment=next(iter(order.payments), ""),
                order=order.id,
                account=order.account,
                here=order.amount,
            )
            findings.append(finding)
    at_midnight = sum(_is_at_midnight(order, since, until) for order in missing)
    return Compared(findings=findings, agreed=agreed, agreed_amount=agreed_amount, at_midnight=at_midnight)


def _judge(entry: Entry, order: Known | None, *, repeated: bool, is_test: bool) -> Difference | None:
    if repeated:
        return Difference.REPEATED
    if entry.is_test is not None and entry.is_test is not is_test:
        return Difference.TEST
    if order is None:
        return Difference.UNKNOWN
    if entry.refund:
        return None if order.state is OrderState.REFUNDED else Difference.REFUND
    if order.state not in _CREDITED:
        return Difference.UNPAID
    return None if order.amount == entry.amount else Difference.AMOUNT


def _finding(what: Difference, entry: Entry, order: Known | None) -> Finding:
    return Finding(
        what=what,
        payment=entry.payment,
        order=order.id if order else entry.order,
        account=order.account if order else "",
        there=entry.amount,
        here=order.amount if order else 0,
        line=entry.line,
    )


def _is_at_midnight(order: Known, since: datetime, until: datetime) -> bool:
    assert order.paid_at is not None  # noqa: S101 - those that were paid are asked about
    return order.paid_at - since < EDGE or until - order.paid_at <= EDGE
