"""What Robokassa says. Pure: calls to our hook become `Heard`, answers of `OpStateExt` become a `Payment`.

https://docs.robokassa.ru/notifications-and-redirects/ and https://docs.robokassa.ru/xml-interfaces/
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from core.acquiring import reading
from core.acquiring.amounts import kopecks
from core.acquiring.http import Answer, check
from core.acquiring.robokassa import encode, sign, xml
from core.acquiring.robokassa.settings import Settings
from core.domain.messages import RawAnswer, RawRequest
from core.domain.orders import CURRENCY
from core.ports.acquiring import Heard, Notification, Payment, PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown

SHOP: Final = "Robokassa"
ANSWER: Final = "OperationStateResponse"
STATES: Final[Mapping[str, PaymentState]] = MappingProxyType(
    {
        "5": PaymentState.PENDING,  # begun, not paid
        "10": PaymentState.FAILED,  # cancelled, or nobody paid in time
        "20": PaymentState.PENDING,  # held, which only a payment in two stages is: not ours
        "50": PaymentState.PENDING,  # the money is with Robokassa, and on its way to the shop
        "60": PaymentState.REFUNDED,  # the shop could not be credited: the money went back
        "80": PaymentState.PENDING,  # stopped by Robokassa's own checks
        "100": PaymentState.PAID,
    }
)
"""`State/Code`."""
DETAILS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "10": "cancelled, or not paid in time",
        "50": "received, not yet credited to the shop",
        "60": "the shop could not be credited, and the money went back",
        "80": "stopped by Robokassa's checks",
    }
)
FOUND: Final = "0"
UNKNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {"3": "Robokassa does not know the payment", "4": "Robokassa has two payments with this number"}
)
"""`Result/Code` of which nothing follows."""
WRONG: Final[Mapping[str, str]] = MappingProxyType(
    {"1": "the signature is wrong: password2 or algorithm", "2": "the shop is not known or not active: login"}
)
"""`Result/Code` for staff."""
BROKEN: Final = "1000"
"""`Result/Code` of an error of Robokassa's own."""
NUMBER_LIMIT: Final = 20
WORD_LIMIT: Final = 64


def heard(request: RawRequest, settings: Settings) -> Heard:
    """Check and read a call to `ResultURL`. It comes once the subscriber has paid, until it is answered `OK<InvId>`.

    The payment goes with it although Robokassa can be asked: the signature covers sum, number and order, a test payment
    cannot be looked at, and of two payments with one number only the calls tell which is which.
    """
    sent = reading.sent(request)
    if sent is None:
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable")
    if not sign.is_signed(settings, sent):
        return reading.refused(HTTPStatus.FORBIDDEN, "wrong signature")
    amount, number = kopecks(sent.get("OutSum", "")), sent.get("InvId", "")
    if amount is None or not _is_number(number):
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable payment")
    answer = RawAnswer(body=f"OK{number}".encode())
    order_id = reading.key(_carried(sent, encode.ORDER))
    if order_id is None:
        return Heard(answer=answer)  # of another system that takes payments for the same shop
    payment = Payment(
        state=PaymentState.PAID,
        provider_id=number,
        order_id=order_id,
        amount=amount,
        currency=CURRENCY,
        is_test=settings.is_test or sent.get("IsTest") == "1",
        method=sent.get("PaymentMethod", "")[:WORD_LIMIT],
    )
    return Heard(answer=answer, notification=Notification(order_id=order_id, provider_id=number, payment=payment))


def looked(answer: Answer, order_id: int, attempt: int, settings: Settings) -> Payment:
    """Read the answer of `OpStateExt`.

    An answer that names another order, or none, is about a payment that only shares the number.

    Raises:
        SendFailure: one of the port's classes.
    """
    root = _root(answer)
    number, result = encode.number(order_id, attempt), xml.text(root, "Result", "Code")
    if result in WRONG:
        raise Misconfigured(f"{SHOP}: {WRONG[result]}")
    if result == BROKEN:
        raise OutcomeUnknown(f"{SHOP} has an error of its own")
    code, amount = xml.text(root, "State", "Code"), kopecks(xml.text(root, "Info", "OutSum"))
    state = STATES.get(code, PaymentState.UNKNOWN)
    if result != FOUND or state is PaymentState.UNKNOWN or amount is None:
        return _nothing(number, settings, UNKNOWN.get(result, f"{SHOP}'s answer cannot be read"))
    if reading.key(_carried(xml.pairs(root, "UserField", "Field"), encode.ORDER)) != order_id:
        return _nothing(number, settings, "the number belongs to another order's payment")
    return Payment(
        state=state,
        provider_id=number,
        order_id=order_id,
        amount=amount,
        currency=CURRENCY,
        is_test=settings.is_test,
        paid_at=_moment(xml.text(root, "State", "StateDate")) if state is PaymentState.PAID else None,
        method=xml.text(root, "Info", "PaymentMethod", "Code")[:WORD_LIMIT],
        detail=DETAILS.get(code, ""),
    )


def _root(answer: Answer) -> Element:
    check(answer, SHOP)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise Misconfigured(f"state_url is not {SHOP}'s (HTTP {answer.status})")
    if answer.status != HTTPStatus.OK:
        raise ContentRejected(f"HTTP {answer.status}")
    try:
        return xml.parse(answer.body, ANSWER)
    except xml.NotXml:
        raise OutcomeUnknown(f"{SHOP} answered 200, but the answer cannot be read") from None


def _nothing(number: str, settings: Settings, detail: str) -> Payment:
    return Payment(
        state=PaymentState.UNKNOWN,
        provider_id=number,
        order_id=None,
        amount=0,
        currency="",
        is_test=settings.is_test,
        detail=detail,
    )


def _carried(fields: Mapping[str, str], name: str) -> str:
    """A parameter of ours, whose name may come back in another case of letters."""
    return next((value for given, value in fields.items() if given.lower() == name.lower()), "")


def _is_number(text: str) -> bool:
    return 0 < len(text) <= NUMBER_LIMIT and text.isascii() and text.isdecimal()


def _moment(text: str) -> datetime | None:
    """ISO 8601 with an offset, as aware UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
