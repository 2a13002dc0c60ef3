"""Orders of payments: what is to be paid, how an order moves on, and what a provider's word means for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from core.domain.decisions import PAYMENT_MISMATCH, PAYMENT_TWICE
from core.domain.messages import Address

CURRENCY: Final = "RUB"
PATH: Final = "/pay/"
"""Under the public address: `https://…/pay/<token>`."""


class OrderState(StrEnum):
    """created → pending → paid | failed | expired, and paid → refunded.

    An order that failed or expired here becomes paid all the same when the provider says so: money that came is never
    turned away.
    """

    CREATED = "created"
    """Stored; no provider knows of it yet, or we do not know whether one does."""
    PENDING = "pending"
    """A provider waits for the subscriber."""
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"


OPEN: Final = frozenset({OrderState.CREATED, OrderState.PENDING})
"""States in which an order of the same sum is taken up again instead of making another."""


@dataclass(slots=True, kw_only=True)
class Order:
    """A payment of `amount` kopecks to one account. `id` is a client-made key, the order's number at the provider."""

    id: int
    account_id: int
    branch: str
    amount: int
    state: OrderState
    provider: str
    created_at: datetime
    expires_at: datetime
    address: Address | None = None
    """Who asked for it in a chat, and hears how it ended; None once he wanted to be forgotten."""
    language: str = "ru"
    period: int | None = None
    """`YYYYMM` that is paid for; None for the account's debt as it stands."""
    method: str = ""
    """How it was paid, as the provider names it: `bank_card`, `sbp`."""
    provider_id: str = ""
    """The provider's own name for the payment that was credited."""
    paid_at: datetime | None = None
    receipt_url: str = ""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One go at having a provider take an order, under one idempotency key, which is stored before he is called.

    Its state has the words of an order's: `created` until he has answered, `pending` while he waits.
    """

    id: int
    order_id: int
    number: int
    """1 for the order's first."""
    provider: str
    key: str
    state: OrderState
    created_at: datetime
    method: str = ""
    """What the subscriber chose; empty where the provider asks himself."""
    email: str = field(default="", repr=False)
    """For the receipt of Federal Law No. 54; empty where it goes to the phone on file. Kept until it has ended."""
    return_url: str = field(default="", repr=False)
    """Kept until the provider has answered: under one key he must hear the same every time."""
    provider_id: str = ""
    pay_url: str = field(default="", repr=False)
    """Where the provider takes the payment."""
    expires_at: datetime | None = None
    """When the provider stops waiting, if he says so."""
    doubted: bool = False
    """A case was opened because his word does not fit the order, or because he was paid again for it."""
    looks: int = 0
    """How often he was asked since we last heard of it."""
    look_at: datetime | None = None
    """When to ask him next; None for nothing more to ask."""
    autopay_id: int | None = None
    """The autopay that it stores a method for, or whose stored method it charges (`core.domain.autopay.SAVED`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A stored method of payment."""

    token: str = field(repr=False)
    """What the provider calls it. A secret: with it the card can be charged."""
    label: str = field(default="", repr=False)
    """As its owner knows it: `•• 4242`."""


class PaymentState(StrEnum):
    """How a payment stands at the provider."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"
    """He knows no such payment, or says something that we cannot read: nothing may be concluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The provider's word about a payment. `amount` is in kopecks."""

    state: PaymentState
    provider_id: str
    order_id: int | None
    """The order he says it is for; None where he does not."""
    amount: int
    currency: str
    is_test: bool = False
    """Made in the provider's test mode: no money moves."""
    paid_at: datetime | None = None
    receipt_url: str = ""
    method: str = ""
    detail: str = ""
    """Why it failed, in the provider's words; for staff."""
    saved: Saved | None = None
    """The method that it has stored for later charges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What else is known when a provider's word comes."""

    others_open: bool = False
    """Another attempt of the order waits for the subscriber still."""
    others_paid: int = 0
    """Kopecks of the account's other paid orders that billing does not know yet."""
    owed: int | None = None
    """The account's balance, positive = owes; None where billing has told none."""
    is_test: bool = False
    """We use the provider's test mode: only its payments count, and no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from a provider's word. None and empty: nothing."""

    order: OrderState | None = None
    attempt: OrderState | None = None
    case: str = ""
    """The kind of case to open."""
    told: str = ""
    """The text that the subscriber gets."""


_SAYS: Final[Mapping[PaymentState, OrderState]] = {
    PaymentState.PENDING: OrderState.PENDING,
    PaymentState.PAID: OrderState.PAID,
    PaymentState.FAILED: OrderState.FAILED,
    PaymentState.REFUNDED: OrderState.REFUNDED,
}
"""What a provider's word makes of the attempt it is about; `UNKNOWN` makes nothing."""
MOVES: Final = frozenset(
    {
        (OrderState.CREATED, OrderState.PENDING),
        (OrderState.CREATED, OrderState.PAID),
        (OrderState.CREATED, OrderState.FAILED),
        (OrderState.CREATED, OrderState.REFUNDED),
        (OrderState.PENDING, OrderState.PAID),
        (OrderState.PENDING, OrderState.FAILED),
        (OrderState.PENDING, OrderState.REFUNDED),
        (OrderState.FAILED, OrderState.PAID),
        (OrderState.FAILED, OrderState.REFUNDED),
        (OrderState.EXPIRED, OrderState.PAID),
        (OrderState.EXPIRED, OrderState.REFUNDED),
        (OrderState.PAID, OrderState.REFUNDED),
    }
)
"""From where to where a provider's word moves an order. Late money counts; late failures change nothing."""
_MONEY: Final = frozenset({OrderState.PAID, OrderState.REFUNDED})
_TOLD: Final[Mapping[OrderState, str]] = {
    OrderState.PAID: "payment-paid",
    OrderState.FAILED: "payment-failed",
    OrderState.REFUNDED: "payment-refunded",
}


