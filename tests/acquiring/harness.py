"""What a provider's suite must know of its vendor, so that `ProviderConformance` can try the provider."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from core.domain.messages import RawRequest
from core.ports.acquiring import Invoice, Payment, PaymentProvider
from core.ports.channel import SendFailure

RECEIVED_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""When the vendor called us."""
EXPIRES_AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ORDER = 95_612_345_678_901_234
"""A key as `core.domain.keys` makes them in 2026."""
AMOUNT = 123_456
ACCOUNT = "1001234567"
EMAIL = "anna@example.ru"
PHONE = "+79140000001"
INVOICE = Invoice(
    order_id=ORDER,
    attempt=1,
    amount=AMOUNT,
    account_number=ACCOUNT,
    description="Электроэнергия, лицевой счёт …4567",
    return_url="https://pay.example.ru/pay/return-token",
    notify_url="https://pay.example.ru/hooks/pay/vendor",
    idempotency_key="f2c4a1de",
    expires_at=EXPIRES_AT,
    period=202611,
    email=EMAIL,
    phone=PHONE,
)


class Ability(StrEnum):
    """What some providers cannot do. A harness names these in `cannot`, each with its reason."""

    CALLS = "be called to open a payment"
    TELL = "tell how a payment ended"
    LOOK = "be asked how a payment stands"
    PENDING = "tell an unpaid payment from an unknown one"
    BLIND_LOOK = "be asked about a payment whose id we do not know"
    HEAR = "call us"
    SIGNATURES = "sign what it calls us with"
    CURRENCY = "name a currency"
    REFUND = "tell of a refund"
    DECLINE = "tell of a payment that failed"
    PAYMENT = "say in its call how the payment stands"


class Harness:
    """One provider and its emulated vendor. A provider's suite fills in what its vendor can do."""

    cannot: Mapping[Ability, str] = {}
    provider: PaymentProvider
    secrets: tuple[str, ...] = ()
    """Passwords and keys: they must show nowhere."""
    failures: Sequence[type[SendFailure]] = ()
    """What `fail` can make the vendor answer."""
    doubts: Sequence[str] = ()
    """What `doubt` can make the vendor do, so that nobody knows whether he took a payment."""

    def needs(self, *abilities: Ability) -> None:
        """Skip the test where the vendor cannot, for the reason that its suite gives."""
        for ability in abilities:
            if ability in self.cannot:
                pytest.skip(f"cannot {ability}: {self.cannot[ability]}")

    def build(self, **settings: Any) -> PaymentProvider:
        """A provider like `self.provider`, just constructed."""
        raise NotImplementedError

    def invoice(self, **changes: Any) -> Invoice:
        """What is to be paid; each attempt has a key of its own."""
        invoice = replace(INVOICE, **changes)
        return replace(invoice, idempotency_key=f"key-{invoice.order_id}-{invoice.attempt}")

    # The vendor's side.

    @property
    def opened(self) -> int:
        """How many payments the vendor keeps."""
        raise NotImplementedError

    async def visit(self, pay_url: str) -> Any:
        """The subscriber opens the vendor's page; gives the payment as the vendor keeps it."""
        raise NotImplementedError

    async def pay(self, kept: Any, *, amount: int = AMOUNT, currency: str = "RUB") -> None:
        """The subscriber pays."""
        raise NotImplementedError

    async def decline(self, kept: Any) -> None:
        """His card is refused."""
        raise NotImplementedError

    async def refund(self, kept: Any) -> None:
        """The money goes back."""
        raise NotImplementedError

    def fail(self, failure: type[SendFailure]) -> None:
        """Make the vendor's next answer one that means this failure."""
        raise NotImplementedError

    def doubt(self, doubt: str) -> None:
        """Make the vendor do this with the next payment, whether or not he takes it."""
        raise NotImplementedError

    def refuse_charges(self) -> None:
        """From now on the bank refuses charges of stored methods."""
        raise NotImplementedError

    def hang(self) -> asyncio.Event:
        """Make the vendor take the next payment and not answer; the event is set when we hang up."""
        raise NotImplementedError

    def unreachable(self) -> PaymentProvider:
        """A provider whose vendor is not there."""
        raise NotImplementedError

    def intruder(self) -> PaymentProvider:
        """A provider with wrong credentials."""
        raise NotImplementedError

    # The vendor's calls to us.

    @property
    def notices(self) -> Sequence[RawRequest]:
        """The vendor's calls so far, as the web layer hands them on."""
        raise NotImplementedError

    def forged(self) -> Sequence[RawRequest]:
        """The last call with a missing, a wrong and a non-ASCII signature."""
        raise NotImplementedError

    def foreign(self) -> RawRequest:
        """The last call as another shop of the vendor's would get it."""
        raise NotImplementedError

    def garbage(self) -> Sequence[RawRequest]:
        """Calls that mean nothing: an empty one, one of bytes, one of another shape."""
        raise NotImplementedError

    def sealed(self, fields: Mapping[str, str]) -> RawRequest:
        """A call with any fields, signed as the vendor would."""
        raise NotImplementedError

    # What the caller of a provider does.

    async def word(self, provider_id: str = "", attempt: int = 1) -> Payment:
        """How `ORDER`'s payment stands: as the vendor says when asked, or as it said in its last call."""
        raise NotImplementedError
