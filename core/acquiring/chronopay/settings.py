"""What the operator says about ChronoPay."""

from dataclasses import dataclass, field
from typing import Final

LIVE: Final = "https://payments.chronopay.com/"
KEY_LEAST: Final = 16
"""A key with fewer characters could be tried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The contract's product and its secret, and a key of our own."""

    product_id: str
    """`001234-0001-0001`."""
    shared_secret: str = field(default="", repr=False)
    """`SharedSec`; it signs both ways. Empty refuses every call."""
    token_key: str = field(default="", repr=False)
    """Ours alone, at least 16 characters: ties a notification to its order, which ChronoPay's signature does not. Empty
    refuses every call. A new one makes the notifications of links that are out already be refused."""
    signs_order: bool = True
    """Whether the link's signature covers the order's number; ChronoPay's manager sets it for the product."""
    page_url: str = LIVE
    senders: tuple[str, ...] = ()
    """Addresses or networks that ChronoPay calls from; empty where they are not checked."""
    is_test: bool = False
    """`page_url` is ChronoPay's test page: what it calls paid is no money."""

    def __post_init__(self) -> None:
        """Refuse a key that is short enough to be tried out."""
        if self.token_key and len(self.token_key) < KEY_LEAST:
            raise ValueError(f"token_key should have at least {KEY_LEAST} characters")
