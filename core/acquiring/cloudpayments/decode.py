"""What CloudPayments says. Pure: answers become `Opened` and `Payment`, calls become `Heard`.

https://developers.cloudpayments.ru/#osnovy-integratsii: `Success` and `Message` are in every answer, what was asked for
in `Model`. A payment that was declined has `Success` false and a `Model` all the same.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from core.acquiring import reading
from core.acquiring.amounts import currency, kopecks
from core.acquiring.cloudpayments import sign
from core.acquiring.cloudpayments.settings import Settings
from core.acquiring.http import Answer, check
from core.domain.messages import RawAnswer, RawRequest
from core.domain.orders import CURRENCY, Saved
from core.domain.registers import Entry, Unread
from core.ports.acquiring import Heard, Notification, Opened, Payment, PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown

SHOP: Final = "CloudPayments"
STATES: Final[Mapping[str, PaymentState]] = MappingProxyType(
    {
        "AwaitingAuthentication": PaymentState.PENDING,
        "Authorized": PaymentState.PENDING,  # held, which only a payment in two stages is: not ours
        "Completed": PaymentState.PAID,
        "Cancelled": PaymentState.FAILED,  # what was held was let go
        "Declined": PaymentState.FAILED,  # not for ever: the subscriber may try another card on the same page
    }
)
"""`Status`."""
PAYMENT, REFUND = 0, 1
"""`Type`: what a search finds may be money on its way back."""
TAKEN: Final = RawAnswer(body=b'{"code":0}', content_type="application/json")
WORD_LIMIT: Final = 64
TOKEN_LIMIT: Final = 200
_LAST4: Final = re.compile(r"[0-9]{4}")
_HARMLESS: Final = re.compile(r"[A-Za-z ]{1,100}")
"""Words of `Message` that cannot repeat an address or a number that we sent."""


def opened(answer: Answer) -> Opened:
    """Read the answer of `orders/create`.

    Raises:
        SendFailure: one of the port's classes.
    """
    content = _content(answer)
    if content.get("Success") is False:
        words = _harmless(content.get("Message"))
        raise ContentRejected("Success=false", f"{SHOP} refuses the order{': ' if words else ''}{words}")
    model = _model(content)
    provider_id, page = model.get("Id"), model.get("Url")
    if not _is_word(provider_id) or not isinstance(page, str) or not page.startswith(("https://", "http://")):
        raise OutcomeUnknown(f"{SHOP} answered 200, but the answer cannot be read")
    return Opened(provider_id=str(provider_id), pay_url=page)


def charged(answer: Answer) -> str:
    """Read the answer of `payments/tokens/charge`: the name of the transaction.

    Raises:
        SendFailure: one of the port's classes; `ContentRejected` where the card was refused (`ReasonCode` 5xxx).
    """
    content = _content(answer)
    model = _model(content)
    if content.get("Success") is False:
        raise ContentRejected("Success=false", _word(model, "Reason") or _harmless(content.get("Message")) or "refused")
    number = reading.whole(model.get("TransactionId"))
    if number is None:
        raise OutcomeUnknown(f"{SHOP} answered 200, but the answer cannot be read")
    return str(number)


def looked(answer: Answer, provider_id: str) -> Payment:
    """Read the answer of `v2/payments/find`: the last payment of our number, or its refund.

    An order that nobody has tried to pay is not found: of that nothing follows.

    Raises:
        SendFailure: one of the port's classes.
    """
    model = _model(_content(answer))
    amount, kind = kopecks(_amount(model.get("Amount"))), reading.whole(model.get("Type", PAYMENT))
    state = STATES.get(str(model.get("Status")), PaymentState.UNKNOWN)
    if amount is None or kind not in {PAYMENT, REFUND} or state is PaymentState.UNKNOWN:
        detail = "the answer cannot be read" if model else "nobody has tried to pay"
        return Payment(
            state=PaymentState.UNKNOWN, provider_id=provider_id, order_id=None, amount=0, currency="", detail=detail
        )
    if state is PaymentState.PAID and (kind == REFUND or model.get("Refunded") is True):
        state = PaymentState.REFUNDED
    return Payment(
        state=PaymentState.UNKNOWN if kind == REFUND and state is not PaymentState.REFUNDED else state,
        provider_id=provider_id or str(model.get("TransactionId", ""))[:WORD_LIMIT],
        order_id=reading.order_of(str(model.get("InvoiceId", ""))),
        amount=amount,
        currency=currency(str(model.get("Currency", "")))[:WORD_LIMIT],
        is_test=model.get("TestMode") is True,
        paid_at=_moment(model) if state is PaymentState.PAID else None,
        method=_word(model, "PaymentMethod"),
        detail="" if state is PaymentState.PAID else _word(model, "Reason"),
        saved=_saved(model) if state is PaymentState.PAID else None,
    )


def listed(answer: Answer) -> Sequence[Entry | Unread]:
    """Read the answer of `payments/list`: the day's payments and refunds, by the names of their transactions.

    Raises:
        SendFailure: one of the port's classes.
    """
    content = _content(answer)
    if content["Success"] is False:
        words = _harmless(content.get("Message"))
        raise ContentRejected("Success=false", f"{SHOP} refuses the list{': ' if words else ''}{words}")
    models = content.get("Model")
    if not isinstance(models, list):
        raise OutcomeUnknown(f"{SHOP} answered 200, but the list cannot be read")
    found = [_listed(model if isinstance(model, dict) else {}) for model in models]
    return [each for each in found if each is not None]


def _listed(model: Mapping[str, Any]) -> Entry | Unread | None:
    """A transaction as a register has it; None for one that moved no money of a subscriber's."""
    number, amount = reading.whole(model.get("TransactionId")), kopecks(_amount(model.get("Amount")))
    kind, state = reading.whole(model.get("Type", PAYMENT)), STATES.get(str(model.get("Status")))
    name = "" if number is None else str(number)
    if (state is not None and state is not PaymentState.PAID) or (kind is not None and kind not in {PAYMENT, REFUND}):
        return None
    if not name or amount is None or kind is None or state is None:
        return Unread(name, "the transaction cannot be read")
    if currency(str(model.get("Currency", ""))) != CURRENCY:
        return Unread(name, f"it is not in {CURRENCY}")
    order = reading.order_of(str(model.get("InvoiceId", "")))
    return Entry(0, name, amount, order, refund=kind == REFUND, is_test=model.get("TestMode") is True)


