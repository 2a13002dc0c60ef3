"""YooKassa's lists: pages, their cursors, and what stands in them that is not ours or cannot be read."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from core.acquiring.yookassa import decode
from core.acquiring.yookassa.emulator import Fault, YookassaEmulator, lists
from core.domain.registers import Entry, Unread
from core.ports.channel import Misconfigured, OutcomeUnknown, RateLimited, SendFailure
from tests.acquiring.harness import AMOUNT, ORDER
from tests.acquiring.listing import BEGINS, DAY, listed, shown
from tests.acquiring.yookassa.harness import YookassaHarness
from tests.conftest import FixedClock

MONEY = {"value": "1234.56", "currency": "RUB"}
PAYMENT = {"id": "p-1", "status": "succeeded", "paid": True, "amount": MONEY, "metadata": {"order_id": "7"}}
REFUND = {"id": "r-1", "payment_id": "p-1", "status": "succeeded", "amount": MONEY}


@pytest.fixture
async def harness(clock: FixedClock) -> AsyncIterator[YookassaHarness]:
    emulator = YookassaEmulator(clock=clock)
    await emulator.start()
    harness = YookassaHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()


async def sold(harness: YookassaHarness, count: int) -> None:
    """So many payments, one a second."""
    for number in range(count):
        opened = await harness.provider.create(harness.invoice(order_id=ORDER + number))
        harness.emulator.succeed(opened.provider_id)


async def test_pages(harness: YookassaHarness) -> None:
    """Every payment once, a hundred a call, and then the refunds."""
    await sold(harness, 201)
    for payment in list(harness.emulator.payments)[:101]:
        harness.emulator.refund(payment)
    harness.emulator.calls.clear()
    entries = await listed(harness.provider)
    expected = [(ORDER + number, AMOUNT, False, 0) for number in range(201)]
    assert shown([each for each in entries if isinstance(each, Entry) and not each.refund]) == expected
    back = [each.payment for each in entries if isinstance(each, Entry) and each.refund]
    assert sorted(back) == sorted(list(harness.emulator.payments)[:101])
    paths = [path for _, path in harness.emulator.calls]
    assert paths == ["/v3/payments"] * 3 + ["/v3/refunds"] * 2


async def test_a_cursor_that_repeats(harness: YookassaHarness) -> None:
    """Is no list without end: we give up, and nobody takes its part for the whole."""
    await sold(harness, 101)
    harness.emulator.faults.extend([Fault.STUCK, Fault.STUCK])
    with pytest.raises(OutcomeUnknown) as raised:
        await listed(harness.provider)
    assert "circles" in raised.value.detail


@pytest.mark.parametrize(
    ("fault", "failure"),
    [(Fault.BROKEN, OutcomeUnknown), (Fault.LIMITED, RateLimited), (Fault.UNAUTHORIZED, Misconfigured)],
)
async def test_a_fault_in_the_middle(harness: YookassaHarness, fault: Fault, failure: type[SendFailure]) -> None:
    """The first page came, the second does not: the list fails, and does not end."""
    await sold(harness, 101)
    begun = harness.provider.list_payments(DAY)
    await anext(begun)
    harness.emulator.faults.append(fault)
    with pytest.raises(failure):
        assert [each async for each in begun]


async def test_another_system_of_the_shop(harness: YookassaHarness) -> None:
    """Its payments are listed, without an order of ours."""
    await sold(harness, 4)
    others: list[dict[str, Any]] = [{}, {"order_id": "basket-7"}, {"order_id": 7}, {"basket": "7"}]
    for kept, metadata in zip(harness.emulator.payments.values(), others, strict=True):
        kept.object["metadata"] = metadata
    assert [each.order for each in await listed(harness.provider) if isinstance(each, Entry)] == [None] * 4


async def test_what_cannot_be_read_is_told(harness: YookassaHarness) -> None:
    """It may be a payment, and does not spoil the others."""
    await sold(harness, 3)
    strange, *_ = harness.emulator.payments.values()
    strange.object["amount"] = {"value": "a lot", "currency": "RUB"}
    entries = await listed(harness.provider)
    assert [each for each in entries if isinstance(each, Unread)] == [Unread(strange.id, "the payment cannot be read")]
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Entry(0, "p-1", AMOUNT, 7, is_test=False)),
        ({"test": True}, Entry(0, "p-1", AMOUNT, 7, is_test=True)),
        ({"refunded_amount": MONEY}, Entry(0, "p-1", AMOUNT, 7, is_test=False)),
        ({"metadata": None}, Entry(0, "p-1", AMOUNT, None, is_test=False)),
        ({"status": "pending"}, None),
        ({"status": "canceled"}, None),
        ({"status": "settled"}, Unread("p-1", "the payment cannot be read")),
        ({"paid": False}, Unread("p-1", "the payment cannot be read")),
        ({"amount": {"value": "1234.567", "currency": "RUB"}}, Unread("p-1", "the payment cannot be read")),
        ({"amount": {"value": "1234.56", "currency": "USD"}}, Unread("p-1", "it was not paid in RUB")),
        ({"id": "p/1"}, Unread("", "the payment cannot be read")),
    ],
)
def test_payments(changes: dict[str, Any], expected: object) -> None:
    """A payment as a register has it; one that went back later was a payment on its day all the same."""
    assert decode.listed(PAYMENT | changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Entry(0, "p-1", AMOUNT, refund=True)),
        ({"amount": {"value": "0.01", "currency": "RUB"}}, Entry(0, "p-1", 1, refund=True)),
        ({"status": "pending"}, None),
        ({"status": "canceled"}, None),
        ({"status": "dreamt"}, Unread("p-1", "the refund cannot be read")),
        ({"payment_id": None}, Unread("", "the refund cannot be read")),
        ({"amount": None}, Unread("p-1", "the refund cannot be read")),
        ({"amount": {"value": "1.00", "currency": "USD"}}, Unread("p-1", "it is not in RUB")),
    ],
)
def test_refunds(changes: dict[str, Any], expected: object) -> None:
    """By the payment that goes back."""
    assert decode.returned(REFUND | changes) == expected


@pytest.mark.parametrize("item", [None, 7, "p-1", [], [PAYMENT]])
def test_no_object(item: object) -> None:
    """Whatever else stands in a list is told."""
    assert isinstance(decode.listed(item), Unread)
    assert isinstance(decode.returned(item), Unread)


PAGES: list[tuple[dict[str, Any], tuple[list[int], str] | None]] = [
    ({"items": [], "type": "list"}, ([], "")),
    ({"items": [1], "next_cursor": "c"}, ([1], "c")),
    ({"items": [1], "next_cursor": None}, ([1], "")),
    ({"items": [1], "next_cursor": ""}, None),
    ({"items": [1], "next_cursor": 7}, None),
    ({"items": None}, None),
    ({"items": {}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("values", "expected"), PAGES, ids=json.dumps)
def test_page(values: dict[str, Any], expected: object) -> None:
    """A cursor that cannot be read is no end of the list."""
    assert decode.page(values) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 10),
        ({"limit": "3"}, 3),
        ({"limit": "101"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "strange"}, "cursor"),
        ({"status": "pending"}, 0),
        ({"created_at.gte": "yesterday"}, "created_at.gte"),
        ({"captured_at.gte": "2026-11-21T21:00:00Z"}, 0),
        ({"order": "7"}, "order"),
    ],
)
def test_the_twin_keeps_to_the_documentation(query: dict[str, str], expected: int | str) -> None:
    """Ten where nobody says how many, a hundred at most, and no parameter of which it knows nothing."""
    made = [
        {"id": f"{number}", "status": "succeeded", "created_at": (BEGINS + timedelta(hours=number)).isoformat()}
        for number in range(12)
    ]
    found = lists.page(made, query)
    assert (found if isinstance(found, str) else len(found["items"])) == expected


async def test_a_list_has_an_end(harness: YookassaHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many cursors there are, and each another."""
    monkeypatch.setattr("core.acquiring.yookassa.provider.PAGES", 2)
    await sold(harness, 301)
    with pytest.raises(OutcomeUnknown):
        await listed(harness.provider)
