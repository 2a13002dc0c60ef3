"""What we ask CloudPayments. Pure: an `Invoice` becomes the form of `orders/create`, an order the search for it.

https://developers.cloudpayments.ru/#sozdanie-scheta-dlya-otpravki-po-pochte and #proverka-statusa-platezha. Forms, not
JSON: an amount stays the text that it is.
"""

import base64
from collections.abc import Mapping
from datetime import date
from typing import Final

from core.acquiring.cloudpayments.settings import Settings
from core.domain.money import decimal
from core.domain.orders import CURRENCY
from core.ports.acquiring import Invoice

CULTURES: Final = {"en": "en-US"}
RUSSIAN: Final = "ru-RU"


def number(order_id: int, attempt: int) -> str:
    """Our `InvoiceId`. Each attempt has its own, as a search finds the last payment of a number."""
    return f"{order_id}-{attempt}"


def order(invoice: Invoice) -> Mapping[str, str]:
    """The form of `orders/create`: a payment in one stage, and no message to the subscriber but ours."""
    form = {
        "Amount": decimal(invoice.amount),
        "Currency": CURRENCY,
        "Description": invoice.description,
        "InvoiceId": number(invoice.order_id, invoice.attempt),
        "RequireConfirmation": "false",
        "SendEmail": "false",
        "SendSms": "false",
        "SendViber": "false",
        "CultureName": CULTURES.get(invoice.language, RUSSIAN),
        "SuccessRedirectUrl": invoice.return_url,
        "FailRedirectUrl": invoice.return_url,
    }
    # A card is stored under the payer's own name only; it must be charged under the same one.
    form |= {"AccountId": invoice.account_number} if invoice.saves else {}
    return form | ({"Email": invoice.email} if invoice.email else {})


def charge(invoice: Invoice, token: str) -> Mapping[str, str]:
    """The form of `payments/tokens/charge`: the shop begins it, by a schedule that the payer has agreed to.

    https://developers.cloudpayments.ru/#oplata-po-tokenu-rekarring
    """
    form = {
        "Amount": decimal(invoice.amount),
        "Currency": CURRENCY,
        "Description": invoice.description,
        "InvoiceId": number(invoice.order_id, invoice.attempt),
        "AccountId": invoice.account_number,
        "Token": token,
        "TrInitiatorCode": "0",
        "PaymentScheduled": "1",
    }
    return form | ({"Email": invoice.email} if invoice.email else {})


def search(order_id: int, attempt: int) -> Mapping[str, str]:
    """The form of `v2/payments/find`."""
    return {"InvoiceId": number(order_id, attempt)}


def day(which: date) -> Mapping[str, str]:
    """The form of `payments/list`: everything that was registered on a day in Moscow.

    https://developers.cloudpayments.ru/#vygruzka-spiska-tranzaktsiy: without `TimeZone` the day would be that of UTC.
    """
    return {"Date": which.isoformat(), "TimeZone": "MSK"}


def headers(settings: Settings, key: str = "") -> Mapping[str, str]:
    """Who asks, and under which key; CloudPayments remembers a key for an hour."""
    account = base64.b64encode(f"{settings.public_id}:{settings.api_secret}".encode()).decode()
    return {"Authorization": f"Basic {account}"} | ({"X-Request-ID": key} if key else {})
