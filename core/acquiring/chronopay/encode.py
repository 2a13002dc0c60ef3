"""The link to ChronoPay's page. Pure: an `Invoice` becomes an address.

ChronoPay takes the parameters of his page by POST, and modules of merchants send them so; the page reads them from the
address as well. We give the address: it fits a chat and an SMS, and needs no page of ours that posts a form by itself.
Everything in it is what the subscriber sees anyway, and the signature keeps the amount as it is.
"""

from typing import Final
from urllib.parse import urlencode

from core.acquiring.chronopay import sign
from core.acquiring.chronopay.settings import Settings
from core.domain.money import decimal
from core.domain.orders import CURRENCY
from core.ports.acquiring import Invoice

NAME_LIMIT: Final = 128


def link(invoice: Invoice, settings: Settings) -> str:
    """The address of the page that takes this payment: the same for the same order, whatever the attempt."""
    price, order = decimal(invoice.amount), str(invoice.order_id)
    parameters = {
        "product_id": settings.product_id,
        "product_name": invoice.description[:NAME_LIMIT],
        "product_price": price,
        "product_price_currency": CURRENCY,
        "order_id": order,
        "cb_url": notify_url(invoice, settings),
        "cb_type": "P",
        "success_url": invoice.return_url,
        "decline_url": invoice.return_url,
        "language": invoice.language,
        "sign": sign.link(settings.product_id, price, settings.shared_secret, order if settings.signs_order else ""),
    }
    return f"{settings.page_url}?{urlencode(parameters | ({'email': invoice.email} if invoice.email else {}))}"


def notify_url(invoice: Invoice, settings: Settings) -> str:
    """Our hook with the order and its token, which ChronoPay's signature does not cover."""
    query = {"order": str(invoice.order_id), "token": sign.token(invoice.order_id, settings.token_key)}
    return f"{invoice.notify_url}?{urlencode(query)}"
