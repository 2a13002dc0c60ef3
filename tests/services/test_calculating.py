"""Replies that wait for billing's sum: on both databases, with a billing system that answers over HTTP, or does not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from core.billing.calculation import HttpCalculation, Settings
from core.domain.calculations import Calculated, Question
from core.domain.decisions import Decision
from core.domain.facts import PAY_WITH_READINGS
from core.domain.messages import Address, Arrival, ChoiceMade, TextUnit
from core.domain.orders import Terms
from core.domain.subscribers import Identity
from core.ports.watch import Unwatched
from core.services.calculating import FAILURES, PAUSE_SECONDS, QUEUED, Calculating
from core.services.desk.desk import Desk
from core.services.desk.scene import Rules
from core.storage.database import Database, Job, T, Unavailable
from core.storage.outbox import claim
from core.storage.store import store
from core.storage.tables import outbox, payment_page
from tests import world
from tests.billing.calculator import TOKEN, BillingEmulator, Fault
from tests.conftest import FixedClock
from tests.domain.test_estimate import LISTS

PATIENCE = timedelta(seconds=3)
READING = "2701001101 31002201 5200"
BILLINGS, OURS = "Предварительно 1000,00 руб.", "Предварительно 1076,00 руб."


class Noted(Unwatched):
    """Counts what became of the sums."""

    def __init__(self) -> None:
        self.results: list[str] = []

    def calculated(self, result: str) -> None:
        self.results.append(result)


class Office:
    """A desk whose billing can be asked, and that billing."""

    def __init__(self, database: Database, clock: FixedClock, billing: BillingEmulator) -> None:
        self.database, self.clock, self.billing = database, clock, billing
        self.noted, self.woken, self.nudged, self.now = Noted(), set[str](), asyncio.Event(), 0.0
        self.made: list[Calculating] = []
        self.calculating = self.asks(database)
        self.desk = Desk(database, rules(), clock, calculating=self.calculating)

    def asks(self, database: Database, *, patience: timedelta = PATIENCE, at_once: int = 2) -> Calculating:
        made = Calculating(
            database,
            self.clock,
            HttpCalculation(Settings(self.billing.url, TOKEN, 5.0)),
            patience=patience,
            at_once=at_once,
            nudge=self.nudge,
            watch=self.noted,
            timer=lambda: self.now,
        )
        self.made.append(made)
        return made

    def nudge(self, channels: AbstractSet[str]) -> None:
        self.woken |= channels
        self.nudged.set()

    async def hear(self, *texts: str) -> None:
        await self.desk.handle(world.arrivals([world.text(text, world.SUBSCRIBER) for text in texts], self.clock.now()))

    async def replies(self) -> list[str]:
        """All that stand in the outbox, oldest first."""
        return list(await self.database.read(lambda connection: connection.execute(_TEXTS).scalars().all()))

    async def due(self) -> list[str]:
        """Those that go out now."""
        now = self.clock.now()
        return [row.text for row in await self.database.write(lambda connection: claim(connection, "sms", 100, now))]


class Down:
    """A database that takes nothing."""

    def __init__(self, database: Database) -> None:
        self.read, self.close = database.read, database.close

    async def write(self, job: Job[T]) -> T:
        raise Unavailable("down")


_TEXTS = select(outbox.c.text).order_by(outbox.c.id)


def rules() -> Rules:
    """A phone with a large screen and buttons stands for a messenger: an SMS often has no room for a sum."""
    roomy = replace(world.SMS, text_limit=4096, text_unit=TextUnit.UTF16, button_rows=10, buttons_per_row=5)
    return replace(
        world.rules(replace(world.KHABAROVSK, tariffs=LISTS["flat"]), replace(world.AMUR, tariffs=LISTS["flat"])),
        capabilities={"sms": roomy},
        calculated=frozenset({"khb"}),
        payments=Terms(providers={"khb": "bank"}),
        identity=Identity(public_url="https://meterline.example"),
    )


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> AsyncIterator[Office]:
    billing = BillingEmulator()
    await billing.start()
    billing.accounts["2701001101"] = {"charge": "1000.00"}
    await database.write(world.fill([world.ACCOUNTS["one"], world.ACCOUNTS["two"], world.ACCOUNTS["amur"]]))
    made = Office(database, clock, billing)
    running = asyncio.create_task(made.calculating.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for each in made.made:
        await each.close()
    await billing.stop()


async def test_a_reply_says_billings_sum_and_goes_at_once(office: Office) -> None:
    """It waits for the answer, and no longer."""
    await office.hear(READING)
    assert await office.due() == []
    await office.calculating.settled()
    (said,) = await office.due()
    assert BILLINGS in said
    assert OURS not in said
    assert (office.woken, office.noted.results) == ({"sms"}, ["differs"])


async def test_nobody_need_write_the_answer_by_hand(office: Office) -> None:
    """The background task does."""
    await office.hear(READING)
    async with asyncio.timeout(30):
        await office.nudged.wait()
    assert BILLINGS in (await office.replies())[0]


RESULTS = {"1076.00": "agrees", "1000.00": "differs"}


@pytest.mark.parametrize("charge", RESULTS)
async def test_our_lists_are_compared(office: Office, charge: str) -> None:
    """Lists that are out of date show in the figures before subscribers complain."""
    office.billing.accounts["2701001101"] = {"charge": charge}
    await office.hear(READING)
    await office.calculating.settled()
    assert office.noted.results == [RESULTS[charge]]


async def test_what_says_no_sum_does_not_wait(office: Office) -> None:
    """A balance, another branch, and a reading that is refused go out as ever."""
    await office.hear("БАЛАНС 2701001101", "2801001114 31002214 5200", "2701001101 31002201 4000")
    await office.calculating.settled()
    assert len(await office.due()) == 3
    assert office.billing.asked == []


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.HANG])
async def test_a_fault_costs_the_reply_no_time(office: Office, fault: Fault) -> None:
    """It goes out as soon as the fault is known, with our sum."""
    office.billing.fault = fault
    with capture_logs() as logs:
        await office.hear(READING)
        await office.calculating.settled()
    (said,) = await office.due()
    assert OURS in said
    assert office.noted.results == ["unanswered"]
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["calculation_unanswered"]
    assert "2701001101" not in str(logs)


async def test_an_account_that_billing_does_not_know_has_our_sum(office: Office) -> None:
    """That is an answer, too: at once."""
    office.billing.accounts.clear()
    await office.hear(READING)
    await office.calculating.settled()
    assert OURS in (await office.due())[0]
    assert office.noted.results == ["unknown"]


async def test_billing_that_hangs_is_not_waited_for(office: Office) -> None:
    """After its patience the reply goes out with our sum; an answer that comes then changes nothing."""
    office.billing.fault = Fault.HANG
    await office.hear(READING)
    async with asyncio.timeout(30):
        await office.billing.hung.wait()
    assert await office.due() == []
    office.clock.advance(seconds=3)
    (said,) = await office.due()
    assert OURS in said
    office.billing.released.set()
    await office.calculating.settled()
    assert await office.replies() == [said]


async def test_a_call_ends_before_its_reply_goes(office: Office) -> None:
    """So that what is answered last of all can still be told."""
    office.billing.fault = Fault.HANG
    office.desk = Desk(
        office.database,
        rules(),
        office.clock,
        calculating=(quick := office.asks(office.database, patience=timedelta(seconds=0.1))),
    )
    await office.hear(READING)
    await quick.settled()
    assert office.noted.results == ["unanswered"]


async def test_a_crash_leaves_a_reply_that_goes_out(office: Office) -> None:
    """Nobody asks any more: after its patience it says our sum."""
    office.desk = Desk(office.database, rules(), office.clock, calculating=office.asks(office.database))
    office.billing.fault = Fault.HANG
    await office.hear(READING)
    assert await office.due() == []
    office.clock.advance(seconds=3)
    assert OURS in (await office.due())[0]


async def offer_link(office: Office) -> None:
    """A reading, billing's word to it, and the button to pay for it: the reply with the link waits."""
    await office.hear(READING)
    await office.calculating.settled()
    await office.due()
    office.billing.accounts["2701001101"] = {"charge": "1000.00", "to_pay": "1500.50"}
    office.billing.fault = Fault.HANG
    press = ChoiceMade(
        event_id="press", address=Address("sms", world.SUBSCRIBER), sent_at=office.clock.now(), token=PAY_WITH_READINGS
    )
    await office.desk.handle([Arrival(press, office.clock.now())])


