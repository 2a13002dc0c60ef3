"""Orders of payments: what is to be paid, how an order moves on, and what a provider's word means for it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.domain.messages import Address

CURRENCY: Final = "RUB"


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
    """Who asked for it in a chat, and hears how it ended; None for one made on the page alone."""
    period: int | None = None
    """`YYYYMM` that is paid for; None for the account's debt as it stands."""
    email: str = field(default="", repr=False)
    """For the receipt of Federal Law No. 54; empty where it goes to the phone on file."""
    method: str = ""
    """As the provider names it: `bank_card`, `sbp`; empty where he asks himself."""
    provider_id: str = ""
    """The provider's own name for it, once he has given one."""
    pay_url: str = field(default="", repr=False)
    """Where the provider takes the payment."""
    paid_at: datetime | None = None
    receipt_url: str = ""
