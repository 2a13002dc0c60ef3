"""What we send YooKassa. Pure: the same invoice always gives the same bytes, as its idempotency key demands."""

import json
from collections.abc import Mapping
from datetime import UTC, date
from typing import Any, Final

from core.acquiring.yookassa.settings import Receipt, Settings, Utilities
from core.domain.money import decimal
from core.domain.orders import CURRENCY
from core.domain.registers import bounds
from core.ports.acquiring import Invoice

DESCRIPTION_LIMIT: Final = 128
PURPOSE_LIMIT: Final = 210
LOCALES: Final = {"ru": "ru_RU", "en": "en_US"}
PAGE: Final = 100
"""Objects of a list in one answer; YooKassa gives no more."""


def payment(invoice: Invoice, settings: Settings) -> bytes:
    """The body of `POST /payments`."""
    body: dict[str, Any] = {
        "amount": _amount(invoice.amount),
        "capture": True,
        "confirmation": {
            "type": "redirect",
            "return_url": invoice.return_url,
            "locale": LOCALES.get(invoice.language, LOCALES["ru"]),
        },
        "description": invoice.description[:DESCRIPTION_LIMIT],
        "metadata": {"order_id": str(invoice.order_id), "attempt": str(invoice.attempt)},
    }
    if invoice.method:
        body["payment_method_data"] = {"type": invoice.method}
    if invoice.saves:
        body["save_payment_method"] = True
    _add_details(body, invoice, settings)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def charge(invoice: Invoice, token: str, settings: Settings) -> bytes:
    """The body of `POST /payments` for a stored method: nobody confirms it.

    https://yookassa.ru/developers/payment-acceptance/scenario-extensions/recurring-payments/pay-with-saved
    """
    body: dict[str, Any] = {
        "amount": _amount(invoice.amount),
        "capture": True,
        "payment_method_id": token,
        "description": invoice.description[:DESCRIPTION_LIMIT],
        "metadata": {"order_id": str(invoice.order_id), "attempt": str(invoice.attempt)},
    }
    _add_details(body, invoice, settings)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def payments_of(day: date) -> Mapping[str, str]:
    """The query of `GET /payments` for what was paid on a day in Moscow.

    https://yookassa.ru/developers/using-api/lists. By `captured_at`, the moment that we keep as that of the payment: by
    `created_at` a payment that was begun before midnight and paid after it would stand in another day than here.
    """
    return _of_day("captured_at", day)


def refunds_of(day: date) -> Mapping[str, str]:
    """The query of `GET /refunds` for what went back on a day in Moscow; a refund has no moment but its beginning."""
    return _of_day("created_at", day)


def _of_day(moment: str, day: date) -> Mapping[str, str]:
    since, until = (each.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") for each in bounds(day, day))
    return {f"{moment}.gte": since, f"{moment}.lt": until, "status": "succeeded", "limit": str(PAGE)}


def _add_details(body: dict[str, Any], invoice: Invoice, settings: Settings) -> None:
    """The receipt and the payment order, where the settings want them."""
    if settings.receipt.enabled and (invoice.email or invoice.phone):
        body["receipt"] = _receipt(invoice, settings.receipt)
    if settings.utilities.enabled:
        body["payment_order"] = _payment_order(invoice, settings.utilities)


def _amount(kopecks: int) -> dict[str, str]:
    return {"value": decimal(kopecks), "currency": CURRENCY}


def _receipt(invoice: Invoice, settings: Receipt) -> dict[str, Any]:
    customer = {"email": invoice.email} if invoice.email else {"phone": invoice.phone.lstrip("+")}
    item = {
        "description": settings.item,
        "quantity": "1.00",
        "amount": _amount(invoice.amount),
        "vat_code": settings.vat_code,
        "payment_subject": settings.payment_subject,
        "payment_mode": settings.payment_mode,
    }
    receipt: dict[str, Any] = {"customer": customer, "items": [item]}
    if settings.tax_system_code:
        receipt["tax_system_code"] = settings.tax_system_code
    return receipt


def _payment_order(invoice: Invoice, settings: Utilities) -> dict[str, Any]:
    order: dict[str, Any] = {
        "type": "utilities",
        "amount": _amount(invoice.amount),
        "payment_purpose": f"{settings.purpose}, лицевой счёт {invoice.account_number}"[:PURPOSE_LIMIT],
        "recipient": {
            "name": settings.name,
            "inn": settings.inn,
            "kpp": settings.kpp,
            "bank": {
                "name": settings.bank,
                "bic": settings.bic,
                "account": settings.account,
                "correspondent_account": settings.correspondent_account,
            },
        },
        "account_number": invoice.account_number,
    }
    if settings.kbk:
        order["kbk"] = settings.kbk
    if settings.oktmo:
        order["oktmo"] = settings.oktmo
    if invoice.period is not None:
        order["payment_period"] = {"month": invoice.period % 100, "year": invoice.period // 100}
    return order
