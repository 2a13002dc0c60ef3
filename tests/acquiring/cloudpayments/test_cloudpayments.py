"""What is CloudPayments' own: a search, calls that look alike, and a key that is remembered for an hour."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.acquiring.cloudpayments import Settings, decode, encode
from core.acquiring.http import Answer
from core.domain.messages import RawRequest
from core.ports.acquiring import Payment, PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness, signed
from tests.acquiring.harness import INVOICE, ORDER, RECEIVED_AT

STATES = json.loads((Path(__file__).parent / "data/states.json").read_bytes())
PAID = {
    "TransactionId": 504,
    "Amount": 1234.56,
    "Currency": "RUB",
    "InvoiceId": f"{ORDER}-1",
    "Status": "Completed",
    "Type": 0,
    "Reason": "Approved",
    "TestMode": False,
    "ConfirmDateIso": "2026-11-22T02:00:00",
}
CREATED = {"Success": True, "Model": {"Id": "f2K8LV6reGE9WBFn", "Url": "https://orders.cloudpayments.ru/d/f2K8"}}


def answer(content: Any, status: int = 200) -> Answer:
    """CloudPayments' answer: JSON, or the very bytes."""
    return Answer(status, content if isinstance(content, bytes) else json.dumps(content).encode())


def looked(**changes: Any) -> Payment:
    """What a search that found a payment means."""
    return decode.looked(answer({"Success": True, "Model": PAID | changes}), "f2K8")


@pytest.mark.parametrize("case", STATES, ids=[case["name"] for case in STATES])
def test_states(case: dict[str, Any]) -> None:
    """Each status says how the payment stands, and of whatever cannot be read nothing follows."""
    payment = looked(**case["model"])
    assert payment.state == case["state"]
    if payment.state != "unknown":
        assert (payment.amount, payment.order_id, payment.provider_id) == (case["amount"], ORDER, "f2K8")


def test_not_found() -> None:
    """A search that finds nothing says nothing: nobody has tried, or there is no such order."""
    payment = decode.looked(answer({"Success": False, "Message": "Not found"}), "f2K8")
    assert (payment.state, payment.order_id) == (PaymentState.UNKNOWN, None)


def test_declined() -> None:
    """A declined payment is no success, and is found all the same, with its reason."""
    model = PAID | {"Status": "Declined", "Reason": "InsufficientFunds"}
    payment = decode.looked(answer({"Success": False, "Model": model}), "")
    assert (payment.state, payment.detail, payment.provider_id) == (PaymentState.FAILED, "InsufficientFunds", "504")


def test_amount_is_exact() -> None:
    """An amount keeps its digits, however large: no float comes in between."""
    body = json.dumps({"Success": True, "Model": PAID}).replace("1234.56", "90071992547.10000").encode()
    assert decode.looked(answer(body), "").amount == 9007199254710


def test_moment_and_test_mode() -> None:
    """A payment says when it was made, in UTC, and whether it is a test."""
    assert looked().paid_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert looked(ConfirmDateIso=None, AuthDateIso="2026-11-22T01:59:59").paid_at is not None
    assert looked(ConfirmDateIso="yesterday").paid_at is None
    assert looked(TestMode=True).is_test


ERRORS: list[tuple[Any, int, type[SendFailure]]] = [
    (b"<html>", 200, OutcomeUnknown),
    ([], 200, OutcomeUnknown),
    ({}, 200, OutcomeUnknown),
    ({"Success": "true"}, 200, OutcomeUnknown),
    ({}, 302, OutcomeUnknown),
    ({}, 400, ContentRejected),
    ({}, 401, Misconfigured),
    ({}, 404, Misconfigured),
    ({}, 429, RateLimited),
    ({}, 500, OutcomeUnknown),
]


@pytest.mark.parametrize(("content", "status", "failure"), ERRORS)
def test_errors(content: Any, status: int, failure: type[SendFailure]) -> None:
    """An error means the same whatever was asked."""
    said = answer(content, status)
    for read in (lambda: decode.opened(said), lambda: decode.looked(said, "")):
        with pytest.raises(SendFailure) as caught:
            read()
        assert type(caught.value) is failure


@pytest.mark.parametrize("model", [None, {}, {"Id": "f2K8"}, {"Url": "https://x.ru"}, {"Id": 7, "Url": "https://x.ru"}])
def test_unreadable_order(model: object) -> None:
    """A success without number and page may have been one all the same."""
    with pytest.raises(OutcomeUnknown):
        decode.opened(answer({"Success": True, "Model": model}))


