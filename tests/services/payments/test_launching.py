"""The page that a choice inside a messenger leads to: the same one again, and none of whose token is stored."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.domain.handovers import digest_of, is_token
from core.domain.messages import Address
from core.domain.orders import Terms
from core.services.payments import Launching
from core.storage.database import Database
from core.storage.tables import payment_order, payment_page, profile
from tests import world
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import NOW, OTHER, WHO, put, stored

TERMS = Terms(providers={"khb": "bank"})
VK = Address("vk", WHO.external_id)


@pytest.fixture
async def launching(database: Database, clock: FixedClock) -> Launching:
    rows = [*kept.accounts(), kept.accounts()[0] | {"id": 2, "number": "2701001102", "number_key": "2701001102"}]
    links = [kept.a_link(who, account_id=number) for who in (WHO, VK, OTHER) for number in (1, 2)]
    await put(database, *rows, *links)
    return Launching(database, clock, terms=TERMS, branches=world.rules().branches)


async def chosen(launching: Launching, who: Address = WHO, account: int = 1) -> str:
    token = await launching.open(who, account)
    assert token is not None
    assert is_token(token)
    return token


async def leads(database: Database, token: str, state: str, order: int = 7) -> None:
    """The page shows an order, as it does once its button is pressed."""
    row = {"id": order, "account_id": 1, "branch": "khb", "amount": 5_000, "state": state, "provider": "bank"}
    row |= {"channel": WHO.channel, "external_id": WHO.external_id, "language": "ru", "method": "", "provider_id": ""}
    row |= {"created_at": NOW, "expires_at": NOW + timedelta(hours=24)}
    await put(database, row | {"table": payment_order})
    leading = update(payment_page).where(payment_page.c.digest == digest_of(token))
    values = {"order_id": order, "amount": 5_000, "expires_at": NOW + timedelta(hours=30)}
    await database.write(lambda connection: connection.execute(leading.values(values)))


async def pages(database: Database) -> list[Any]:
    return await stored(database, payment_page)


async def test_a_choice_made_again_is_the_same_page(launching: Launching, database: Database) -> None:
    """One after the other and many at once: one row, of whose token the database knows the digest only."""
    first = await chosen(launching)
    assert {first} == set(await asyncio.gather(*(chosen(launching) for _ in range(20))))
    (page,) = await pages(database)
    assert (page.digest, page.account_id, page.channel) == (digest_of(first), 1, WHO.channel)
    assert (page.order_id, page.amount, page.expires_at) == (None, None, NOW + TERMS.lasts)
    assert first not in await kept.everything(database)


async def test_another_choice_is_another_page(launching: Launching, database: Database) -> None:
    """By account, by messenger and by person; each is found again among the others."""
    choices = [(WHO, 1), (WHO, 2), (VK, 1), (OTHER, 1)]
    first = [await chosen(launching, *choice) for choice in choices]
    assert len(set(first)) == len(choices)
    assert [await chosen(launching, *choice) for choice in choices] == first
    assert len(await pages(database)) == len(choices)


async def test_the_chats_links_are_let_be(launching: Launching, database: Database, clock: FixedClock) -> None:
    """A link that was sent is neither led to, which nobody could, nor changed; nor is one that stores a card."""
    row = {"table": payment_page, "account_id": 1, "channel": WHO.channel, "external_id": WHO.external_id}
    row |= {"language": "", "amount": 98_765, "created_at": NOW, "expires_at": NOW + TERMS.lasts}
    await put(database, row | {"digest": "sent"}, row | {"digest": "agreed", "autopay_id": 9})
    before = await pages(database)
    token = await chosen(launching)
    assert await chosen(launching) == token
    clock.advance(minutes=1)
    await put(database, row | {"digest": "sent again", "created_at": clock.now()})
    assert await chosen(launching) == token
    assert [page for page in await pages(database) if page.digest in {"sent", "agreed"}] == before


@pytest.mark.parametrize("state", ["created", "pending", "failed", "expired"])
async def test_an_order_that_is_not_paid_leaves_the_page(launching: Launching, database: Database, state: str) -> None:
    """It begins anew, so that another sum can be chosen; the order stays as it is."""
    token = await chosen(launching)
    before = await pages(database)
    await leads(database, token, state)
    assert await chosen(launching) == token
    assert await pages(database) == before
    (order,) = await stored(database, payment_order)
    assert (order.state, order.amount) == (state, 5_000)


@pytest.mark.parametrize("state", ["paid", "refunded"])
async def test_what_was_paid_keeps_its_page(launching: Launching, database: Database, state: str) -> None:
    """It says so to whoever looks; who pays again gets another, and is led to that one."""
    first = await chosen(launching)
    await leads(database, first, state)
    second = await chosen(launching)
    assert second != first
    assert await chosen(launching) == second
    by_digest = {page.digest: page.order_id for page in await pages(database)}
    assert by_digest == {digest_of(first): 7, digest_of(second): None}
    await leads(database, second, "paid", 8)
    assert await chosen(launching) not in {first, second}


async def test_an_old_page_is_led_to_no_more(launching: Launching, database: Database, clock: FixedClock) -> None:
    """Who comes to a page has half a day to pay on it, at least; so there are two of them at most."""
    first = await chosen(launching)
    clock.advance(hours=12)
    assert await chosen(launching) == first
    clock.advance(seconds=1)
    second = await chosen(launching)
    assert second != first
    assert await chosen(launching) == second
    assert len(await pages(database)) == 2


async def test_another_language_is_another_page(launching: Launching, database: Database) -> None:
    """The page speaks as the chat does."""
    first = await chosen(launching)
    row = {"table": profile, "channel": WHO.channel, "external_id": WHO.external_id, "language": "en"}
    await put(database, row | {"heard_at": NOW})
    second = await chosen(launching)
    assert second != first
    assert {page.language for page in await pages(database)} == {"", "en"}


async def test_the_key_is_the_processs_own(launching: Launching, database: Database, clock: FixedClock) -> None:
    """Whoever has the database, and knows whose page it is and when it was made, cannot make the token."""
    first = await chosen(launching)
    another = Launching(database, clock, terms=TERMS, branches=world.rules().branches)
    second = await chosen(another)
    assert second != first
    assert await chosen(launching) == first
    assert len(await pages(database)) == 2


async def test_not_ones_own_account(launching: Launching, database: Database) -> None:
    """Nothing is made, nor shown again."""
    await chosen(launching)
    assert await launching.open(Address("vk", "7"), 1) is None
    assert await launching.open(WHO, 3) is None
    assert len(await pages(database)) == 1
