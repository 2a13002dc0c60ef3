"""What YooKassa says, in our words. Pure and total: whatever comes, something is made of it.

https://yookassa.ru/developers/api: the objects of payments, refunds and notifications.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.domain.orders import CURRENCY, Saved
from core.domain.registers import Entry, Unread
from core.ports.acquiring import Notification, Payment, PaymentState

_STATES: Final[Mapping[str, PaymentState]] = {
    "pending": PaymentState.PENDING,
    "waiting_for_capture": PaymentState.PENDING,
    "succeeded": PaymentState.PAID,
    "canceled": PaymentState.FAILED,
}
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
"""A payment's id goes into an address of ours."""
_CODE: Final = re.compile(r"[a-z0-9_.]{1,60}")
_LARGEST: Final = Decimal(10) ** 15


def as_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object; an empty one where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def inner(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within an object; an empty one where there is none."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def identifier(values: Mapping[str, Any], name: str = "id") -> str:
    """A payment's id; empty where there is none that could be."""
    value = values.get(name)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def payment(values: Mapping[str, Any]) -> Payment:
    """A payment's object as we understand it; `UNKNOWN` where something that decides cannot be read."""
    state = _STATES.get(str(values.get("status")), PaymentState.UNKNOWN)
    amount, currency = _money(inner(values, "amount"))
    if amount is None or not identifier(values):
        state = PaymentState.UNKNOWN
    if state is PaymentState.PAID and values.get("paid") is not True:
        state = PaymentState.UNKNOWN
    refunded, _ = _money(inner(values, "refunded_amount"))
    if state is PaymentState.PAID and refunded and refunded == amount:
        state = PaymentState.REFUNDED
    detail = inner(values, "cancellation_details").get("reason")
    return Payment(
        state=state,
        provider_id=identifier(values),
        order_id=_order(inner(values, "metadata")),
        amount=amount or 0,
        currency=currency,
        is_test=values.get("test") is True,
        paid_at=_moment(values.get("captured_at")) if state is PaymentState.PAID else None,
        method=code(inner(values, "payment_method").get("type")),
        detail=code(detail),
        saved=_saved(inner(values, "payment_method")) if state is PaymentState.PAID else None,
    )


def notification(values: Mapping[str, Any]) -> Notification | None:
    """Where a call says to look; None for one that is about no payment."""
    event, about = values.get("event"), inner(values, "object")
    if not isinstance(event, str):
        return None
    if event.startswith("payment."):
        found = identifier(about)
    elif event.startswith("refund."):
        found = identifier(about, "payment_id")
    else:
        return None
    order_id = _order(inner(about, "metadata"))
    return Notification(order_id=order_id, provider_id=found) if found or order_id is not None else None


def page(values: Mapping[str, Any]) -> tuple[Sequence[object], str] | None:
    """A page of a list, and the cursor of the next one, empty after the last; None where it is no page."""
    items, cursor = values.get("items"), values.get("next_cursor")
    if not isinstance(items, list) or not (cursor is None or (isinstance(cursor, str) and cursor)):
        return None
    return items, cursor or ""


def listed(item: object) -> Entry | Unread | None:
    """A payment of a list as a register has it; None for one that was not paid."""
    values = item if isinstance(item, dict) else {}
    found = payment(values)
    if found.state in {PaymentState.PENDING, PaymentState.FAILED}:
        return None
    if found.state is PaymentState.UNKNOWN:
        return Unread(found.provider_id, "the payment cannot be read")
    if found.currency != CURRENCY:
        return Unread(found.provider_id, f"it was not paid in {CURRENCY}")
    return Entry(0, found.provider_id, found.amount, found.order_id, is_test=found.is_test)


def returned(item: object) -> Entry | Unread | None:
    """A refund of a list as a register has it, by the payment that goes back; None for one that did not come off."""
    values = item if isinstance(item, dict) else {}
    about, (amount, currency) = identifier(values, "payment_id"), _money(inner(values, "amount"))
    if values.get("status") in {"pending", "canceled"}:
        return None
    if not about or amount is None or values.get("status") != "succeeded":
        return Unread(about, "the refund cannot be read")
    return Entry(0, about, amount, refund=True) if currency == CURRENCY else Unread(about, f"it is not in {CURRENCY}")


def _saved(method: Mapping[str, Any]) -> Saved | None:
    """The method, where YooKassa has stored it; of a card the last four digits are its name."""
    token, last4 = identifier(method), inner(method, "card").get("last4")
    if method.get("saved") is not True or not token:
        return None
    is_card = isinstance(last4, str) and len(last4) == 4 and last4.isascii() and last4.isdecimal()  # noqa: PLR2004 - so many are printed
    return Saved(token=token, label=f"*{last4}" if is_card else code(method.get("type")))


def code(value: object) -> str:
    """A word of YooKassa's own vocabulary; empty for anything else, which might repeat what we sent."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _money(values: Mapping[str, Any]) -> tuple[int | None, str]:
    """Kopecks, exactly, and the currency; None where it is no sum of whole kopecks."""
    currency = values.get("currency")
    try:
        roubles = Decimal(values["value"]) if isinstance(values.get("value"), str) else Decimal("NaN")
    except InvalidOperation:
        return None, ""
    kopecks = roubles * 100
    if not roubles.is_finite() or not 0 <= kopecks < _LARGEST or kopecks != kopecks.to_integral_value():
        return None, ""
    return int(kopecks), currency if isinstance(currency, str) else ""


def _order(metadata: Mapping[str, Any]) -> int | None:
    value = metadata.get("order_id")
    is_key = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19  # noqa: PLR2004 - below 2**63
    return int(value) if is_key and isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