def _saved(model: Mapping[str, Any]) -> Saved | None:
    """The card, where CloudPayments has stored it: that takes the payer's own name, which only autopay gives."""
    token, last4 = model.get("Token"), model.get("CardLastFour")
    if not model.get("AccountId") or not isinstance(token, str) or not 0 < len(token) <= TOKEN_LIMIT:
        return None
    is_card = isinstance(last4, str) and _LAST4.fullmatch(last4)
    return Saved(token=token, label=f"*{last4}" if is_card else "")


def heard(request: RawRequest, settings: Settings) -> Heard:
    """Check and read a call, of whichever kind. Pure and total.

    It says only where to look. What is asked before a payment (`check`) and what is told after it (`pay`) have the same
    fields and the same signature, so a call by itself never means money.
    """
    if not sign.is_signed(request, settings.api_secret):
        refusal = RawAnswer(HTTPStatus.FORBIDDEN, b'{"code":13}', "application/json")
        return Heard(answer=refusal)
    number = _number(request)
    if number is None:
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable")
    order_id = reading.order_of(number)
    if order_id is None:
        return Heard(answer=TAKEN)  # of another system that takes payments for the same site
    return Heard(answer=TAKEN, notification=Notification(order_id=order_id))


def _number(request: RawRequest) -> str | None:
    """`InvoiceId`, of a form or of JSON; empty where there is none, and None where nothing can be read."""
    is_json = "json" in request.headers.get("content-type", "")
    sent = reading.as_object(request.body) if is_json else reading.sent(request)
    return None if not sent else str(sent.get("InvoiceId", ""))


def _content(answer: Answer) -> Mapping[str, Any]:
    """The answer's object.

    Raises:
        SendFailure: CloudPayments did not understand the call, or its answer is no object.
    """
    check(answer, SHOP)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise Misconfigured(f"api_url is not {SHOP}'s (HTTP {answer.status})")
    if answer.status != HTTPStatus.OK:
        raise ContentRejected(f"HTTP {answer.status}")
    content = reading.as_object(answer.body)
    if content is None or not isinstance(content.get("Success"), bool):
        raise OutcomeUnknown(f"{SHOP} answered 200, but the answer cannot be read")
    return content


def _model(content: Mapping[str, Any]) -> Mapping[str, Any]:
    model = content.get("Model")
    return model if isinstance(model, dict) else {}


def _amount(value: object) -> str:
    """A number of JSON as its text: `reading.as_object` leaves fractions as they were."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _moment(model: Mapping[str, Any]) -> datetime | None:
    """When the money was taken; moments are UTC, and say so nowhere."""
    for name in ("ConfirmDateIso", "AuthDateIso"):
        try:
            return datetime.fromisoformat(str(model.get(name))).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= WORD_LIMIT and value.isascii() and value.isprintable()


def _word(model: Mapping[str, Any], name: str) -> str:
    value = model.get(name)
    return value[:WORD_LIMIT] if isinstance(value, str) else ""


def _harmless(message: object) -> str:
    return message if isinstance(message, str) and _HARMLESS.fullmatch(message) else ""
