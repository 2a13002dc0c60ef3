"""Autopay from the payment that binds a card to the charges of months: both databases, YooKassa's emulator."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from core.acquiring.yookassa.emulator import Fault, YookassaEmulator
from core.acquiring.yookassa.provider import YookassaProvider
from core.domain.autopay import Autopay, AutopayTerms, Mode, State
from core.domain.handovers import digest_of
from core.domain.orders import Payment, PaymentState, Terms
from core.domain.privacy import FORGOTTEN, restricted
from core.services.erasure import Erasure
from core.services.payments import Payments, Stage
from core.storage.autopay import put, skip
from core.storage.database import Database
from core.storage.payments import Page, put_page
from core.storage.tables import account, autopay, autopay_charge, link, outbox, payment_attempt, payment_order
from tests import world
from tests.conftest import FixedClock
from tests.services.payments.bench import CHAT, DEBT, ME, OTHER, TOKEN

AGREED = Autopay(
    id=77,
    account_id=0,
    account_number="2701001101",
    branch="khb",
    provider="yookassa",
    mode=Mode.BILLED,
    amount=0,
    day=10,
    ceiling=200_000,
    state=State.BINDING,
    address=ME,
    language="ru",
    consent="1",
    consent_at=datetime(2026, 11, 22, 2, 0, tzinfo=UTC),
)
ANNOUNCED = datetime(2026, 12, 8, 2, 0, tzinfo=UTC)
"""Noon in Khabarovsk, two days before the day."""
CHARGED = datetime(2026, 12, 10, 2, 0, tzinfo=UTC)


@dataclass
class Desk:
    """The retailer, his bank, and one subscriber."""

    database: Database
    clock: FixedClock
    bank: YookassaEmulator
    payments: Payments
    account_id: int

    async def turn(self, moment: datetime | None = None) -> None:
        """The planner's turn, and the provider's calls."""
        self.clock.moment = moment or self.clock.moment
        await self.payments.autopays.work()
        await self.payments.work()

    async def rows(self, table: Any) -> list[Any]:
        return list(await self.database.read(lambda c: c.execute(select(table).order_by(table.c.id)).all()))

    async def told(self) -> list[str]:
        return [row.text for row in await self.rows(outbox)]

    async def months(self) -> list[str]:
        return [f"{row.month} {row.state}" for row in await self.rows(autopay_charge)]

    async def state(self) -> str:
        return str((await self.rows(autopay))[0].state)

    async def change(self, table: Any, **columns: Any) -> None:
        await self.database.write(lambda c: c.execute(update(table).values(**columns)))

    def charges(self) -> list[str]:
        """What the bank has charged to the stored card, as `sum state`."""
        found = [kept.object for kept in self.bank.payments.values() if "confirmation" not in kept.object]
        return [f"{each['amount']['value']} {each['status']}" for each in found]

    async def bind(self, **agreed: Any) -> None:
        """Agree, pay on the page, and let billing credit it; the debt is another one in December."""
        values = {name: getattr(AGREED, name) for name in AGREED.__dataclass_fields__} | {"account_id": self.account_id}
        item = Autopay(**(values | agreed))
        page = Page(
            digest=digest_of(TOKEN),
            account_id=self.account_id,
            address=item.address,
            language="ru",
            amount=DEBT,
            order_id=None,
            expires_at=self.clock.now() + timedelta(days=1),
            autopay_id=item.id,
        )
        await self.database.write(lambda c: (put(c, [item]), put_page(c, page, self.clock.now())))
        view = await self.payments.pay(TOKEN, amount=DEBT)
        assert view is not None
        assert (view.stage, view.saves) == (Stage.WAITING, True)
        (name,) = self.bank.payments
        self.bank.succeed(name)
        self.clock.advance(minutes=2)
        await self.payments.work()
        await self.change(account, balance=150_000, balance_date=date(2026, 12, 1))


@pytest.fixture
async def desk(database: Database, clock: FixedClock) -> AsyncIterator[Desk]:
    bank = YookassaEmulator(clock=clock)
    await bank.start()
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    made = over(database, clock, bank)
    await database.write(_link_all)
    key = await database.read(lambda c: c.execute(select(account.c.id)).scalar_one())
    yield Desk(database, clock, bank, made, key)
    await made.close()
    await bank.stop()


def over(database: Database, clock: FixedClock, bank: YookassaEmulator) -> Payments:
    rules = world.rules()
    return Payments(
        database,
        clock,
        {"yookassa": YookassaProvider(bank.settings())},
        terms=Terms(providers={"khb": "yookassa"}),
        branches=rules.branches,
        texts=rules.texts,
        capabilities={"chat": CHAT, "hush": restricted(CHAT)},
        public_url="https://sms.example.ru",
        autopay=AutopayTerms(providers={"khb": "yookassa"}),
    )


def _link_all(connection: Connection) -> None:
    key = connection.execute(select(account.c.id)).scalar_one()
    at = datetime(2026, 11, 1, tzinfo=UTC)
    for number, address in enumerate((ME, OTHER), 1):
        where = {"channel": address.channel, "external_id": address.external_id}
        row = {"id": number, "account_id": key, "proof": "sms_code", "proved_at": at, "linked_at": at}
        connection.execute(insert(link).values(row | where))


async def test_bound_announced_charged_and_told(desk: Desk) -> None:
    """The whole life: the card is stored, the charge announced with buttons, made once, and the subscriber hears."""
    await desk.bind()
    assert await desk.state() == "active"
    assert "*4242" in (await desk.told())[0]
    await desk.turn(ANNOUNCED - timedelta(days=1))
    assert await desk.months() == []
    for _ in range(3):
        await desk.turn(ANNOUNCED)
    assert await desk.months() == ["202612 noticed"]
    notice = (await desk.rows(outbox))[-1]
    assert "1500,00" in notice.text
    assert "autopay-skip:" in notice.extra
    assert "autopay-stop:" in notice.extra
    for _ in range(3):
        await desk.turn(CHARGED)
    assert desk.charges() == ["1500.00 succeeded"]
    assert await desk.months() == ["202612 paid"]
    assert [row.state for row in await desk.rows(payment_order)] == ["paid", "paid"]
    assert "1500,00" in (await desk.told())[-1]
    assert len(await desk.told()) == 3


async def test_skipped(desk: Desk) -> None:
    """A month that the subscriber skips is not charged; the next one is announced again."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    (charge,) = await desk.rows(autopay_charge)
    assert await desk.database.write(lambda c: skip(c, [charge.id])) == 1
    await desk.turn(CHARGED)
    assert desk.charges() == []
    await desk.turn(datetime(2027, 1, 8, 2, 0, tzinfo=UTC))
    assert await desk.months() == ["202612 skipped", "202701 noticed"]


