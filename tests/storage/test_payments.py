"""Orders, attempts, pages and notices as they are kept, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.domain.messages import Address
from core.domain.orders import Attempt, Order, OrderState
from core.domain.privacy import FORGOTTEN
from core.storage.database import Database
from core.storage.payments import (
    TRANSIT,
    Page,
    attempt_of,
    attempts_of,
    due_attempts,
    find_account,
    find_attempt,
    find_order,
    find_page,
    hasten,
    lead_page,
    open_order,
    paid_lately,
    put_attempt,
    put_notice,
    put_order,
    put_page,
    save_attempt,
    save_order,
)
from core.storage.tables import payment_order
from tests.storage import kept
from tests.storage.kept import NOW, WHO, key_at, put

DAY = timedelta(days=1)


@pytest.fixture
async def filled(database: Database) -> Database:
    await put(database, *kept.accounts())
    return database


def an_order(**more: Any) -> Order:
    given = {
        "id": key_at(NOW),
        "account_id": 1,
        "branch": "khb",
        "amount": 98_765,
        "state": OrderState.CREATED,
        "provider": "bank",
        "created_at": NOW,
        "expires_at": NOW + DAY,
        "address": WHO,
        "language": "en",
        "period": 202611,
    }
    return Order(**(given | more))


def an_attempt(order: Order, number: int = 1, **more: Any) -> Attempt:
    key = key_at(NOW)
    given = {
        "id": key,
        "order_id": order.id,
        "number": number,
        "provider": "bank",
        "key": f"k{key}",
        "state": OrderState.CREATED,
        "created_at": NOW,
        "method": "sbp",
        "email": "me@example.ru",
        "return_url": "https://sms.example.ru/pay/x",
    }
    return Attempt(**(given | more))


async def keep(database: Database, *items: Order | Attempt) -> None:
    def job(connection: Any) -> None:
        for item in items:
            put_order(connection, item) if isinstance(item, Order) else put_attempt(connection, item)

    await database.write(job)


async def test_what_is_stored_comes_back(filled: Database) -> None:
    """Every column of an order and an attempt, and every change of one."""
    order = an_order()
    attempt = an_attempt(order)
    await keep(filled, order, attempt)
    assert await filled.read(lambda connection: find_order(connection, order.id)) == order
    assert await filled.read(lambda connection: find_attempt(connection, attempt.id)) == attempt
    order.state, order.paid_at, order.provider_id = OrderState.PAID, NOW + timedelta(microseconds=1), "p1"
    order.receipt_url, order.method, order.address = "https://ofd.example/1", "sbp", None
    attempt.state, attempt.pay_url, attempt.provider_id = OrderState.PAID, "https://bank.example/1", "p1"
    attempt.doubted, attempt.looks, attempt.look_at, attempt.expires_at = True, 3, NOW + DAY, NOW + 2 * DAY
    await filled.write(lambda connection: save_order(connection, order))
    await filled.write(lambda connection: save_attempt(connection, attempt, "x" * 500))
    assert await filled.read(lambda connection: find_order(connection, order.id)) == order
    assert await filled.read(lambda connection: attempts_of(connection, order.id)) == [attempt]


async def test_one_order_is_open_for_an_account_and_a_sum(filled: Database) -> None:
    """The database itself refuses a second one; another sum, or one that has ended, is no hindrance."""
    first = an_order()
    await keep(
        filled, first, an_order(amount=1_000), an_order(state=OrderState.PAID), an_order(state=OrderState.FAILED)
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        await keep(filled, an_order(state=OrderState.PENDING))
    assert await filled.read(lambda connection: open_order(connection, 1, 98_765)) == first
    assert await filled.read(lambda connection: open_order(connection, 1, 5)) is None


async def test_an_idempotency_key_is_used_once(filled: Database) -> None:
    """Neither the key nor the number of an attempt occurs twice."""
    order = an_order()
    await keep(filled, order, an_attempt(order, key="k"))
    for again in (an_attempt(order, 2, key="k"), an_attempt(order, 1)):
        with pytest.raises(Exception, match=r"(?i)unique"):
            await keep(filled, again)


async def test_a_repeated_notice_is_known(filled: Database) -> None:
    """By provider and digest: another provider may say the same bytes."""

    def note(provider: str, digest: str) -> Any:
        return lambda connection: put_notice(
            connection, key_at(NOW), provider=provider, digest=digest, order_id=None, now=NOW
        )

    told = [await filled.write(note(*each)) for each in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2"), ("a", "1"))]
    assert told == [True, False, True, True, False]


async def test_what_is_due_comes_first_come_first_served(filled: Database) -> None:
    """What waits longest is first; what need not be asked is not there."""
    order = an_order()
    waits = [an_attempt(order, number, look_at=NOW - number * DAY) for number in (1, 2, 3)]
    later, never = an_attempt(order, 4, look_at=NOW + DAY), an_attempt(order, 5)
    await keep(filled, order, *waits, later, never)
    due = await filled.read(lambda connection: due_attempts(connection, NOW, 2))
    assert due == [waits[2].id, waits[1].id]


async def test_a_call_hastens_what_it_may_mean(filled: Database) -> None:
    """By the provider's own name, or by the order; another provider's attempts are left alone."""
    order, other = an_order(), an_order(amount=1_000)
    named = an_attempt(order, 1, provider_id="p1", looks=7)
    unnamed = an_attempt(other, 1)
    foreign = an_attempt(other, 2, provider="else", provider_id="p1")
    await keep(filled, order, other, named, unnamed, foreign)

    def call(order_id: int | None, provider_id: str) -> Any:
        return lambda connection: hasten(connection, "bank", order_id=order_id, provider_id=provider_id, now=NOW)

    assert await filled.write(call(None, "")) == 0
    assert await filled.write(call(None, "p1")) == 1
    assert await filled.write(call(other.id, "p9")) == 1
    found = {
        each: await filled.read(lambda connection, key=each: find_attempt(connection, key))
        for each in (named.id, unnamed.id, foreign.id)
    }
    assert [(each.look_at, each.looks) for each in found.values() if each] == [(NOW, 0), (NOW, 0), (None, 0)]


@pytest.mark.parametrize(
    ("order_id", "provider_id", "number"),
    [(None, "p1", 1), (0, "p1", 1), (None, "", None), (1, "", 2), (1, "p9", 2), (99, "", None)],
)
async def test_which_attempt_is_meant(
    filled: Database, order_id: int | None, provider_id: str, number: int | None
) -> None:
    """The provider's own name counts before the order's number; of an order the last attempt."""
    order = an_order(id=1)
    await keep(filled, order, an_attempt(order, 1, provider_id="p1"), an_attempt(order, 2))
    found = await filled.read(
        lambda connection: attempt_of(connection, "bank", order_id=order_id, provider_id=provider_id)
    )
    assert (found.number if found else None) == number


async def test_a_page_leads_to_its_order(filled: Database) -> None:
    """From a sum that is proposed to the order that is being paid; it lasts as long as that."""
    page = Page(
        digest="d",
        account_id=1,
        address=Address("sms", "+79141234567"),
        language="ru",
        amount=None,
        order_id=None,
        expires_at=NOW + timedelta(hours=1),
    )
    order = an_order()
    await keep(filled, order)
    await filled.write(lambda connection: put_page(connection, page, NOW))
    assert await filled.read(lambda connection: find_page(connection, "d")) == page
    await filled.write(lambda connection: lead_page(connection, "d", order))
    led = replace(page, amount=98_765, order_id=order.id, expires_at=order.expires_at)
    assert await filled.read(lambda connection: find_page(connection, "d")) == led
    assert await filled.read(lambda connection: find_page(connection, "e")) is None


async def test_payments_on_their_way(filled: Database) -> None:
    """What is paid and not too old; without the order in question."""
    counted = an_order(state=OrderState.PAID, paid_at=NOW - DAY)
    old = an_order(state=OrderState.PAID, paid_at=NOW - TRANSIT)
    await keep(filled, counted, old, an_order(state=OrderState.PENDING), an_order(state=OrderState.REFUNDED))
    found = await filled.read(lambda connection: paid_lately(connection, [1, 2], NOW))
    assert {key: [item.paid_at for item in items] for key, items in found.items()} == {1: [NOW - DAY]}
    assert await filled.read(lambda connection: paid_lately(connection, [1], NOW, but=counted.id)) == {}


async def test_a_forgotten_payer_is_nobody(filled: Database) -> None:
    """His order lives on; nobody is told how it ends."""
    order = an_order()
    await keep(filled, order)
    await filled.write(lambda connection: connection.execute(update(payment_order).values(external_id=FORGOTTEN)))
    found = await filled.read(lambda connection: find_order(connection, order.id))
    assert found is not None
    assert found.address is None
    payer = await filled.read(lambda connection: find_account(connection, 1))
    assert payer is not None
    assert (payer.number, payer.phone) == ("2701001101", "+79141234567")
    assert await filled.read(lambda connection: find_account(connection, 99)) is None
