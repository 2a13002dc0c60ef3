"""Robokassa's links, its numbers, and its calls."""

import json
from dataclasses import replace
from hashlib import sha256
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acquiring.robokassa import Receipt, Settings, encode
from core.acquiring.robokassa.emulator import NotSigned
from tests.acquiring.emulated import changed, sealed
from tests.acquiring.harness import AMOUNT, INVOICE, ORDER
from tests.acquiring.robokassa.harness import RobokassaHarness

SHOP = Settings(login="demo", password1="pass1", password2="pass2")
NUMBER = encode.number(ORDER, 1)


def parameters(link: str) -> dict[str, str]:
    """What stands in a link."""
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))


def test_link() -> None:
    """A link has the sum in roubles, Robokassa's number, and ours beside it, all of them signed."""
    signed = f"demo:1234.56:{NUMBER}:pass1:Shp_attempt=1:Shp_order={ORDER}"
    assert parameters(encode.link(INVOICE, SHOP)) == {
        "MerchantLogin": "demo",
        "OutSum": "1234.56",
        "InvId": NUMBER,
        "Description": INVOICE.description,
        "SignatureValue": sha256(signed.encode()).hexdigest(),
        "Culture": "ru",
        "Encoding": "utf-8",
        "ExpirationDate": "2026-11-25T02:00:00+00:00",
        "Shp_attempt": "1",
        "Shp_order": str(ORDER),
        "Email": INVOICE.email,
    }


@pytest.mark.parametrize("amount", [1, 10, 99, 100, 123_456, 99_999_999_999])
def test_receipt(amount: int) -> None:
    """The receipt has the sum to the kopeck, and is signed as it stands in a URL."""
    shop = replace(SHOP, receipt=Receipt(sno="osn", tax="vat22"))
    found = parameters(encode.link(replace(INVOICE, amount=amount), shop))
    receipt = found["Receipt"]
    assert f'"sum":{amount // 100}.{amount % 100:02}'.rstrip("0") in unquote(receipt)
    assert json.loads(unquote(receipt))["items"][0]["tax"] == "vat22"
    signed = f"demo:{found['OutSum']}:{NUMBER}:{receipt}:pass1:Shp_attempt=1:Shp_order={ORDER}"
    assert found["SignatureValue"] == sha256(signed.encode()).hexdigest()


def test_test_link() -> None:
    """In test mode a link says so."""
    assert parameters(encode.link(INVOICE, replace(SHOP, is_test=True)))["IsTest"] == "1"


def test_description() -> None:
    """A description is cut at Robokassa's limit."""
    link = encode.link(replace(INVOICE, description="я" * 200), SHOP)
    assert parameters(link)["Description"] == "я" * encode.DESCRIPTION_LIMIT


@given(st.integers(1, 2**63 - 1), st.integers(1, 1000))
def test_number(order_id: int, attempt: int) -> None:
    """Robokassa's number is one that it takes, and always the same for the same attempt."""
    number = encode.number(order_id, attempt)
    assert 1 <= int(number) <= 2_147_483_647
    assert number == encode.number(order_id, attempt)
    assert number != encode.number(order_id, attempt + 1)


def test_numbers_are_spread() -> None:
    """Orders that follow one another have numbers all over: among ten thousand there is hardly a pair."""
    numbers = {encode.number(ORDER + n, 1) for n in range(10_000)}
    assert len(numbers) >= 9_999
    quarters = [sum(int(number) >> 29 == quarter for number in numbers) for quarter in range(4)]
    assert min(quarters) > 2_300


async def test_changed_link(harness: RobokassaHarness) -> None:
    """A subscriber who makes the sum smaller, or the order another, sees an error."""
    opened = await harness.provider.create(harness.invoice())
    for wrong in (
        opened.pay_url.replace("1234.56", "1.00"),
        opened.pay_url.replace(f"Shp_order={ORDER}", "Shp_order=1"),
    ):
        with pytest.raises(NotSigned):
            await harness.visit(wrong)