@pytest.mark.parametrize(
    ("balance", "state", "says"),
    [(0, "nothing_due", "нечего"), (-5, "nothing_due", "нечего"), (200_001, "over_ceiling", "2000,01")],
)
async def test_not_charged_and_told(desk: Desk, balance: int, state: str, says: str) -> None:
    """Nothing to pay, and more than the ceiling: no charge, and a word."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    await desk.change(account, balance=balance)
    await desk.turn(CHARGED)
    await desk.turn(CHARGED)
    assert desk.charges() == []
    assert await desk.months() == [f"202612 {state}"]
    assert says in (await desk.told())[-1]


async def test_a_fixed_sum(desk: Desk) -> None:
    """The same every month, whatever is owed."""
    await desk.bind(mode=Mode.FIXED, amount=70_000, ceiling=70_000)
    await desk.turn(ANNOUNCED)
    await desk.turn(CHARGED)
    assert desk.charges() == ["700.00 succeeded"]


async def test_a_refused_card(desk: Desk) -> None:
    """Three tries on three days, then a word; after two months it pauses."""
    await desk.bind()
    desk.bank.declines = "insufficient_funds"
    for announced in (ANNOUNCED, datetime(2027, 1, 8, 2, 0, tzinfo=UTC)):
        await desk.turn(announced)
        for day in range(2, 7):
            await desk.turn(announced + timedelta(days=day))
    assert await desk.months() == ["202612 failed", "202701 failed"]
    assert desk.charges() == ["1500.00 canceled"] * 6
    assert await desk.state() == "paused"
    told = await desk.told()
    assert len([text for text in told if "не прошёл" in text]) == 2
    assert "приостановлен" in told[-1]


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.BROKEN_AFTER, Fault.RESET, Fault.GARBLED])
async def test_an_unanswered_charge_is_the_same_charge(desk: Desk, fault: Fault) -> None:
    """Asked again under the stored key, even by a service that was started anew: one charge."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    desk.bank.faults.append(fault)
    await desk.turn(CHARGED)
    assert await desk.months() == ["202612 charging"]
    anew = over(desk.database, desk.clock, desk.bank)
    desk.clock.advance(minutes=2)
    await anew.work()
    assert desk.charges() == ["1500.00 succeeded"]
    assert await desk.months() == ["202612 paid"]
    await anew.close()


