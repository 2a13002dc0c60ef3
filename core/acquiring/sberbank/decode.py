"""What the bank says. Pure: answers become `Opened`, `Payment` or a failure, callbacks become `Heard`.

The bank answers 200 to everything that it understood. `errorCode` tells whether it did what was asked (absent or 0);
`errorMessage` says so in words that are not to be relied upon.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeGuard

from core.acquiring import reading
from core.acquiring.amounts import currency
from core.acquiring.http import Answer, check
from core.acquiring.sberbank import sign
from core.acquiring.sberbank.settings import Settings
from core.domain.messages import RawAnswer, RawRequest
from core.domain.orders import CURRENCY
from core.ports.acquiring import Heard, Invoice, Notification, Opened, Payment, PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, SendFailure

BANK: Final = "Sberbank"
OK: Final = 0
TAKEN_BEFORE: Final = 1
"""Of `register.do`: an order with this number is there already."""
NO_SUCH_ORDER: Final = 6
"""Of `getOrderStatusExtended.do`."""
REVERSED: Final = 3
"""Of `orderStatus`."""
ID_LIMIT: Final = 64
"""The bank's number of an order is a UUID of 36 characters."""
LATEST: Final = 253_402_300_800
"""The year 10000 in seconds since 1970; `datetime` ends there."""


class Rule(NamedTuple):
    """What an `errorCode` means, and what to tell staff."""

    failure: type[SendFailure]
    reason: str


ERRORS: Final[Mapping[int, Rule]] = MappingProxyType(
    {
        1: Rule(ContentRejected, "the order's number is not right, or neither number was given"),
        3: Rule(ContentRejected, "the currency is not known to the bank"),
        4: Rule(ContentRejected, "something that the bank needs is missing"),
        5: Rule(Misconfigured, "access denied, the password must be changed, or a parameter has a wrong value"),
        6: Rule(ContentRejected, "the bank does not know the order"),
        7: Rule(OutcomeUnknown, "the bank has an error of its own"),
    }
)
"""The tables `errorCode` of `register.do` and `getOrderStatusExtended.do`."""

STATES: Final[Mapping[int, PaymentState]] = MappingProxyType(
    {
        0: PaymentState.PENDING,  # registered, not paid
        1: PaymentState.PENDING,  # held, which only a payment in two stages is: not ours
        2: PaymentState.PAID,
        3: PaymentState.REFUNDED,  # reversed: the bank had the money and let it go, if it ever had it
        4: PaymentState.REFUNDED,
        5: PaymentState.PENDING,  # the issuer asks the cardholder for his consent
        6: PaymentState.FAILED,  # declined, or nobody paid in time
    }
)
"""`orderStatus`."""

MOVED: Final[Mapping[PaymentState, str]] = MappingProxyType(
    {PaymentState.PAID: "depositedAmount", PaymentState.REFUNDED: "refundedAmount"}
)
"""Where `paymentAmountInfo` says how much money went; older versions of the bank's interface have none of it."""


def registered(answer: Answer, invoice: Invoice) -> Opened | None:
    """Read the answer of `register.do`; None where an order with this number had been registered before.

    Raises:
        SendFailure: one of the port's classes.
    """
    content = _content(answer)
    code = _code(content)
    if code == TAKEN_BEFORE:
        return None
    _check(code)
    provider_id, page = content.get("orderId"), content.get("formUrl")
    if not _is_id(provider_id) or not isinstance(page, str) or not page.startswith(("https://", "http://")):
        raise OutcomeUnknown(f"{BANK} registered the order, but the answer cannot be read")
    return Opened(provider_id=provider_id, pay_url=page, expires_at=invoice.expires_at)


def found(answer: Answer, invoice: Invoice, settings: Settings) -> Opened:
    """Read the answer of `getOrderStatusExtended.do` to a number that had been registered before: its page again.

    The bank's answer has no `formUrl`. Where the settings do not name the page, or the order cannot be paid any more,
    the payment is refused; nobody has its link, so a further attempt, under another number, does not charge twice.

    Raises:
        SendFailure: one of the port's classes.
    """
    payment = looked(answer, "", settings)
    if payment.state is PaymentState.UNKNOWN or not payment.provider_id:
        raise OutcomeUnknown(f"{BANK} has an order with this number, and does not say how it stands")
    if (payment.order_id, payment.currency) != (invoice.order_id, CURRENCY):
        raise ContentRejected(str(TAKEN_BEFORE), "the order's number was used for something else")
    if payment.state in {PaymentState.FAILED, PaymentState.REFUNDED}:
        raise ContentRejected(str(TAKEN_BEFORE), "the order's number was used before, and is spent")
    if payment.amount != invoice.amount:
        raise ContentRejected(str(TAKEN_BEFORE), "the order's number was registered for another amount")
    if not settings.page_url:
        reason = "the order had been registered before, and its page is not known: set page_url"
        raise ContentRejected(str(TAKEN_BEFORE), reason)
    page = f"{settings.page_url}?mdOrder={payment.provider_id}"
    return Opened(provider_id=payment.provider_id, pay_url=page, expires_at=invoice.expires_at)


