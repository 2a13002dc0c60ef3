"""What is ChronoPay's own: a signature without the order, our token, and who may call."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from core.acquiring.chronopay import Settings, encode, sign
from core.acquiring.chronopay.emulator import KEY, PRODUCT, SECRET, NotSigned
from core.acquiring.chronopay.provider import ChronopayProvider
from core.domain.messages import RawRequest
from core.ports.acquiring import PaymentState
from tests.acquiring.chronopay.harness import ChronopayHarness
from tests.acquiring.emulated import changed
from tests.acquiring.harness import INVOICE, ORDER, RECEIVED_AT

SETTINGS = Settings(product_id=PRODUCT, shared_secret=SECRET, token_key=KEY)
TOKEN = sign.token(ORDER, KEY)
SIGNED = {"customer_id": "001234-000000001", "transaction_id": "7", "transaction_type": "onetime", "total": "1234.56"}


def parameters(link: str) -> dict[str, str]:
    """What stands in a link."""
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))


def notice(token: str = TOKEN, **fields: str) -> RawRequest:
    """A call that ChronoPay signed."""
    query = {"order": str(ORDER), "token": token}
    body = SIGNED | fields
    signed = urlencode(body | {"sign": sign.notification(body, SECRET)}).encode()
    return RawRequest(
        method="POST", path="", query=urlencode(query).encode(), body=signed, received_at=RECEIVED_AT, peer="10.0.0.1"
    )


def test_link() -> None:
    """A link has the sum in roubles, the order, and our hook with the order's token."""
    assert parameters(encode.link(INVOICE, SETTINGS)) == {
        "product_id": PRODUCT,
        "product_name": INVOICE.description,
        "product_price": "1234.56",
        "product_price_currency": "RUB",
        "order_id": str(ORDER),
        "cb_url": f"{INVOICE.notify_url}?order={ORDER}&token={TOKEN}",
        "cb_type": "P",
        "success_url": INVOICE.return_url,
        "decline_url": INVOICE.return_url,
        "language": "ru",
        "sign": sign.link(PRODUCT, "1234.56", SECRET, str(ORDER)),
        "email": INVOICE.email,
    }


def test_link_without_the_order_signed() -> None:
    """Where the product's signatures leave the order out, so does ours."""
    link = encode.link(INVOICE, replace(SETTINGS, signs_order=False))
    assert parameters(link)["sign"] == sign.link(PRODUCT, "1234.56", SECRET)


async def test_changed_link(harness: ChronopayHarness) -> None:
    """A subscriber who makes the sum smaller sees an error."""
    opened = await harness.provider.create(harness.invoice())
    with pytest.raises(NotSigned):
        await harness.visit(opened.pay_url.replace("1234.56", "1.00"))


def test_every_attempt_has_one_link() -> None:
    """An attempt is no new order to ChronoPay, so that one order is not paid under two numbers."""
    assert encode.link(replace(INVOICE, attempt=2), SETTINGS) == encode.link(INVOICE, SETTINGS)


@pytest.mark.parametrize(
    "request_",
    [
        notice(token=""),
        notice(token="0" * 64),
        notice(token="токен"),
        notice(token=sign.token(ORDER + 1, KEY)),
        notice(token=sign.token(ORDER, "another key of our own")),
        replace(notice(), query=b""),
        replace(notice(), query=f"order={ORDER}".encode()),
        replace(notice(), query=f"token={TOKEN}".encode()),
        replace(notice(), query=f"order=0{ORDER}&token={TOKEN}".encode()),
    ],
)
def test_token(request_: RawRequest) -> None:
    """A call that is signed, but not for this order's address, is refused."""
    answer = ChronopayProvider(SETTINGS).hear(request_)
    assert (answer.answer.status, answer.notification) == (403, None)


@pytest.mark.parametrize("name", sign.SIGNED)
def test_signed_fields(name: str) -> None:
    """Whatever the signature covers cannot be changed."""
    answer = ChronopayProvider(SETTINGS).hear(changed(notice(), **{name: "1"}))
    assert (answer.answer.status, answer.notification) == (403, None)


KINDS = {
    "onetime": PaymentState.PAID,
    "Purchase": PaymentState.PAID,
    "initial": PaymentState.PAID,
    "Decline": PaymentState.FAILED,
    "Refund": PaymentState.REFUNDED,
    "chargeback": PaymentState.REFUNDED,
    "something new": PaymentState.UNKNOWN,
    "": PaymentState.UNKNOWN,
}


@pytest.mark.parametrize(("kind", "state"), KINDS.items())
def test_kinds(kind: str, state: PaymentState) -> None:
    """The kind of a transaction says how the payment stands; of a new one nothing follows."""
    notification = ChronopayProvider(SETTINGS).hear(notice(transaction_type=kind)).notification
    assert notification is not None
    assert notification.payment is not None
    assert notification.payment.state is state


@pytest.mark.parametrize(
    "fields",
    [{"total": "1234,56"}, {"total": ""}, {"transaction_id": ""}, {"transaction_id": "1" * 65}, {"order_id": "43"}],
)
def test_unreadable(fields: dict[str, str]) -> None:
    """A signed call whose payment cannot be read, or whose order is another one, credits nothing."""
    answer = ChronopayProvider(SETTINGS).hear(notice(**fields))
    assert (answer.answer.status, answer.notification) == (400, None)


def test_answer() -> None:
    """ChronoPay wants `OK`."""
    assert ChronopayProvider(SETTINGS).hear(notice()).answer.body == b"OK"


@pytest.mark.parametrize(
    ("peer", "status"), [("185.30.16.166", 200), ("::ffff:185.30.16.166", 200), ("10.0.0.1", 403), ("", 403)]
)
def test_senders(peer: str, status: int) -> None:
    """Where the senders are named, nobody else is heard, nor who does not say who he is."""
    provider = ChronopayProvider(replace(SETTINGS, senders=("185.30.16.166",)))
    assert provider.hear(replace(notice(), peer=peer)).answer.status == status


def test_wrong_sender() -> None:
    """A sender that is no address is an error of the settings."""
    with pytest.raises(ValueError, match="payments"):
        ChronopayProvider(replace(SETTINGS, senders=("payments.chronopay.com",)))


@pytest.mark.parametrize("missing", ["shared_secret", "token_key"])
def test_no_secret(missing: str) -> None:
    """Without a secret every call is refused, even one that is signed with nothing."""
    bare = replace(SETTINGS, **{missing: ""})
    request = notice(token=sign.token(ORDER, bare.token_key))
    body = SIGNED | {"sign": sign.notification(SIGNED, bare.shared_secret)}
    answer = ChronopayProvider(bare).hear(replace(request, body=urlencode(body).encode()))
    assert (answer.answer.status, answer.notification) == (403, None)


def test_short_key() -> None:
    """A key that could be tried out is an error of the settings."""
    with pytest.raises(ValueError, match="at least 16"):
        replace(SETTINGS, token_key="short")


def test_test_page() -> None:
    """What the test page calls paid is marked as such."""
    notification = ChronopayProvider(replace(SETTINGS, is_test=True)).hear(notice()).notification
    assert notification is not None
    assert notification.payment is not None
    assert notification.payment.is_test
