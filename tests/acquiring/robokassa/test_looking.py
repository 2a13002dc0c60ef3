"""What `OpStateExt` answers, and XML that means harm."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acquiring.emulation import Fault
from core.acquiring.http import Answer
from core.acquiring.robokassa import Settings, decode, xml
from core.ports.acquiring import PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.harness import ORDER
from tests.acquiring.robokassa.harness import RobokassaHarness

STATES = json.loads((Path(__file__).parent / "data/states.json").read_bytes())
SETTINGS = Settings(login="demo", password2="pass2")
NAMESPACE = "http://merchant.roboxchange.com/WebService/"
PAID = """<?xml version="1.0" encoding="utf-8"?>
<OperationStateResponse xmlns="{namespace}">
  <Result><Code>{result}</Code></Result>
  <State><Code>{state}</Code><StateDate>{moment}</StateDate></State>
  <Info><IncCurrLabel>BankCardPSR</IncCurrLabel><PaymentMethod><Code>BankCard</Code></PaymentMethod>
    <OutSum>{sum}</OutSum></Info>
  <UserField><Field><Name>Shp_attempt</Name><Value>1</Value></Field>
    <Field><Name>{name}</Name><Value>{order}</Value></Field></UserField>
</OperationStateResponse>"""


def document(**changes: str) -> bytes:
    """An answer about a payment of ours."""
    usual = {"namespace": NAMESPACE, "result": "0", "state": "100", "moment": "2026-11-22T05:00:00.1234567+03:00"}
    usual |= {"sum": "1234.560000", "name": "Shp_order", "order": str(ORDER)}
    return PAID.format(**usual | changes).encode()


def looked(content: bytes, status: int = 200) -> Any:
    """What the answer means."""
    return decode.looked(Answer(status, content), ORDER, 1, SETTINGS)


@pytest.mark.parametrize("case", STATES, ids=[case["name"] for case in STATES])
def test_states(case: dict[str, str]) -> None:
    """Of each state it is known what follows, and of whatever cannot be read nothing."""
    changes = {name: case[name] for name in ("result", "state", "sum", "order") if name in case}
    payment = looked(document(**changes))
    assert payment.state == case["expected"]
    if payment.state != "unknown":
        assert (payment.amount, payment.order_id, payment.currency) == (123456, ORDER, "RUB")


def test_moment_and_method() -> None:
    """A payment says when it was paid, whatever the offset and the digits of the second, and how."""
    payment = looked(document())
    assert payment.paid_at == datetime(2026, 11, 22, 2, 0, 0, 123456, tzinfo=UTC)
    assert payment.method == "BankCard"


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-22T05:00:00", "0001-01-01T00:00:00+14:00"])
def test_no_moment(moment: str) -> None:
    """A moment that cannot be read, or has no offset, is none, and the payment stands."""
    payment = looked(document(moment=moment))
    assert (payment.state, payment.paid_at) == (PaymentState.PAID, None)


def test_names_in_any_case() -> None:
    """Robokassa may write the names of our parameters in other letters."""
    assert looked(document(name="SHP_ORDER")).state is PaymentState.PAID


ERRORS: list[tuple[bytes, int, type[SendFailure]]] = [
    (document(result="1"), 200, Misconfigured),
    (document(result="2"), 200, Misconfigured),
    (document(result="1000"), 200, OutcomeUnknown),
    (document(namespace="http://example.ru/"), 200, OutcomeUnknown),
    (b"", 200, OutcomeUnknown),
    (b"<html><body>Welcome</body></html>", 200, OutcomeUnknown),
    (b"{}", 200, OutcomeUnknown),
    (b"", 400, ContentRejected),
    (b"", 403, Misconfigured),
    (b"", 404, Misconfigured),
    (b"", 429, RateLimited),
    (b"", 500, OutcomeUnknown),
]


@pytest.mark.parametrize(("content", "status", "failure"), ERRORS)
def test_errors(content: bytes, status: int, failure: type[SendFailure]) -> None:
    """An answer that is none is a failure, and no word about the payment."""
    with pytest.raises(SendFailure) as caught:
        looked(content, status)
    assert type(caught.value) is failure


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ROOT = f'<OperationStateResponse xmlns="{NAMESPACE}">&a9;</OperationStateResponse>'
HARM = {
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>{ROOT}'.encode(),
    "a billion laughs in UTF-16": f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [{LAUGHS}]>{ROOT}'.encode(
        "utf-16"
    ),
    "a file": f'<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>{ROOT}'.encode(),
    "a document type elsewhere": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">{ROOT}'.encode(),
    "a document type alone": b"<!DOCTYPE OperationStateResponse>" + document().partition(b"?>")[2].strip(),
    "too long": document().replace(b"BankCardPSR", b"x" * xml.SIZE_LIMIT),
    "too deep": b"<a>" * 20_000,
    "an entity that nobody declared": ROOT.encode(),
    "an encoding that nobody knows": document().replace(b"utf-8", b"klingon"),
    "not UTF-8": document().replace(b"BankCardPSR", b"\xff\xfe"),
    "two roots": document() + b"<a/>",
    "cut off": document()[:-5],
}


@pytest.mark.parametrize("content", HARM.values(), ids=HARM.keys())
def test_harm(content: bytes) -> None:
    """A document that means harm, or is broken, is no document: nothing in it is expanded or fetched."""
    with pytest.raises(xml.NotXml):
        xml.parse(content, "OperationStateResponse")


def test_document_type_is_not_read() -> None:
    """A document type is refused at its name, before anything that it declares."""
    with pytest.raises(xml.NotXml, match="document type"):
        xml.parse(HARM["a billion laughs in UTF-16"], "OperationStateResponse")


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """Any bytes are a document or none."""
    with pytest.raises(xml.NotXml):
        xml.parse(content, "OperationStateResponse")


async def test_collision(harness: RobokassaHarness) -> None:
    """A payment of another order under the same number is not taken for ours, whatever its state."""
    opened = await harness.provider.create(harness.invoice(order_id=43))
    kept = await harness.visit(opened.pay_url)
    ours = await harness.provider.create(harness.invoice())
    harness.emulator.operations[ours.provider_id] = kept
    await harness.emulator.pay(kept)
    payment = await harness.word()
    assert (payment.state, payment.order_id, payment.amount) == (PaymentState.UNKNOWN, None, 0)


async def test_wrong_password(harness: RobokassaHarness) -> None:
    """A wrong password of ours is a matter for staff."""
    provider = harness.build(password2="wrong")
    with pytest.raises(Misconfigured):
        await provider.look(order_id=ORDER, attempt=1, provider_id="")
    await provider.close()


async def test_hanging(harness: RobokassaHarness) -> None:
    """A Robokassa that does not answer in time leaves the state unknown to us."""
    harness.emulator.fail(Fault.HANG)
    provider = harness.build(total_seconds=0.2)
    with pytest.raises(OutcomeUnknown):
        await provider.look(order_id=ORDER, attempt=1, provider_id="")
    await provider.close()