@pytest.mark.parametrize("name", ["OutSum", "InvId", "Shp_order", "Shp_attempt"])
async def test_signed_fields(harness: RobokassaHarness, name: str) -> None:
    """Whatever the signature covers cannot be changed, not even `1234.560000` to `1234.56`."""
    await _pay(harness)
    answer = harness.provider.hear(changed(harness.notices[-1], **{name: "1234.56"}))
    assert (answer.answer.status, answer.notification) == (403, None)


async def test_answer(harness: RobokassaHarness) -> None:
    """Robokassa wants `OK` and its number."""
    await _pay(harness)
    assert harness.provider.hear(harness.notices[-1]).answer.body == f"OK{NUMBER}".encode()


def test_in_any_order(harness: RobokassaHarness) -> None:
    """Our parameters are signed in the order of their names, in whichever they come."""
    signed = sha256(f"1234.56:42:emulated-password-2:Shp_attempt=1:Shp_order={ORDER}".encode()).hexdigest()
    fields = {"Shp_order": str(ORDER), "SignatureValue": signed, "Shp_attempt": "1", "InvId": "42", "OutSum": "1234.56"}
    notification = harness.provider.hear(sealed("POST", fields)).notification
    assert notification is not None
    assert notification.order_id == ORDER


async def test_by_get(harness: RobokassaHarness) -> None:
    """A shop can be set to be called by GET."""
    await _pay(harness)
    notice = harness.notices[-1]
    asked = replace(notice, method="GET", query=notice.body, body=b"")
    assert harness.provider.hear(asked).notification == harness.provider.hear(notice).notification


async def test_test_payment(harness: RobokassaHarness) -> None:
    """A test payment is marked as such; it cannot be looked at, so the call carries it."""
    provider = harness.build(is_test=True)
    opened = await provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url))
    notification = provider.hear(harness.notices[-1]).notification
    assert notification is not None
    assert notification.payment is not None
    assert (notification.payment.is_test, notification.payment.amount) == (True, AMOUNT)


async def test_call_beats_the_number(harness: RobokassaHarness) -> None:
    """Of two payments with one number each call says whose it is."""
    for order_id in (43, 44):
        opened = await harness.provider.create(harness.invoice(order_id=order_id))
        await harness.pay(await harness.visit(opened.pay_url))
    heard = [harness.provider.hear(notice).notification for notice in harness.notices]
    assert [each.payment.order_id for each in heard if each and each.payment] == [43, 44]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"OutSum": "1234,56", "InvId": "42"}, 400),
        ({"OutSum": "1234.56", "InvId": "<script>"}, 400),
        ({"OutSum": "1234.56", "InvId": "1" * 21}, 400),
        ({"OutSum": "1234.56", "InvId": ""}, 400),
        ({"OutSum": "1234.56"}, 400),
        ({"OutSum": "1234.56", "InvId": "42"}, 200),
        ({"OutSum": "1234.56", "InvId": "42", "Shp_order": "basket 7"}, 200),
    ],
)
def test_not_ours(harness: RobokassaHarness, fields: dict[str, str], status: int) -> None:
    """A signed call that cannot be read is refused; one of another system of the shop's is no word to us."""
    answer = harness.provider.hear(harness.sealed(fields))
    assert (answer.answer.status, answer.notification) == (status, None)


def test_no_password(harness: RobokassaHarness) -> None:
    """Without a password every call is refused, even one that is signed with nothing."""
    bare = harness.build(password2="")
    signed = sha256(b"1234.56:42:").hexdigest()
    request = changed(harness.sealed({"OutSum": "1234.56", "InvId": "42"}), SignatureValue=signed)
    assert bare.hear(request).answer.status == 403


async def _pay(harness: RobokassaHarness) -> None:
    opened = await harness.provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url))