def looked(answer: Answer, provider_id: str, settings: Settings) -> Payment:
    """Read the answer of `getOrderStatusExtended.do`.

    `amount` is what was paid, for a refund what was given back, else what was asked for.

    Raises:
        SendFailure: one of the port's classes.
    """
    content = _content(answer)
    code = _code(content)
    if code == NO_SUCH_ORDER:
        return _nothing(provider_id, settings, "the bank does not know the order")
    _check(code)
    status = reading.whole(content.get("orderStatus"))
    state = PaymentState.UNKNOWN if status is None else STATES.get(status, PaymentState.UNKNOWN)
    if status == REVERSED and _moment(content) is None:
        state = PaymentState.FAILED
    asked = reading.whole(content.get("amount"))
    if state is PaymentState.UNKNOWN or asked is None:
        return _nothing(provider_id, settings, "the bank's answer cannot be read")
    moved = reading.whole(_inner(content, "paymentAmountInfo").get(MOVED.get(state, "")))
    return Payment(
        state=state,
        provider_id=_bank_id(content) or provider_id,
        order_id=reading.order_of(str(content.get("orderNumber", ""))),
        amount=moved or asked,
        currency=currency(str(content.get("currency", ""))),
        is_test=settings.is_test,
        paid_at=_moment(content) if state is PaymentState.PAID else None,
        method=_word(content, "paymentWay"),
        detail="" if state is PaymentState.PAID else _word(content, "actionCodeDescription"),
    )


def heard(request: RawRequest, settings: Settings) -> Heard:
    """Check and read a callback. It says only where to look: the bank is asked for the rest. Pure and total.

    The bank calls by GET, or by POST where its manager set it so, and repeats until it is answered 200.
    """
    sent = reading.sent(request)
    if sent is None:
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable")
    if not sign.is_signed(sent, settings.callback_key):
        return reading.refused(HTTPStatus.FORBIDDEN, "wrong checksum")
    order_id, provider_id = reading.order_of(sent.get("orderNumber", "")), sent.get("mdOrder", "")
    if order_id is None or not _is_id(provider_id):
        return Heard(answer=RawAnswer())  # of another system that takes payments for the same shop
    return Heard(answer=RawAnswer(), notification=Notification(order_id=order_id, provider_id=provider_id))


def _content(answer: Answer) -> Mapping[str, Any]:
    """The answer's object.

    Raises:
        SendFailure: the bank did not understand the call, or its answer is no object.
    """
    check(answer, BANK)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise Misconfigured(f"api_url is not {BANK}'s (HTTP {answer.status})")
    if answer.status != HTTPStatus.OK:
        raise ContentRejected(f"HTTP {answer.status}")
    content = reading.as_object(answer.body)
    if content is None:
        raise OutcomeUnknown(f"{BANK} answered 200, but the answer cannot be read")
    return content


def _code(content: Mapping[str, Any]) -> int | None:
    """`errorCode`, a string or a number, 0 where it is absent; None where it cannot be read."""
    code = content.get("errorCode", OK)
    if isinstance(code, str):
        return int(code) if code.isascii() and code.isdecimal() and len(code) <= len("999") else None
    return reading.whole(code)


def _check(code: int | None) -> None:
    if code is None:
        raise OutcomeUnknown(f"{BANK}'s answer has an errorCode that cannot be read")
    if code == OK:
        return
    rule = ERRORS.get(code, Rule(ContentRejected, "an error that is unknown to us"))
    detail = f"{BANK}, errorCode {code}: {rule.reason}"
    raise ContentRejected(str(code), detail) if rule.failure is ContentRejected else rule.failure(detail)


def _nothing(provider_id: str, settings: Settings, detail: str) -> Payment:
    return Payment(
        state=PaymentState.UNKNOWN,
        provider_id=provider_id,
        order_id=None,
        amount=0,
        currency="",
        is_test=settings.is_test,
        detail=detail,
    )


def _is_id(value: object) -> TypeGuard[str]:
    return (
        isinstance(value, str) and 0 < len(value) <= ID_LIMIT and value.isascii() and value.replace("-", "").isalnum()
    )


def _bank_id(content: Mapping[str, Any]) -> str:
    """The bank's number of the order, which stands among the `attributes` as `mdOrder`."""
    attributes = content.get("attributes")
    for each in attributes if isinstance(attributes, list) else ():
        if isinstance(each, dict) and each.get("name") == "mdOrder" and _is_id(each.get("value")):
            return str(each["value"])
    return ""


def _moment(content: Mapping[str, Any]) -> datetime | None:
    """When the money was taken: milliseconds since 1970, of the charge, or else of the consent."""
    for name in ("depositedDate", "authDateTime"):
        milliseconds = reading.whole(content.get(name))
        if milliseconds and milliseconds // 1000 < LATEST:
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return None


def _inner(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _word(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value[:200] if isinstance(value, str) else ""