@pytest.mark.parametrize(
    ("message", "told"), [("Amount is required", True), ("anna@example.ru is wrong", False), (None, False), (7, False)]
)
def test_refusal(message: object, told: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """A refusal is told in CloudPayments' words where they cannot repeat what we sent."""
    with pytest.raises(ContentRejected) as caught:
        decode.opened(answer({"Success": False, "Message": message}))
    assert (str(message) in caught.value.detail) is told


def test_created() -> None:
    """An order has a page of its own."""
    opened = decode.opened(answer(CREATED))
    assert (opened.provider_id, opened.pay_url) == ("f2K8LV6reGE9WBFn", "https://orders.cloudpayments.ru/d/f2K8")


def test_form() -> None:
    """The form has the sum in roubles and the number with the attempt, and lets CloudPayments write to nobody."""
    assert encode.order(replace(INVOICE, language="en")) == {
        "Amount": "1234.56",
        "Currency": "RUB",
        "Description": INVOICE.description,
        "InvoiceId": f"{ORDER}-1",
        "RequireConfirmation": "false",
        "SendEmail": "false",
        "SendSms": "false",
        "SendViber": "false",
        "CultureName": "en-US",
        "SuccessRedirectUrl": INVOICE.return_url,
        "FailRedirectUrl": INVOICE.return_url,
        "Email": INVOICE.email,
    }
    assert encode.order(INVOICE)["CultureName"] == "ru-RU"
    assert "Email" not in encode.order(replace(INVOICE, email=""))


async def test_second_card(harness: CloudpaymentsHarness) -> None:
    """After a declined card the subscriber pays with another on the same page, and the last word counts."""
    opened = await harness.provider.create(harness.invoice())
    kept = await harness.visit(opened.pay_url)
    await harness.decline(kept)
    assert (await harness.word(opened.provider_id)).state is PaymentState.FAILED
    await harness.pay(kept)
    assert (await harness.word(opened.provider_id)).state is PaymentState.PAID


async def test_refund_of_a_part(harness: CloudpaymentsHarness) -> None:
    """A part that went back does not pass for the whole, and it is the same payment."""
    opened = await harness.provider.create(harness.invoice())
    kept = await harness.visit(opened.pay_url)
    await harness.pay(kept)
    await harness.emulator.refund(kept, amount=456)
    payment = await harness.word(opened.provider_id)
    assert (payment.state, payment.amount, payment.provider_id) == (PaymentState.REFUNDED, 456, opened.provider_id)


BODIES = {
    "a form": signed(f"TransactionId=1&InvoiceId={ORDER}-1".encode()),
    "json": signed(json.dumps({"InvoiceId": f"{ORDER}-1"}).encode(), "application/json; charset=utf-8"),
}


@pytest.mark.parametrize("request_", BODIES.values(), ids=BODIES.keys())
def test_formats(harness: CloudpaymentsHarness, request_: RawRequest) -> None:
    """A site can be set to be called with forms or with JSON."""
    notification = harness.provider.hear(request_).notification
    assert notification is not None
    assert (notification.order_id, notification.payment) == (ORDER, None)


def test_by_get(harness: CloudpaymentsHarness) -> None:
    """A site can be set to be called by GET; then the query is signed."""
    posted = BODIES["a form"]
    asked = RawRequest(method="GET", path="", query=posted.body, headers=posted.headers, received_at=RECEIVED_AT)
    assert harness.provider.hear(asked).notification == harness.provider.hear(posted).notification
    assert harness.provider.hear(replace(posted, query=posted.body, body=b"")).answer.status == 403


@pytest.mark.parametrize("name", ["content-hmac", "x-content-hmac"])
def test_either_header(harness: CloudpaymentsHarness, name: str) -> None:
    """Either of the two headers will do."""
    posted = BODIES["a form"]
    one = replace(posted, headers={"content-type": "", name: posted.headers["content-hmac"]})
    assert harness.provider.hear(one).notification is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"InvoiceId=basket-7", 200), (b"TransactionId=1", 200), (b"InvoiceId=1-1&InvoiceId=2-1", 400), (b"", 400)],
)
def test_not_ours(harness: CloudpaymentsHarness, body: bytes, status: int) -> None:
    """A signed call about another system's order is no word to us; one that cannot be read is refused."""
    answer = harness.provider.hear(signed(body))
    assert (answer.answer.status, answer.notification) == (status, None)


def test_answers(harness: CloudpaymentsHarness) -> None:
    """CloudPayments wants a code: 0 for what was taken, 13 for what was not."""
    assert harness.provider.hear(BODIES["a form"]).answer.body == b'{"code":0}'
    assert harness.provider.hear(replace(BODIES["a form"], headers={})).answer.body == b'{"code":13}'


def test_no_secret(harness: CloudpaymentsHarness) -> None:
    """Without a secret every call is refused, even one that is signed with nothing."""
    answer = harness.build(api_secret="").hear(signed(b"InvoiceId=1-1", secret=""))
    assert (answer.answer.status, answer.notification) == (403, None)


def test_settings_are_quiet() -> None:
    """The secret shows in no repr."""
    assert "hidden" not in repr(Settings(public_id="pk_1", api_secret="hidden"))
