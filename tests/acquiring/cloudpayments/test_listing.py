"""CloudPayments' list of a day: one answer, whatever was tried on it."""

import json
from typing import Any

import pytest

from core.acquiring.cloudpayments import decode, encode
from core.acquiring.cloudpayments.emulator import CloudpaymentsEmulator
from core.acquiring.http import LONGEST_BODY
from core.domain.registers import Entry, Unread
from core.ports.channel import ContentRejected, OutcomeUnknown, SendFailure
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness
from tests.acquiring.cloudpayments.test_cloudpayments import ERRORS, PAID, answer
from tests.acquiring.harness import AMOUNT, ORDER
from tests.acquiring.listing import DAY, listed, shown

STRANGE = "the transaction cannot be read"


def test_form() -> None:
    """The day is Moscow's; without a zone CloudPayments takes UTC's."""
    assert encode.day(DAY) == {"Date": "2026-11-22", "TimeZone": "MSK"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Entry(0, "504", AMOUNT, ORDER, is_test=False)),
        ({"TestMode": True}, Entry(0, "504", AMOUNT, ORDER, is_test=True)),
        ({"Type": 1}, Entry(0, "504", AMOUNT, ORDER, refund=True, is_test=False)),
        ({"Refunded": True}, Entry(0, "504", AMOUNT, ORDER, is_test=False)),
        ({"Currency": "810"}, Entry(0, "504", AMOUNT, ORDER, is_test=False)),
        ({"InvoiceId": "basket-7"}, Entry(0, "504", AMOUNT, None, is_test=False)),
        ({"InvoiceId": None}, Entry(0, "504", AMOUNT, None, is_test=False)),
        ({"Status": "Declined"}, None),
        ({"Status": "Cancelled"}, None),
        ({"Status": "Authorized"}, None),
        ({"Status": "AwaitingAuthentication"}, None),
        ({"Type": 2}, None),
        ({"Status": "Dreamt"}, Unread("504", STRANGE)),
        ({"Status": None}, Unread("504", STRANGE)),
        ({"Type": None}, Unread("504", STRANGE)),
        ({"Amount": 1234.567}, Unread("504", STRANGE)),
        ({"Amount": None}, Unread("504", STRANGE)),
        ({"TransactionId": "504"}, Unread("", STRANGE)),
        ({"Currency": "USD"}, Unread("504", "it is not in RUB")),
    ],
)
def test_transactions(changes: dict[str, Any], expected: Entry | Unread | None) -> None:
    """What moved money is a line, what may have is told, and the rest is left out."""
    found = decode.listed(answer({"Success": True, "Model": [PAID | changes]}))
    assert list(found) == [] if expected is None else list(found) == [expected]


@pytest.mark.parametrize("item", [None, 7, [], "x"])
def test_no_transaction(item: object) -> None:
    """Whatever else stands in the list is told, beside what can be read."""
    found = decode.listed(answer({"Success": True, "Model": [item, PAID]}))
    assert [type(each) for each in found] == [Unread, Entry]


@pytest.mark.parametrize("model", [None, {}, "x", 7])
def test_no_list(model: object) -> None:
    """A success without a list is no empty day."""
    with pytest.raises(OutcomeUnknown):
        decode.listed(answer({"Success": True, "Model": model}))


@pytest.mark.parametrize(("content", "status", "failure"), ERRORS)
def test_errors(content: Any, status: int, failure: type[SendFailure]) -> None:
    """An error means what it means of every call."""
    with pytest.raises(SendFailure) as caught:
        decode.listed(answer(content, status))
    assert type(caught.value) is failure


async def test_refusal(harness: CloudpaymentsHarness) -> None:
    """`Success` false, in CloudPayments' words."""
    harness.emulator.fail(1)
    with pytest.raises(ContentRejected) as caught:
        await listed(harness.provider)
    assert "Date is required" in caught.value.detail


async def test_each_try_is_a_transaction(harness: CloudpaymentsHarness) -> None:
    """A declined card and then another on the same page: one payment of the order, by its own name."""
    opened = await harness.provider.create(harness.invoice())
    kept = await harness.visit(opened.pay_url)
    await harness.decline(kept)
    await harness.pay(kept)
    entries = await listed(harness.provider)
    assert shown(entries) == [(ORDER, AMOUNT, False, 0)]
    assert [each.payment for each in entries] == [str(kept.last["TransactionId"])]


async def test_a_day_may_be_long(harness: CloudpaymentsHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one answer, longer than any about a payment may be; and that, too, has an end."""
    emulator: CloudpaymentsEmulator = harness.emulator
    last = {name: value for name, value in PAID.items() if name != "Amount"} | {"Amount": "1234.56"}
    count = 2 * LONGEST_BODY // len(json.dumps(last))
    emulator.transactions += [(emulator.clock.now(), last)] * count
    assert len(await listed(harness.provider)) == count
    monkeypatch.setattr("core.acquiring.cloudpayments.client.LIST_BYTES", LONGEST_BODY)
    short = harness.build()
    with pytest.raises(OutcomeUnknown):
        await listed(short)
    await short.close()