async def test_a_charge_that_nobody_answers_is_never_tried_under_another_key(desk: Desk) -> None:
    """When its time is over the month has failed; should it have been made all the same, it counts as paid."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    desk.bank.faults.extend([Fault.BROKEN_AFTER] * 60)
    for hour in range(0, 30, 2):
        await desk.turn(CHARGED + timedelta(hours=hour))
    desk.bank.faults.clear()
    await desk.turn(CHARGED + timedelta(days=2))
    assert await desk.months() == ["202612 failed"]
    assert len({kept.key for kept in desk.bank.payments.values()}) == 2


@pytest.mark.parametrize("columns", [{"number": "999"}, {"closed_on": date(2026, 12, 9)}])
async def test_a_moved_account_ends_it(desk: Desk, columns: dict[str, Any]) -> None:
    """Another number, or none any more: nothing is charged, the token is gone, the subscriber is asked to bind anew."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    await desk.change(account, **columns)
    for _ in range(2):
        await desk.turn(CHARGED)
    assert desk.charges() == []
    (row,) = await desk.rows(autopay)
    assert (row.state, row.reason, row.token) == ("stopped", "moved", "")
    assert [text for text in await desk.told() if "заново" in text] == (await desk.told())[-1:]


async def test_an_unlinked_chat_ends_it_in_silence(desk: Desk) -> None:
    """Who has nothing to do with the account any more is neither charged nor told."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    before = await desk.told()
    await desk.database.write(lambda c: c.execute(link.delete()))
    await desk.turn(CHARGED)
    (row,) = await desk.rows(autopay)
    assert (row.state, row.reason, row.token) == ("stopped", "unlinked", "")
    assert desk.charges() == []
    assert await desk.told() == before


async def test_forgetting_takes_the_card(desk: Desk) -> None:
    """Who wants to be forgotten is not charged, and neither his card nor his chat is kept."""
    await desk.bind()
    await desk.turn(ANNOUNCED)
    erasure = Erasure(desk.database, desk.clock)
    await erasure.forget(ME)
    desk.clock.advance(days=4)
    await erasure.work(desk.clock.now())
    await desk.turn()
    (row,) = await desk.rows(autopay)
    assert (row.state, row.token, row.label, row.external_id) == ("stopped", "", "", FORGOTTEN)
    assert desk.charges() == []


async def test_money_that_comes_after_a_refusal_is_the_months(desk: Desk) -> None:
    """A charge that was called refused, and was made all the same: the month is paid, and not tried again."""
    await desk.bind()
    desk.bank.declines = "insufficient_funds"
    await desk.turn(ANNOUNCED)
    await desk.turn(CHARGED)
    attempt = (await desk.rows(payment_attempt))[-1]
    said = Payment(
        state=PaymentState.PAID, provider_id="late", order_id=attempt.order_id, amount=150_000, currency="RUB"
    )
    teller = desk.payments._teller
    await desk.database.write(lambda c: teller.apply(c, attempt.id, said, desk.clock.now()))
    desk.bank.declines = ""
    await desk.turn(CHARGED + timedelta(days=1))
    assert await desk.months() == ["202612 paid"]
    assert desk.charges() == ["1500.00 canceled"]


async def test_a_restricted_chat_is_told_no_sums(desk: Desk) -> None:
    """Only that something happens."""
    await desk.bind(address=OTHER)
    await desk.turn(ANNOUNCED)
    await desk.turn(CHARGED)
    assert desk.charges() == ["1500.00 succeeded"]
    assert not [text for text in await desk.told() if any(sign.isdecimal() for sign in text.replace("1-3", ""))]


async def test_the_night_is_quiet(desk: Desk) -> None:
    """At three in the morning nothing is announced, charged or told."""
    await desk.bind()
    await desk.turn(datetime(2026, 12, 7, 17, 0, tzinfo=UTC))
    assert await desk.months() == []
    await desk.turn(ANNOUNCED)
    await desk.turn(datetime(2026, 12, 9, 17, 0, tzinfo=UTC))
    assert desk.charges() == []
