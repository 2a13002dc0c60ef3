"""What we say to Robokassa. Pure: an `Invoice` becomes a link, an order the question how it stands.

https://docs.robokassa.ru/script-parameters/

Robokassa's number of a payment, `InvId`, goes from 1 to 2147483647, and our orders' keys have 63 bits. Leaving it empty
lets Robokassa give one, a new one for each time the link is opened: a subscriber could pay twice, and we could not ask
before we are called. So the number is taken from a hash of order and attempt, the same for the same link, and order and
attempt travel beside it as `Shp_order` and `Shp_attempt`, which signatures cover and answers repeat: an answer about
another order that has the same number is known for what it is. Among a million payments, a further one meets such a
number once in two thousand times. Where that one was paid, Robokassa refuses the new one, and the next attempt has
another number; where it was not, both can be paid, and each call says whose it is.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlencode

from core.acquiring.robokassa import sign
from core.acquiring.robokassa.settings import Receipt, Settings
from core.domain.money import KOPECKS, decimal
from core.ports.acquiring import Invoice

NUMBER_MOST: Final = 2**31 - 1
DESCRIPTION_LIMIT: Final = 100
ITEM_LIMIT: Final = 128
ORDER: Final = "Shp_order"
ATTEMPT: Final = "Shp_attempt"


def number(order_id: int, attempt: int) -> str:
    """`InvId`, in decimal digits."""
    hashed = sha256(f"{order_id}-{attempt}".encode()).digest()
    return str(int.from_bytes(hashed[:8], "big") % NUMBER_MOST + 1)


def link(invoice: Invoice, settings: Settings) -> str:
    """The address of the page that takes this payment."""
    price, inv_id = decimal(invoice.amount), number(invoice.order_id, invoice.attempt)
    carried = {ATTEMPT: str(invoice.attempt), ORDER: str(invoice.order_id)}
    receipt = _receipt(invoice, settings.receipt) if settings.receipt else ""
    parameters = {
        "MerchantLogin": settings.login,
        "OutSum": price,
        "InvId": inv_id,
        "Description": invoice.description[:DESCRIPTION_LIMIT],
        "SignatureValue": sign.link(settings, price, inv_id, carried, receipt),
        "Culture": invoice.language,
        "Encoding": "utf-8",
        "ExpirationDate": invoice.expires_at.isoformat(timespec="seconds"),
        **carried,
    }
    optional = {"Receipt": receipt, "Email": invoice.email, "IsTest": "1" if settings.is_test else ""}
    return f"{settings.page_url}?{urlencode(parameters | {name: text for name, text in optional.items() if text})}"


def question(order_id: int, attempt: int, settings: Settings) -> Mapping[str, str]:
    """The parameters of `OpStateExt`."""
    inv_id = number(order_id, attempt)
    return {"MerchantLogin": settings.login, "InvoiceID": inv_id, "Signature": sign.question(settings, inv_id)}


def _receipt(invoice: Invoice, receipt: Receipt) -> str:
    """The receipt as it stands in a URL: JSON, percent-encoded, so that it is encoded once more in the link."""
    item = {
        "name": invoice.description[:ITEM_LIMIT],
        "quantity": 1,
        # JSON has no decimals; Python writes a float by the fewest digits, which are those of the kopecks.
        "sum": invoice.amount / KOPECKS,
        "payment_method": receipt.payment_method,
        "payment_object": receipt.payment_object,
        "tax": receipt.tax,
    }
    text = json.dumps({"sno": receipt.sno, "items": [item]}, ensure_ascii=False, separators=(",", ":"))
    return quote(text, safe="")
