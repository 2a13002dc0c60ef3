"""The number of SQL statements does not grow with the batch."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.domain.calculations import Told
from core.domain.messages import Address, Delivery, DeliveryReported, Event
from core.domain.orders import Terms
from core.domain.subscribers import Identity
from core.services.desk.desk import Desk
from core.storage.database import Database
from core.storage.retelling import Retold, retell
from core.storage.tables import outbox, payment_page
from tests import world
from tests.conftest import FixedClock
from tests.services.desk.talk import NOON
from tests.storage.statements import counted

MOST = 16
"""Of a batch in which everything happens that can."""


@pytest.fixture
async def desk(database: Database, clock: FixedClock) -> Desk:
    await database.write(world.fill(world.street(1000)))
    return Desk(database, world.rules(), clock)


async def statements(database: Database, desk: Desk, events: Sequence[Event]) -> list[str]:
    with counted(database) as sent:
        assert all(await desk.handle(world.arrivals(events, NOON)))
    return sent


def mixed(times: int, first: int) -> list[Event]:
    """Everything that may happen at once, so many times, each for houses of its own."""
    events: list[Event] = []
    for house in range(first, first + times * 5, 5):
        asker = f"+7914{house + 1:07}"
        events += [
            world.sent_from(house, 5123),
            world.sent_from(house, 5123),
            world.sent_from(house, 5132),
            world.sent_from(house + 1, 7500),
            world.text("ДА", asker),
            world.sent_from(house + 2, 20000),
            world.sent_from(house + 3, 51234),
            world.text("НЕТ", f"+7914{house + 3:07}"),
            world.sent_from(house + 4, 4900),
            world.text("БАЛАНС", asker),
            world.text("Алло", asker),
            DeliveryReported(
                event_id=f"dlr:{house}",
                address=Address("sms", asker),
                sent_at=NOON,
                receipt_id=str(house),
                delivery=Delivery.DELIVERED,
            ),
        ]
    return events


async def test_two_hundred_readings_take_the_statements_of_one(database: Database, desk: Desk) -> None:
    """A batch of 1 and of 200 valid readings."""
    one = await statements(database, desk, [world.sent_from(0, 5123)])
    many = await statements(database, desk, [world.sent_from(house, 5123) for house in range(1, 201)])
    assert many == one
    assert len(one) <= MOST


async def test_large_mixed_batch_takes_the_statements_of_a_small_one(database: Database, desk: Desk) -> None:
    """Readings, repeats, corrections, questions and their answers, cases, requests, nonsense and delivery reports."""
    small = await statements(database, desk, mixed(1, 0))
    large = await statements(database, desk, mixed(16, 500))
    assert large == small
    assert len(small) <= MOST


async def test_payments_cost_nothing_where_nobody_asks_about_money(database: Database, desk: Desk) -> None:
    """A batch of readings never looks at a table of payments."""
    sent = await statements(database, desk, [world.sent_from(house, 5123) for house in range(50)])
    assert not [statement for statement in sent if "payment_" in statement]


async def test_two_hundred_who_pay_take_the_statements_of_one(database: Database, clock: FixedClock) -> None:
    """Each gets a link of his own, and nobody's order is made yet."""
    street = [row | {"phone": f"+7914{house:07}", "balance": 5_000} for house, row in enumerate(world.street(201))]
    await database.write(world.fill(street))
    rules = replace(
        world.rules(), payments=Terms(providers={"khb": "bank"}), identity=Identity(public_url="https://sms.example.ru")
    )
    paying = Desk(database, rules, clock)
    one = await statements(database, paying, [world.text("ОПЛАТА", "+79140000000")])
    many = await statements(database, paying, [world.text("ОПЛАТА", f"+7914{house:07}") for house in range(1, 201)])
    assert many == one
    assert len(one) <= MOST
    pages = await database.read(lambda connection: connection.execute(select(payment_page.c.amount)).scalars().all())
    assert pages == [5_000] * 201


async def test_known_events_take_no_more(database: Database, desk: Desk) -> None:
    """A vendor's repeat of a whole batch writes nothing."""
    events = [world.sent_from(house, 5123) for house in range(200)]
    first = await statements(database, desk, events)
    again = await statements(database, desk, events)
    assert len(again) < len(first)
    assert not [statement for statement in again if statement.startswith(("INSERT", "UPDATE"))]


async def test_two_hundred_sums_of_billing_take_the_statements_of_one(database: Database, desk: Desk) -> None:
    """However many answers have come, they are written together."""
    await desk.handle(world.arrivals([world.sent_from(house, 5123) for house in range(201)], NOON))
    keys = await database.read(lambda connection: connection.execute(select(outbox.c.id)).scalars().all())
    retold = [Retold(key, "sms", Told("said", digest=str(key), amount=1)) for key in keys]
    counts = []
    for some in (retold[:1], retold[1:]):
        with counted(database) as sent:
            assert await database.write(lambda connection, some=some: retell(connection, some, NOON)) == len(some)
        counts.append(len(sent))
    assert counts[0] == counts[1]