async def amounts(office: Office) -> list[int | None]:
    """What the payment pages propose."""
    return list(
        await office.database.read(lambda connection: connection.execute(select(payment_page.c.amount)).scalars().all())
    )


async def test_the_page_proposes_billings_sum(office: Office) -> None:
    """A link to pay for readings: text and page say the same."""
    await offer_link(office)
    assert await amounts(office) == [98_765 + 107_600]
    office.billing.released.set()
    await office.calculating.settled()
    assert "к оплате 1500,50 руб." in (await office.due())[0]
    assert await amounts(office) == [150_050]


async def test_a_reply_that_is_on_its_way_keeps_its_page(office: Office) -> None:
    """What was said is what is proposed."""
    await offer_link(office)
    office.clock.advance(seconds=3)
    assert "к оплате 2063,65 руб." in (await office.due())[0]
    office.billing.released.set()
    await office.calculating.settled()
    assert await amounts(office) == [98_765 + 107_600]


async def test_a_page_that_is_being_paid_keeps_its_sum(office: Office) -> None:
    """An order stands for it."""
    await offer_link(office)
    await office.database.write(lambda connection: connection.execute(update(payment_page).values(order_id=1)))
    office.billing.released.set()
    await office.calculating.settled()
    assert await amounts(office) == [98_765 + 107_600]


