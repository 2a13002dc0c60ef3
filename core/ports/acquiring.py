"""What we ask of a payment provider. His word about a payment counts only as `look` gives it, never as a call to us."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from core.domain.messages import RawAnswer, RawRequest
from core.domain.orders import Payment, PaymentState
from core.domain.registers import Entry, Unread

__all__ = [
    "ChargesSaved",
    "Heard",
    "Invoice",
    "ListsPayments",
    "Looks",
    "Notification",
    "Notifies",
    "Opened",
    "Payment",
    "PaymentProvider",
    "PaymentState",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What a subscriber is to pay. Immutable: the same `idempotency_key` always comes with the same invoice."""

    order_id: int
    attempt: int
    """1 for the first; a provider that wants a new number for each attempt gets `<order_id>-<attempt>`."""
    amount: int
    """Kopecks, above zero."""
    account_number: str = field(repr=False)
    description: str
    """For the subscriber and his bank; names neither person nor address."""
    return_url: str = field(repr=False)
    """Our own page, where the subscriber comes back; it proves nothing."""
    notify_url: str = field(repr=False)
    """Our hook for this provider."""
    idempotency_key: str
    """Stored before the call; at most 64 characters."""
    expires_at: datetime
    period: int | None = None
    """`YYYYMM`."""
    method: str = ""
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    """E.164."""
    language: str = "ru"
    saves: bool = False
    """The subscriber has agreed that the method is stored (`ChargesSaved`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The provider waits for the subscriber at `pay_url`."""

    provider_id: str
    pay_url: str = field(repr=False)
    expires_at: datetime | None = None
    """When the provider stops waiting, if he says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A call to our hook. It only says where to look; `payment` is set where the provider offers no look (signed)."""

    order_id: int | None = None
    provider_id: str = ""
    payment: Payment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call to our hook was, and the bytes that the provider wants back once it is stored.

    Without a notification `answer` is given at once: a refusal (wrong signature, foreign address), or an event that
    means nothing to us.
    """

    answer: RawAnswer
    notification: Notification | None = None


class PaymentProvider(Protocol):
    """A way to be paid. Constructing one does no I/O.

    `create` and `look` raise `core.ports.channel.SendFailure` classes and nothing else: `TemporarilyUnavailable` (he
    certainly did not take it), `RateLimited`, `OutcomeUnknown` (he may have: ask again with the same key),
    `ContentRejected` (he refuses this payment), `Misconfigured` (staff must act).
    """

    @property
    def name(self) -> str:
        """Stands in orders, in settings and in the path of the hook, `/hooks/pay/<name>`."""

    @property
    def methods(self) -> Sequence[str]:
        """What the subscriber can choose on our page, in order; empty where the provider asks himself."""

    async def open(self) -> None:
        """Make ready. An unreachable provider is not an error here."""

    async def close(self) -> None:
        """Free everything; harmless when called twice."""

    async def create(self, invoice: Invoice) -> Opened:
        """Have the provider wait for a payment. Again with the same key, it is the same payment."""


@runtime_checkable
class Looks(Protocol):
    """The provider can be asked how a payment stands."""

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:
        """How it stands now; `PaymentState.UNKNOWN` where he knows no such payment. `provider_id` may be empty."""


@runtime_checkable
class ChargesSaved(PaymentProvider, Looks, Protocol):
    """The provider keeps a method of payment for us, and charges it when we say so.

    `create` of an invoice that `saves` has it stored, and `look` at that payment, once it is paid, gives it (`saved`).
    Neither YooKassa nor CloudPayments documents a call that has a method forgotten: we drop our copy, without which
    nobody can charge it.
    """

    async def charge(self, invoice: Invoice, token: str) -> str:
        """Charge a stored method, without the subscriber. Again with the same key, it is the same payment.

        Returns the provider's own name for the payment; how it ended, `look` tells. Raises as `create` does;
        `ContentRejected` means that no money was taken.
        """


@runtime_checkable
class Notifies(Protocol):
    """The provider calls us."""

    def hear(self, request: RawRequest) -> Heard:
        """Check and read one request. Pure and total: any bytes give a `Heard`."""


@runtime_checkable
class ListsPayments(Protocol):
    """The provider can be asked for his register of a day: what was paid in it, and what went back in it."""

    def list_payments(self, day: date) -> AsyncIterator[Entry | Unread]:
        """Everything of a day in Moscow, by whose clock registers are made; in no particular order, `line` 0.

        A payment is of the day on which its money was taken, a refund of the day on which it was made. Whatever was
        not paid is left out; what may be a payment and cannot be read is an `Unread`. Raises as `look` does, also in
        the middle: what came before is then no whole day.
        """
