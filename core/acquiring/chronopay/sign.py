"""ChronoPay's signatures, which are MD5 because he takes nothing else, and our own token of an order. Pure.

Source: the modules that merchants publish, such as
https://github.com/Teplitsa/leyka/blob/master/gateways/chronopay/leyka-class-chronopay-gateway.php
"""

from collections.abc import Mapping
from hashlib import md5
from typing import Final

from core.acquiring.signing import as_bytes, hmac_sha256, same

SIGNED: Final = ("customer_id", "transaction_id", "transaction_type", "total")
"""What the signature of a notification covers, in this order. The order's number is not among it."""


def link(product_id: str, price: str, secret: str, order: str = "") -> str:
    """The signature of a link; `order` is empty where the product's signatures do not cover it."""
    return _md5("-".join((product_id, price, *([order] if order else []), secret)))


def notification(fields: Mapping[str, str], secret: str) -> str:
    """The signature of a notification: the secret and the values, with nothing between them."""
    return _md5(secret + "".join(fields.get(name, "") for name in SIGNED))


def is_signed(fields: Mapping[str, str], secret: str) -> bool:
    """Tell whether ChronoPay signed this; never under an empty secret."""
    return bool(secret) and same(fields.get("sign", "").lower(), notification(fields, secret))


def token(order_id: int, key: str) -> str:
    """What `cb_url` carries to prove that the link of this order was ours."""
    return hmac_sha256(key, f"chronopay:{order_id}")


def is_token(given: str, order_id: int, key: str) -> bool:
    """Tell whether it is the order's token; never under an empty key."""
    return bool(key) and same(given, token(order_id, key))


def _md5(text: str) -> str:
    return md5(as_bytes(text), usedforsecurity=False).hexdigest()
