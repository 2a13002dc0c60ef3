"""What ChronoPay says: a call to our hook becomes `Heard`. Pure and total.

The call carries the payment, as ChronoPay cannot be asked. Three things make it count: his signature over transaction,
kind and sum; our own token of the order in the address that he calls; his address, where the settings know it. Whoever
compares the sum with the order, and takes a transaction once, is the caller.
"""

from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from core.acquiring import reading
from core.acquiring.amounts import currency, kopecks
from core.acquiring.chronopay import sign
from core.acquiring.chronopay.settings import Settings
from core.acquiring.senders import Networks, is_among
from core.domain.messages import RawAnswer, RawRequest
from core.domain.orders import CURRENCY
from core.ports.acquiring import Heard, Notification, Payment, PaymentState

OK: Final = RawAnswer(body=b"OK")
KINDS: Final = MappingProxyType(
    {
        "onetime": PaymentState.PAID,
        "purchase": PaymentState.PAID,
        "initial": PaymentState.PAID,
        "decline": PaymentState.FAILED,
        "refund": PaymentState.REFUNDED,
        "chargeback": PaymentState.REFUNDED,
    }
)
"""`transaction_type`, in lower case. Any other says that something happened, and not what."""
ID_LIMIT: Final = 64


def heard(request: RawRequest, settings: Settings, senders: Networks) -> Heard:
    """Check and read one call. ChronoPay repeats it until it is answered 200."""
    query, body = reading.fields(request.query), reading.fields(request.body)
    if request.method != "POST" or query is None or body is None:
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable")
    if not is_among(request.peer, senders):
        return reading.refused(HTTPStatus.FORBIDDEN, "unknown sender")
    order_id = reading.key(query.get("order", ""))
    if order_id is None or not sign.is_token(query.get("token", ""), order_id, settings.token_key):
        return reading.refused(HTTPStatus.FORBIDDEN, "wrong token")
    if not sign.is_signed(body, settings.shared_secret):
        return reading.refused(HTTPStatus.FORBIDDEN, "wrong signature")
    amount, transaction = kopecks(body.get("total", "")), body.get("transaction_id", "")
    if amount is None or not _is_plain(transaction) or body.get("order_id", str(order_id)) != str(order_id):
        return reading.refused(HTTPStatus.BAD_REQUEST, "unreadable payment")
    kind = body.get("transaction_type", "")
    state = KINDS.get(kind.lower(), PaymentState.UNKNOWN)
    payment = Payment(
        state=state,
        provider_id=transaction,
        order_id=order_id,
        amount=amount,
        currency=currency(body.get("currency") or CURRENCY),
        is_test=settings.is_test,
        method=body.get("payment_type", "")[:ID_LIMIT],
        detail="" if state is PaymentState.PAID else kind[:ID_LIMIT],
    )
    return Heard(answer=OK, notification=Notification(order_id=order_id, provider_id=transaction, payment=payment))


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= ID_LIMIT and text.isascii() and text.isprintable()
