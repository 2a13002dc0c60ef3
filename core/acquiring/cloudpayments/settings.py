"""What the operator says about CloudPayments."""

from dataclasses import dataclass, field
from typing import Final

LIVE: Final = "https://api.cloudpayments.ru"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A site of CloudPayments'. Whether a payment is a test, the payment says itself."""

    public_id: str
    api_secret: str = field(default="", repr=False)
    """Signs CloudPayments' calls, and lets us in. Empty refuses every call."""
    api_url: str = LIVE
