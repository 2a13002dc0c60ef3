"""What we ask the bank. Pure: an `Invoice` becomes the form of `register.do`, an order the question how it stands.

https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:requests:register
https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:requests:getorderstatusextended
"""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Final

from core.acquiring.sberbank.settings import Settings
from core.ports.acquiring import Invoice
from core.ports.channel import ContentRejected

NUMBER_LIMIT: Final = 32
"""`orderNumber` is ANS..32."""
DESCRIPTION_LIMIT: Final = 512
RUB: Final = "643"
"""ISO 4217, by number."""
MOSCOW: Final = timezone(timedelta(hours=3))
"""The bank reads moments without a zone as Moscow's, which has been UTC+3 since 2014 (Federal Law No. 248 of 2014)."""
_UNWANTED: Final = str.maketrans("%+\r\n\t", "     ")
"""The bank forbids percent signs, plus signs and line breaks in a description."""


def number(order_id: int, attempt: int) -> str:
    """Our `orderNumber`. Each attempt has its own: the bank takes no second payment under a number that was declined.

    Raises:
        ContentRejected: it is longer than the bank takes.
    """
    text = f"{order_id}-{attempt}"
    if len(text) > NUMBER_LIMIT:
        raise ContentRejected("orderNumber", f"an orderNumber has {NUMBER_LIMIT} characters at most")
    return text


def registration(invoice: Invoice, settings: Settings) -> Mapping[str, str]:
    """The form of `register.do`: a payment in one stage.

    Raises:
        ContentRejected: the order's number is too long.
    """
    form = {
        **credentials(settings),
        "orderNumber": number(invoice.order_id, invoice.attempt),
        "amount": str(invoice.amount),
        "currency": RUB,
        "returnUrl": invoice.return_url,
        "failUrl": invoice.return_url,
        "description": " ".join(invoice.description.translate(_UNWANTED).split())[:DESCRIPTION_LIMIT],
        "language": invoice.language,
        "expirationDate": invoice.expires_at.astimezone(MOSCOW).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    return form | ({"email": invoice.email} if invoice.email else {})


def question(order_id: int, attempt: int, provider_id: str, settings: Settings) -> Mapping[str, str]:
    """The form of `getOrderStatusExtended.do`: by the bank's own number where we know it, else by ours.

    Raises:
        ContentRejected: the order's number is too long.
    """
    named = {"orderId": provider_id} if provider_id else {"orderNumber": number(order_id, attempt)}
    return {**credentials(settings), **named, "language": "ru"}


def credentials(settings: Settings) -> Mapping[str, str]:
    """Who asks: the token where there is one."""
    if settings.token:
        return {"token": settings.token}
    return {"userName": settings.user_name, "password": settings.password}
