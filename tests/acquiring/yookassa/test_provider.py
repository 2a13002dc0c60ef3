"""YooKassa's API as its provider speaks it, against the emulator."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.acquiring.yookassa import Settings
from core.acquiring.yookassa.emulator import Fault, YookassaEmulator
from core.acquiring.yookassa.provider import YookassaProvider
from core.acquiring.yookassa.settings import NETWORKS
from core.domain.messages import RawRequest
from core.ports.acquiring import Invoice, Looks, Notifies, PaymentState
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
UTILITIES = {
    "enabled": True,
    "name": "ПАО Энергосбыт",
    "inn": "2723088770",
    "kpp": "272301001",
    "bank": "ПАО СБЕРБАНК",
    "bic": "044525225",
    "account": "40702810138250123017",
    "correspondent_account": "30101810400000000225",
    "oktmo": "08701000",
}


def invoice(**more: Any) -> Invoice:
    given = {
        "order_id": 123456789012345678,
        "attempt": 1,
        "amount": 98_765,
        "account_number": "2701001101",
        "description": "Оплата электроэнергии, лицевой счёт 2701001101",
        "return_url": "https://sms.example.ru/pay/back",
        "notify_url": "https://sms.example.ru/hooks/pay/yookassa",
        "idempotency_key": "key-1",
        "expires_at": NOW,
        "period": 202611,
        "method": "sbp",
    }
    return Invoice(**(given | more))


@pytest.fixture
async def bank() -> AsyncIterator[YookassaEmulator]:
    emulator = YookassaEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def provider(bank: YookassaEmulator) -> AsyncIterator[YookassaProvider]:
    made = YookassaProvider(bank.settings(), total_seconds=5)
    yield made
    await made.close()
    await made.close()


async def look(provider: YookassaProvider, provider_id: str) -> Any:
    return await provider.look(order_id=1, attempt=1, provider_id=provider_id)


async def test_created_and_looked_at(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """The link, and the payment's way from waiting to paid and back, to the kopeck."""
    opened = await provider.create(invoice())
    assert opened.pay_url.startswith(f"{bank.url}/checkout/")
    assert (await look(provider, opened.provider_id)).state is PaymentState.PENDING
    bank.succeed(opened.provider_id)
    paid = await look(provider, opened.provider_id)
    assert (paid.state, paid.amount, paid.currency) == (PaymentState.PAID, 98_765, "RUB")
    assert (paid.order_id, paid.provider_id, paid.method) == (123456789012345678, opened.provider_id, "sbp")
    assert paid.paid_at is not None
    bank.refund(opened.provider_id)
    assert (await look(provider, opened.provider_id)).state is PaymentState.REFUNDED