def judge(order: Order, attempt: Attempt, said: Payment, standing: Standing) -> Verdict:
    """What a provider's word about an attempt means for it, its order, the subscriber and the moderators.

    Whatever was said before may be said again, and in any order: only the first of each has consequences.
    """
    state = _SAYS.get(said.state)
    # Some take one link twice, with a name for each time: then staff decide, also about which of them went back.
    is_other = attempt.provider_id not in {"", said.provider_id}
    is_money = state is OrderState.PAID or (state is OrderState.REFUNDED and attempt.doubted)
    again = is_other and attempt.state is OrderState.PAID and is_money
    if state is None or (_is_old_news(attempt.state, state) and not again):
        return Verdict()
    if state in _MONEY and _mismatch(order, said, standing):
        # The attempt stays as it is: should the provider say something else later, that is heard.
        return Verdict() if attempt.doubted else Verdict(case=PAYMENT_MISMATCH)
    return Verdict(case=PAYMENT_TWICE) if again else _follow(order, attempt, state, said, standing)


def _follow(order: Order, attempt: Attempt, state: OrderState, said: Payment, standing: Standing) -> Verdict:
    """What follows from a word that is news and fits the order."""
    if (order.state, state) not in MOVES:
        return Verdict(attempt=state, case=PAYMENT_TWICE if state is OrderState.PAID else "")
    if state is OrderState.FAILED and standing.others_open:
        return Verdict(attempt=state)
    if order.provider_id and order.provider_id != (attempt.provider_id or said.provider_id):
        # The order was paid by another attempt, and only this one's money went back.
        return Verdict(attempt=state)
    twice = state is OrderState.PAID and 0 < standing.others_paid > (standing.owed or 0) - order.amount
    # Whoever could not be given a link looks at our page, which says so; a message beside it would only puzzle.
    is_shown = state is not OrderState.FAILED or attempt.state is not OrderState.CREATED
    told = _TOLD.get(state, "") if is_shown else ""
    return Verdict(attempt=state, order=state, case=PAYMENT_TWICE if twice else "", told=told)


def _is_old_news(known: OrderState, said: OrderState) -> bool:
    """Whether an attempt's word tells nothing new: the same again, or from before what is known."""
    match known:
        case OrderState.CREATED:
            return False
        case OrderState.PAID:
            return said is not OrderState.REFUNDED
        case OrderState.REFUNDED:
            return True
    return said is known or said is OrderState.PENDING


def _mismatch(order: Order, said: Payment, standing: Standing) -> bool:
    return (
        said.amount != order.amount
        or said.currency != CURRENCY
        or said.order_id not in {None, order.id}
        or said.is_test is not standing.is_test
    )


LASTS: Final = timedelta(hours=24)
"""How long links and orders stay open, unless the retailer says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the retailer sets about payments."""

    providers: Mapping[str, str] = field(default_factory=dict)
    """By branch, who takes its payments; a branch without one has no payment link."""
    least: int = 1_000
    most: int = 10_000_000
    """Kopecks, both inclusive, of one payment."""
    lasts: timedelta = LASTS
    """How long a link and an order stay open."""
    stale: timedelta = timedelta(days=35)
    """How old a balance may be before we say so: bills are monthly."""
    test: frozenset[str] = frozenset()
    """Providers used in their test mode."""

    def allows(self, amount: int) -> bool:
        """Whether so much can be paid at once."""
        return self.least <= amount <= self.most

    def proposed(self, debt: int) -> int:
        """What to propose for a debt: all of it, or as much as can be paid at once."""
        return min(max(debt, self.least), self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment that an account has made."""

    amount: int
    paid_at: datetime


def in_transit(paid: Sequence[Paid], balance_date: date | None, zone: tzinfo) -> int:
    """Kopecks that were paid on the day of the balance or later: billing credits them within one to three bank days."""
    return sum(
        item.amount for item in paid if balance_date is None or item.paid_at.astimezone(zone).date() >= balance_date
    )


LOOKS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30, 60, 120, 360))
"""How long after one look the next follows: often while the subscriber is at it, then as a safety net."""
ASKS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 120, 300))
"""The same where he has not answered yet, and the subscriber looks at our page."""
LATE: Final = timedelta(days=3)
"""How long after an order's end money may still arrive of which nobody tells us."""


def next_look(attempt: Attempt, order: Order, now: datetime) -> datetime | None:
    """When to ask the provider again, who has said nothing new; None when nothing can come any more."""
    waits = ASKS if attempt.state is OrderState.CREATED else LOOKS
    following = now + waits[min(attempt.looks, len(waits) - 1)]
    if now < order.expires_at < following:
        return order.expires_at
    return following if following < order.expires_at + LATE else None