async def test_many_replies_are_written_together(office: Office) -> None:
    """One transaction for all answers that have come."""
    office.billing.accounts["2701001102"] = {"charge": "2000.00"}
    await office.hear(READING, "2701001102 31002202 5200 2100")
    await office.calculating.settled()
    said = await office.due()
    assert [BILLINGS in said[0], "2000,00" in said[1]] == [True, True]


async def test_only_so_many_are_asked_about(office: Office) -> None:
    """The rest go out at once with our sum, however many come on the 25th."""
    most = 2 * QUEUED
    street = [row | {"phone": f"+7914{house:07}"} for house, row in enumerate(world.street(most + 3))]
    await office.database.write(world.fill(street))
    office.billing.fault = Fault.HANG
    await office.desk.handle(
        world.arrivals([world.sent_from(house, 5200) for house in range(most + 3)], office.clock.now())
    )
    said = await office.due()
    assert (len(said), all(OURS in text for text in said)) == (3, True)
    assert office.noted.results == ["unasked"] * 3


async def test_a_batch_that_is_not_stored_counts_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is decided again, in halves or when it is delivered again; each reply is counted once."""
    street = [row | {"phone": f"+7914{house:07}"} for house, row in enumerate(world.street(2 * QUEUED + 3))]
    await office.database.write(world.fill(street))
    whole = world.arrivals([world.sent_from(house, 5200) for house in range(len(street))], office.clock.now())

    def refuse(_connection: object, decisions: Sequence[Decision], *rest: Any) -> None:
        if len(decisions) == len(whole):
            raise ValueError("not all at once")
        store(_connection, decisions, *rest)  # type: ignore[arg-type] - storage's own

    monkeypatch.setattr("core.services.desk.desk.store", refuse)
    office.billing.fault = Fault.HANG
    await office.desk.handle(whole)
    assert (len(await office.due()), office.noted.results) == (3, ["unasked"] * 3)


async def test_answers_that_cannot_be_written_are_dropped(office: Office) -> None:
    """A database that is down costs billing's sum, not the reply."""
    office.calculating = office.asks(Down(office.database))
    office.desk = Desk(office.database, rules(), office.clock, calculating=office.calculating)
    with capture_logs() as logs:
        await office.hear(READING)
        await office.calculating.settled()
    assert [entry["event"] for entry in logs] == ["calculations_unwritten"]
    office.clock.advance(seconds=3)
    assert OURS in (await office.due())[0]


class Busy:
    """Billing that answers the first calls, and has not come to the others when their replies must go."""

    def __init__(self, answers: int) -> None:
        self.left, self.asked = answers, 0

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def calculate(self, question: Question) -> Calculated:
        self.asked, self.left = self.asked + 1, self.left - 1
        if self.left < 0:
            await asyncio.Event().wait()
        await asyncio.sleep(0)  # the others wait by now
        return Calculated(charge=100_000)


@pytest.mark.parametrize(("answers", "asked_again"), [(2, True), (0, False)])
async def test_busy_is_not_ill(office: Office, *, answers: int, asked_again: bool) -> None:
    """More replies than it comes to within their patience: as long as it answers any, the next ones wait, too."""
    billing = Busy(answers)
    await office.database.write(
        world.fill([row | {"phone": f"+7914{house:07}"} for house, row in enumerate(world.street(9))])
    )
    calculating = Calculating(
        office.database, office.clock, billing, patience=timedelta(seconds=0.2), at_once=2, watch=office.noted
    )
    desk = Desk(office.database, rules(), office.clock, calculating=calculating)
    first = [world.sent_from(house, 5200) for house in range(8)]
    await desk.handle(world.arrivals(first, office.clock.now()))
    await calculating.settled()
    assert office.noted.results.count("unanswered") == 8 - answers
    asked = billing.asked
    await desk.handle(world.arrivals([world.sent_from(8, 5200)], office.clock.now()))
    await calculating.settled()
    assert (billing.asked > asked) == asked_again


async def test_billing_that_is_ill_is_left_alone(office: Office) -> None:
    """After some failures in a row replies do not wait; later one tries, and where that is well, all wait again."""
    office.billing.fault = Fault.BROKEN
    for value in range(5200, 5200 + FAILURES):
        await office.hear(f"2701001101 31002201 {value}")
        await office.calculating.settled()
        office.clock.advance(seconds=1)
    asked = len(office.billing.asked)
    await office.due()
    await office.hear("2701001101 31002201 5300")
    assert len(await office.due()) == 1
    office.billing.fault = None
    office.now += PAUSE_SECONDS
    await office.hear("2701001101 31002201 5301", "2701001101 31002201 5302")
    await office.calculating.settled()
    assert len(office.billing.asked) == asked + 1
    await office.hear("2701001101 31002201 5303", "2701001101 31002201 5304")
    await office.calculating.settled()
    assert len(office.billing.asked) == asked + 3
