"""What the bank is told of a payment, and what happens to a number that was told before."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.acquiring.emulation import Fault
from core.acquiring.sberbank import Settings, encode, sign
from core.acquiring.sberbank.provider import SberbankProvider
from core.ports.acquiring import PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown
from tests.acquiring.emulated import changed
from tests.acquiring.harness import INVOICE, ORDER
from tests.acquiring.sberbank.harness import SberbankHarness


def test_form() -> None:
    """The form has the order in kopecks, its number with the attempt, and Moscow's time."""
    form = encode.registration(INVOICE, Settings(user_name="shop-api", password="pass"))
    assert form == {
        "userName": "shop-api",
        "password": "pass",
        "orderNumber": f"{ORDER}-1",
        "amount": "123456",
        "currency": "643",
        "returnUrl": INVOICE.return_url,
        "failUrl": INVOICE.return_url,
        "description": "Электроэнергия, лицевой счёт …4567",
        "language": "ru",
        "expirationDate": "2026-11-25T05:00:00",
        "email": INVOICE.email,
    }


def test_token() -> None:
    """Where the bank gave a token, it stands for login and password."""
    assert encode.credentials(Settings(token="t", user_name="u", password="p")) == {"token": "t"}


def test_no_email() -> None:
    """Without an address for the receipt none is sent."""
    assert "email" not in encode.registration(replace(INVOICE, email=""), Settings())


def test_description() -> None:
    """What the bank forbids in a description becomes a blank, and the rest is cut at its limit."""
    form = encode.registration(replace(INVOICE, description="5% + \r\nпеня " + "я" * 600), Settings())
    assert form["description"].startswith("5 пеня яяя")
    assert len(form["description"]) == encode.DESCRIPTION_LIMIT


@pytest.mark.parametrize(("attempt", "fits"), [(1, True), (999_999_999_999, True), (1_000_000_000_000, False)])
def test_number(attempt: int, fits: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The longest key leaves room for twelve digits of an attempt, and no number is ever cut."""
    longest = 2**63 - 1
    if fits:
        assert encode.number(longest, attempt) == f"{longest}-{attempt}"
    else:
        with pytest.raises(ContentRejected):
            encode.number(longest, attempt)


async def test_new_attempt_has_a_new_number(harness: SberbankHarness) -> None:
    """After a declined attempt the next one is another order of the bank's."""
    first = await harness.provider.create(harness.invoice())
    await harness.decline(await harness.visit(first.pay_url))
    second = await harness.provider.create(harness.invoice(attempt=2))
    assert first.provider_id != second.provider_id
    assert set(harness.emulator.orders) == {f"{ORDER}-1", f"{ORDER}-2"}
    assert (await harness.word(attempt=1)).state is PaymentState.FAILED
    assert (await harness.word(attempt=2)).state is PaymentState.PENDING


async def test_number_is_spent(harness: SberbankHarness) -> None:
    """A declined number cannot be used again: that attempt is refused."""
    opened = await harness.provider.create(harness.invoice())
    await harness.decline(await harness.visit(opened.pay_url))
    with pytest.raises(ContentRejected, match="spent"):
        await harness.provider.create(harness.invoice())


async def test_number_of_another_amount(harness: SberbankHarness) -> None:
    """A number that was registered for another sum is not taken for ours."""
    await harness.provider.create(harness.invoice(amount=1))
    with pytest.raises(ContentRejected, match="another amount"):
        await harness.provider.create(harness.invoice())


async def test_number_of_another_currency(harness: SberbankHarness) -> None:
    """A number under which something else was sold is not taken for ours."""
    opened = await harness.provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url), currency="KZT")
    with pytest.raises(ContentRejected, match="something else"):
        await harness.provider.create(harness.invoice())


async def test_paid_meanwhile(harness: SberbankHarness) -> None:
    """Created again after it was paid, it is the same payment, and the look says that it is paid."""
    opened = await harness.provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url))
    assert await harness.provider.create(harness.invoice()) == opened


async def test_page_is_not_known(harness: SberbankHarness) -> None:
    """Without `page_url` a payment whose link was lost is refused, and the next attempt opens another."""
    provider = harness.build(page_url="")
    harness.emulator.fail(Fault.GARBLED)
    with pytest.raises(OutcomeUnknown):
        await provider.create(harness.invoice())
    with pytest.raises(ContentRejected, match="page_url"):
        await provider.create(harness.invoice())
    assert (await provider.create(harness.invoice(attempt=2))).pay_url
    await provider.close()


async def test_question_fails(harness: SberbankHarness) -> None:
    """Where the bank refuses the number and then stumbles over the question, nobody knows."""
    await harness.provider.create(harness.invoice())
    harness.emulator.fail(1)
    harness.emulator.fail(Fault.BROKEN)
    with pytest.raises(OutcomeUnknown):
        await harness.provider.create(harness.invoice())


async def test_no_certificates(tmp_path: Path) -> None:
    """A file of certificates that is not there is a matter for staff."""
    provider = SberbankProvider(Settings(ca_bundle=tmp_path / "russian_trusted_root_ca.pem"))
    with pytest.raises(Misconfigured):
        await provider.open()
    await provider.close()


async def test_callback_by_post(harness: SberbankHarness) -> None:
    """The bank may call by POST as well."""
    opened = await harness.provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url))
    notice = harness.notices[-1]
    posted = replace(notice, method="POST", body=notice.query, query=b"")
    assert harness.provider.hear(posted).notification == harness.provider.hear(notice).notification


@pytest.mark.parametrize("fields", [{"amount": "1"}, {"orderNumber": "43-1"}, {"operation": "refunded"}, {"new": "1"}])
async def test_every_field_is_signed(harness: SberbankHarness, fields: dict[str, str | None]) -> None:
    """Whatever is changed or added on the way, the checksum does not fit."""
    opened = await harness.provider.create(harness.invoice())
    await harness.pay(await harness.visit(opened.pay_url))
    assert harness.provider.hear(changed(harness.notices[-1], **fields)).answer.status == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"orderNumber": "SHOP-7", "mdOrder": "70906e55"},
        {"mdOrder": "70906e55"},
        {"orderNumber": "42-1"},
        {"orderNumber": "42-1", "mdOrder": "70906e55/../x"},
    ],
)
def test_foreign_order(harness: SberbankHarness, fields: dict[str, str]) -> None:
    """What another system of the shop's sells, or what names no order, is heard without a word to us."""
    answer = harness.provider.hear(harness.sealed(fields))
    assert (answer.answer.status, answer.notification) == (200, None)


def test_no_key(harness: SberbankHarness) -> None:
    """Without a key every callback is refused, even one that is signed with nothing."""
    fields = {"orderNumber": "42-1", "mdOrder": "70906e55"}
    request = changed(harness.sealed(fields), checksum=sign.checksum(fields, ""))
    assert harness.build(callback_key="").hear(request).answer.status == 403
