"""Every emulated provider behind the payments' service: from the button to the message, and what goes wrong between."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from core.acquiring.chronopay.emulator import ChronopayEmulator
from core.acquiring.cloudpayments.emulator import CloudpaymentsEmulator
from core.acquiring.emulation import Fault
from core.acquiring.robokassa.emulator import RobokassaEmulator
from core.acquiring.sberbank.emulator import SberbankEmulator
from core.domain.decisions import PAYMENT_MISMATCH, PAYMENT_TWICE
from core.domain.orders import Terms
from core.services.payments import Payments, Stage
from core.storage.database import Database
from tests import world
from tests.acquiring.chronopay.harness import ChronopayHarness
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness
from tests.acquiring.emulated import EmulatedHarness
from tests.acquiring.robokassa.harness import RobokassaHarness
from tests.acquiring.sberbank.harness import SberbankHarness
from tests.conftest import FixedClock
from tests.services.payments.bench import CHAT, DEBT, TOKEN, Bench, bench_of

KINDS: dict[str, tuple[Any, Any]] = {
    "sberbank": (SberbankEmulator, SberbankHarness),
    "chronopay": (ChronopayEmulator, ChronopayHarness),
    "cloudpayments": (CloudpaymentsEmulator, CloudpaymentsHarness),
    "robokassa": (RobokassaEmulator, RobokassaHarness),
}


@dataclass
class Counter:
    """The service with one provider, and the provider's vendor."""

    bench: Bench
    payments: Payments
    harness: EmulatedHarness

    async def begin(self) -> Any:
        view = await self.payments.pay(TOKEN, amount=DEBT)
        assert view is not None
        assert view.stage is Stage.WAITING
        return await self.harness.visit(view.pay_url)

    async def tell(self, *which: int) -> list[int]:
        """Hand on the vendor's calls, by their places; then ask about what is due."""
        answers = []
        for place in which:
            answer = await self.payments.hear(self.harness.provider.name, self.harness.notices[place])
            assert answer is not None
            answers.append(answer.status)
        await self.payments.work()
        return answers


@pytest.fixture(params=list(KINDS))
async def counter(request: pytest.FixtureRequest, database: Database, clock: FixedClock) -> AsyncIterator[Counter]:
    emulator_class, harness_class = KINDS[request.param]
    emulator = emulator_class(clock=clock)
    await emulator.start()
    harness = harness_class(emulator)
    bench = await bench_of(database, clock)
    rules = world.rules()
    payments = Payments(
        database,
        clock,
        {request.param: harness.provider},
        terms=Terms(providers={"khb": request.param}),
        branches=rules.branches,
        texts=rules.texts,
        capabilities={"chat": CHAT},
        public_url="https://sms.example.ru",
    )
    yield Counter(bench, payments, harness)
    await payments.close()
    await emulator.stop()


async def test_paid(counter: Counter) -> None:
    """Told once, twice and out of time, it is one payment and one message."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT)
    assert await counter.tell(-1, -1) == [200, 200]
    assert await counter.bench.orders() == ["paid"]
    assert len(await counter.bench.told()) == 1
    assert await counter.bench.cases() == []


async def test_wrong_amount(counter: Counter) -> None:
    """Another sum is credited to nobody, and staff hear of it."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT - 1)
    await counter.tell(-1)
    assert await counter.bench.orders() == ["pending"]
    assert await counter.bench.cases() == [PAYMENT_MISMATCH]


async def test_forged(counter: Counter) -> None:
    """A forged call changes nothing, and nothing is asked for it."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT)
    for request in [*counter.harness.forged(), counter.harness.foreign()]:
        answer = await counter.payments.hear(counter.harness.provider.name, request)
        assert answer is not None
        assert answer.status == 403
    assert await counter.bench.notices() == 0


@pytest.mark.parametrize("counter", ["sberbank", "cloudpayments", "robokassa"], indirect=True)
async def test_call_is_lost(counter: Counter) -> None:
    """Where the vendor can be asked, a payment is found without his call. ChronoPay cannot be."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT)
    counter.bench.clock.advance(minutes=2)
    await counter.payments.work()
    assert await counter.bench.orders() == ["paid"]


@pytest.mark.parametrize("counter", ["sberbank", "cloudpayments"], indirect=True)
async def test_hang_after_taking(counter: Counter) -> None:
    """A vendor who takes the order and answers rubbish is asked again, and has one order. Others are never called."""
    counter.harness.emulator.fail(Fault.GARBLED)
    await counter.payments.pay(TOKEN, amount=DEBT)
    kept = await counter.begin()
    assert counter.harness.opened == 1
    await counter.harness.pay(kept, amount=DEBT)
    await counter.tell(-1)
    assert await counter.bench.orders() == ["paid"]


@pytest.mark.parametrize("counter", ["sberbank", "chronopay", "cloudpayments"], indirect=True)
async def test_refunded(counter: Counter) -> None:
    """Money that went back is told. Robokassa tells nobody of a refund made in the cabinet."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT)
    await counter.tell(-1)
    await counter.harness.refund(kept)
    await counter.tell(-1)
    assert await counter.bench.orders() == ["refunded"]


@pytest.mark.parametrize("counter", ["chronopay"], indirect=True)
async def test_paid_twice(counter: Counter) -> None:
    """Where a vendor takes one link twice, each time under another name, staff hear of the second."""
    kept = await counter.begin()
    await counter.harness.pay(kept, amount=DEBT)
    await counter.tell(-1)
    await counter.harness.pay(kept, amount=DEBT)
    await counter.tell(-1)
    assert await counter.bench.orders() == ["paid"]
    assert await counter.bench.cases() == [PAYMENT_TWICE]