async def test_canceled(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """Failed, with the reason as YooKassa names it."""
    opened = await provider.create(invoice())
    bank.cancel(opened.provider_id, "insufficient_funds")
    said = await look(provider, opened.provider_id)
    assert (said.state, said.detail) == (PaymentState.FAILED, "insufficient_funds")


async def test_what_is_sent(bank: YookassaEmulator) -> None:
    """Receipt and payment order as the settings say, and always the same bytes for the same invoice."""
    receipt = {"enabled": True, "vat_code": 12, "tax_system_code": 1}
    provider = YookassaProvider(bank.settings(receipt=receipt, utilities=UTILITIES))
    await provider.create(invoice(email="me@example.ru"))
    await provider.create(invoice(email="me@example.ru"))
    (kept,) = bank.payments.values()
    sent = json.loads(kept.body)
    assert sent["amount"] == {"value": "987.65", "currency": "RUB"}
    assert sent["capture"] is True
    assert sent["payment_method_data"] == {"type": "sbp"}
    assert sent["metadata"] == {"order_id": "123456789012345678", "attempt": "1"}
    assert sent["receipt"]["customer"] == {"email": "me@example.ru"}
    assert sent["receipt"]["tax_system_code"] == 1
    assert sent["receipt"]["items"][0]["vat_code"] == 12
    assert sent["receipt"]["items"][0]["amount"] == sent["amount"]
    order = sent["payment_order"]
    assert order["type"] == "utilities"
    assert order["account_number"] == "2701001101"
    assert order["payment_period"] == {"month": 11, "year": 2026}
    assert order["recipient"]["bank"]["bic"] == "044525225"
    assert "kbk" not in order
    assert order["payment_purpose"].endswith("2701001101")
    await provider.close()


async def test_receipt_goes_to_the_phone_where_there_is_no_email(bank: YookassaEmulator) -> None:
    """Without either there is none; digits only, as YooKassa wants them."""
    provider = YookassaProvider(bank.settings(receipt={"enabled": True}))
    await provider.create(invoice(phone="+79141234567"))
    await provider.create(invoice(idempotency_key="key-2"))
    first, second = (json.loads(kept.body) for kept in bank.payments.values())
    assert first["receipt"]["customer"] == {"phone": "79141234567"}
    assert "receipt" not in second
    await provider.close()


async def test_the_same_key_is_the_same_payment(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """And with another invoice it is refused."""
    first = await provider.create(invoice())
    assert await provider.create(invoice()) == first
    assert (await provider.create(invoice(idempotency_key="key-2"))).provider_id != first.provider_id
    with pytest.raises(ContentRejected):
        await provider.create(invoice(amount=1_000))


FAULTS = [
    (Fault.UNAUTHORIZED, Misconfigured, 0),
    (Fault.LIMITED, RateLimited, 0),
    (Fault.BROKEN, OutcomeUnknown, 0),
    (Fault.BROKEN_AFTER, OutcomeUnknown, 1),
    (Fault.RESET, OutcomeUnknown, 1),
    (Fault.GARBLED, OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("fault", "failure", "kept"), FAULTS)
async def test_each_fault_has_its_class(
    bank: YookassaEmulator, provider: YookassaProvider, fault: Fault, failure: type[SendFailure], kept: int
) -> None:
    """For creating and for looking; and afterwards the same key gives the payment, once."""
    bank.faults.append(fault)
    with pytest.raises(failure) as raised:
        await provider.create(invoice())
    assert "test_emulated" not in str(raised.value)
    assert len(bank.payments) == kept
    opened = await provider.create(invoice())
    assert len(bank.payments) == 1
    bank.faults.append(fault)
    with pytest.raises(failure):
        await look(provider, opened.provider_id)


async def test_rate_limit_names_its_seconds(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """As the header says."""
    bank.faults.append(Fault.LIMITED)
    with pytest.raises(RateLimited) as raised:
        await provider.create(invoice())
    assert raised.value.retry_after == 7


async def test_silence_is_an_unknown_outcome(bank: YookassaEmulator) -> None:
    """The bank has taken it and says nothing; we hang up, and the same key finds the payment."""
    provider = YookassaProvider(bank.settings(), total_seconds=0.2)
    bank.faults.append(Fault.HANG)
    with pytest.raises(OutcomeUnknown):
        await provider.create(invoice())
    await bank.abandoned.wait()
    patient = YookassaProvider(bank.settings())
    await patient.create(invoice())
    assert len(bank.payments) == 1
    await provider.close()
    await patient.close()


async def test_nobody_there() -> None:
    """Nothing was sent: he certainly did not take it."""
    provider = YookassaProvider(
        Settings.model_validate({"shop_id": "1", "secret_key": "s", "api_base": "http://127.0.0.1:9/v3"})
    )
    with pytest.raises(TemporarilyUnavailable):
        await provider.create(invoice())
    await provider.close()


async def test_unknown_payments(provider: YookassaProvider) -> None:
    """Nothing may be concluded from a payment that YooKassa does not know, or that we have no name of."""
    for name in ("", "no-such-payment"):
        assert (await look(provider, name)).state is PaymentState.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"status": "something_new"},
        {"amount": {"value": "987.655", "currency": "RUB"}},
        {"amount": {"value": 987.65, "currency": "RUB"}},
        {"amount": {"value": "NaN", "currency": "RUB"}},
        {"amount": {"value": "-1.00", "currency": "RUB"}},
        {"amount": None},
        {"paid": False},
        {"paid": "true"},
        {"id": "another"},
    ],
)
async def test_what_cannot_be_read_concludes_nothing(
    bank: YookassaEmulator, provider: YookassaProvider, change: dict[str, Any]
) -> None:
    """A sum that is no whole number of kopecks, a word that we do not know."""
    opened = await provider.create(invoice())
    bank.succeed(opened.provider_id)
    bank.payments[opened.provider_id].object |= change
    assert (await look(provider, opened.provider_id)).state is PaymentState.UNKNOWN


async def test_test_payments_say_so(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """The flag decides whether money moved."""
    opened = await provider.create(invoice())
    bank.succeed(opened.provider_id, test=True)
    assert (await look(provider, opened.provider_id)).is_test


def called(body: bytes, peer: str) -> RawRequest:
    return RawRequest(method="POST", path="", body=body, received_at=NOW, peer=peer)


@pytest.mark.parametrize(
    ("peer", "is_theirs"),
    [
        ("185.71.76.1", True),
        ("185.71.76.32", False),
        ("77.75.156.35", True),
        ("77.75.156.36", False),
        ("2a02:5180:0:1509::7", True),
        ("::ffff:185.71.77.3", True),
        ("127.0.0.1", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_calls_come_from_yookassas_networks(peer: str, is_theirs: bool) -> None:  # noqa: FBT001 - a column
    """Whoever calls from elsewhere is refused, whatever he says."""
    provider = YookassaProvider(Settings(networks=NETWORKS))
    body = json.dumps({"event": "payment.succeeded", "object": {"id": "p-1", "metadata": {"order_id": "7"}}}).encode()
    heard = provider.hear(called(body, peer))
    assert (heard.answer.status == 200) is is_theirs
    assert (heard.notification is not None) is is_theirs


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"event": "payment.succeeded", "object": {"id": "p-1", "metadata": {"order_id": "7"}}}, ("p-1", 7)),
        ({"event": "payment.canceled", "object": {"id": "p-1"}}, ("p-1", None)),
        ({"event": "refund.succeeded", "object": {"id": "r-1", "payment_id": "p-1"}}, ("p-1", None)),
        ({"event": "payment.succeeded", "object": {"id": "p-1", "metadata": {"order_id": "x"}}}, ("p-1", None)),
        ({"event": "payout.succeeded", "object": {"id": "p-1"}}, None),
        ({"event": "payment.succeeded", "object": {"id": "../me"}}, None),
        ({"event": "payment.succeeded"}, None),
        ({"event": 7, "object": {"id": "p-1"}}, None),
    ],
)
def test_a_call_says_where_to_look(values: dict[str, Any], expected: tuple[str, int | None] | None) -> None:
    """Nothing of it is believed but the name to look for."""
    heard = YookassaProvider(Settings()).hear(called(json.dumps(values).encode(), "185.71.76.1"))
    told = heard.notification
    assert (None if told is None else (told.provider_id, told.order_id)) == expected
    assert told is None or told.payment is None


async def test_the_doctor_asks_for_nothing_but_the_shop(bank: YookassaEmulator, provider: YookassaProvider) -> None:
    """A wrong key, a shop of the other mode, and all well; nothing is created."""
    assert await provider.probe() == []
    bank.is_test = True
    (words,) = await provider.probe()
    assert "test shop" in words
    wrong = YookassaProvider(bank.settings(secret_key="another"))
    (words,) = await wrong.probe()
    assert "credentials" in words
    assert bank.payments == {}
    await wrong.close()


def test_the_provider_keeps_the_contract() -> None:
    """It can be asked, and it calls; its secret is in no repr."""
    provider = YookassaProvider(Settings.model_validate({"shop_id": "1", "secret_key": "very-secret"}))
    assert isinstance(provider, Looks)
    assert isinstance(provider, Notifies)
    assert "very-secret" not in repr(provider)
    assert "very-secret" not in repr(provider._settings)
    assert provider.methods == ("bank_card", "sbp")


@pytest.mark.parametrize(
    "wrong",
    [{"networks": ["nonsense"]}, {"utilities": {"enabled": True}}, {"secret_key": "ключ"}, {"methods": ["cash"]}],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """Before the first payment, not at it."""
    with pytest.raises(ValueError, match=r"networks|enabled needs|secret_key|methods"):
        Settings.model_validate(wrong)
