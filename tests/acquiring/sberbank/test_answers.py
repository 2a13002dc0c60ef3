"""What the bank's answers mean, one by one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.acquiring.http import Answer
from core.acquiring.sberbank import Settings, decode
from core.ports.acquiring import Payment
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.harness import INVOICE, ORDER

STATES = json.loads((Path(__file__).parent / "data/states.json").read_bytes())
BANK_ID = "70906e55-7114-41d6-8332-4609dc6590f4"
KNOWN = {
    "errorCode": "0",
    "orderNumber": f"{ORDER}-1",
    "amount": 123456,
    "currency": "643",
    "attributes": [{"name": "mdOrder", "value": BANK_ID}],
    "actionCodeDescription": "words of the bank",
    "authDateTime": 1_795_312_800_123,
}


def answer(content: Any, status: int = 200) -> Answer:
    """The bank's answer: JSON, or the very bytes."""
    return Answer(status, content if isinstance(content, bytes) else json.dumps(content).encode())


def looked(content: Any, **settings: Any) -> Payment:
    """What an answer about an order means."""
    return decode.looked(answer(content), "", Settings(**settings))


@pytest.mark.parametrize("case", STATES, ids=[case["name"] for case in STATES])
def test_states(case: dict[str, Any]) -> None:
    """`orderStatus` is compared strictly, and whatever cannot be read means nothing."""
    payment = looked(KNOWN | case["answer"])
    assert payment.state == case["state"]
    if payment.state != "unknown":
        assert (payment.amount, payment.order_id, payment.provider_id) == (case["amount"], ORDER, BANK_ID)


def test_moment_and_words() -> None:
    """A payment says when, and one that failed says why."""
    paid, failed = looked(KNOWN | {"orderStatus": 2}), looked(KNOWN | {"orderStatus": 6})
    assert paid.paid_at == datetime(2026, 11, 22, 2, 0, 0, 123000, tzinfo=UTC)
    assert (paid.detail, failed.detail, failed.paid_at) == ("", "words of the bank", None)


@pytest.mark.parametrize("moment", [None, "1795312800123", True, -1, 10**18])
def test_no_moment(moment: object) -> None:
    """A moment that cannot be read is none, and the payment stands."""
    payment = looked(KNOWN | {"orderStatus": 2, "authDateTime": moment})
    assert (payment.state, payment.paid_at) == ("paid", None)


@pytest.mark.parametrize(("number", "currency"), [("643", "RUB"), ("810", "RUB"), ("840", "840"), (398, "398")])
def test_currencies(number: object, currency: str) -> None:
    """Roubles have two numbers; other currencies keep theirs."""
    assert looked(KNOWN | {"orderStatus": 2, "currency": number}).currency == currency


def test_test_system() -> None:
    """What the bank's test system calls paid is marked as such."""
    assert looked(KNOWN | {"orderStatus": 2}, is_test=True).is_test


@pytest.mark.parametrize("number", ["42", "somebody's 7", f"{ORDER}-0", None])
def test_foreign_number(number: object) -> None:
    """An order whose number we do not give is nobody's of ours."""
    assert looked(KNOWN | {"orderStatus": 2, "orderNumber": number}).order_id is None


@pytest.mark.parametrize(
    "attributes", [None, {}, [], [1], [{"name": "mdOrder"}], [{"name": "mdOrder", "value": "a b"}], [{"name": "other"}]]
)
def test_no_number_of_the_bank(attributes: object) -> None:
    """Where the bank does not repeat its number, the one that was asked for stays."""
    content = KNOWN | {"orderStatus": 2, "attributes": attributes}
    assert decode.looked(answer(content), BANK_ID, Settings()).provider_id == BANK_ID


ERRORS: list[tuple[Any, int, type[SendFailure]]] = [
    ({"errorCode": "3"}, 200, ContentRejected),
    ({"errorCode": "4"}, 200, ContentRejected),
    ({"errorCode": 5}, 200, Misconfigured),
    ({"errorCode": "7"}, 200, OutcomeUnknown),
    ({"errorCode": "99"}, 200, ContentRejected),
    ({"errorCode": "x"}, 200, OutcomeUnknown),
    ({"errorCode": None}, 200, OutcomeUnknown),
    ({"errorCode": True}, 200, OutcomeUnknown),
    (b"<html>", 200, OutcomeUnknown),
    (b"", 200, OutcomeUnknown),
    ([], 200, OutcomeUnknown),
    ({}, 302, OutcomeUnknown),
    ({}, 400, ContentRejected),
    ({}, 401, Misconfigured),
    ({}, 404, Misconfigured),
    ({}, 429, RateLimited),
    ({}, 500, OutcomeUnknown),
    ({}, 503, OutcomeUnknown),
]


@pytest.mark.parametrize(("content", "status", "failure"), ERRORS)
def test_errors(content: Any, status: int, failure: type[SendFailure]) -> None:
    """An error means the same whatever was asked, and none of its words comes from the bank."""
    words = {"errorMessage": "Иванова Анна"}
    said = answer(content | words if isinstance(content, dict) else content, status)
    for read in (lambda: decode.registered(said, INVOICE), lambda: decode.looked(said, "", Settings())):
        with pytest.raises(SendFailure) as caught:
            read()
        assert type(caught.value) is failure
        assert "Анна" not in caught.value.detail


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"errorCode": "0"},
        {"orderId": BANK_ID},
        {"formUrl": "https://bank.example/pay"},
        {"orderId": BANK_ID, "formUrl": "javascript:alert(1)"},
        {"orderId": 7, "formUrl": "https://bank.example/pay"},
        {"orderId": "", "formUrl": "https://bank.example/pay"},
        {"orderId": "a" * 65, "formUrl": "https://bank.example/pay"},
    ],
)
def test_unreadable_registration(content: Any) -> None:
    """A success without number and page may have been one all the same."""
    with pytest.raises(OutcomeUnknown):
        decode.registered(answer(content), INVOICE)


@pytest.mark.parametrize("code", [{}, {"errorCode": "0"}, {"errorCode": 0}])
def test_registered(code: dict[str, Any]) -> None:
    """An `errorCode` of 0, as a number or in words, or none at all, is a success."""
    content = code | {"orderId": BANK_ID, "formUrl": "https://bank.example/pay"}
    opened = decode.registered(answer(content), INVOICE)
    assert opened is not None
    assert (opened.provider_id, opened.pay_url) == (BANK_ID, "https://bank.example/pay")
