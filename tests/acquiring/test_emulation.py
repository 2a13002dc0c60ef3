"""The emulators as the demo and the journeys use them: they call a hook of ours until it answers 200."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from core.acquiring.chronopay.emulator import ChronopayEmulator
from core.acquiring.cloudpayments.emulator import CloudpaymentsEmulator
from core.acquiring.emulation import REPEATS, Emulator, Mischief
from core.acquiring.robokassa.emulator import RobokassaEmulator
from core.acquiring.sberbank.emulator import SberbankEmulator
from core.domain.messages import RawRequest
from core.ports.acquiring import Heard, PaymentProvider
from tests.acquiring.chronopay.harness import ChronopayHarness
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness
from tests.acquiring.conformance import heard
from tests.acquiring.emulated import EmulatedHarness
from tests.acquiring.harness import ORDER, RECEIVED_AT
from tests.acquiring.robokassa.harness import RobokassaHarness
from tests.acquiring.sberbank.harness import SberbankHarness
from tests.conftest import FixedClock

KINDS = {
    "sberbank": (SberbankEmulator, SberbankHarness),
    "chronopay": (ChronopayEmulator, ChronopayHarness),
    "cloudpayments": (CloudpaymentsEmulator, CloudpaymentsHarness),
    "robokassa": (RobokassaEmulator, RobokassaHarness),
}


class Front:
    """The hook of a service, and a subscriber in front of the vendor's page."""

    def __init__(self) -> None:
        self.answers: list[Heard] = []
        self.pauses: list[float] = []
        self.outages = 0
        """How many calls are yet to be answered with 503."""
        self.harness: EmulatedHarness
        self.emulator: Emulator
        self._runner: web.AppRunner | None = None

    @property
    def provider(self) -> PaymentProvider:
        return self.harness.provider

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/hooks/pay/vendor", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/pay/vendor"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def _hook(self, request: web.Request) -> web.Response:
        if self.outages:
            self.outages -= 1
            return web.Response(status=503)
        raw = RawRequest(
            method=request.method,
            path="",
            query=request.rel_url.raw_query_string.encode(),
            headers=request.headers,
            body=await request.read(),
            received_at=RECEIVED_AT,
        )
        answer = heard(self.provider, raw)
        self.answers.append(answer)
        return web.Response(status=answer.answer.status, body=answer.answer.body)


@pytest.fixture(params=list(KINDS))
async def front(request: pytest.FixtureRequest, clock: FixedClock) -> AsyncIterator[Front]:
    """A service, and a vendor of each kind that calls it."""
    emulator_class, harness_class = KINDS[request.param]
    front = Front()
    front.emulator = emulator_class(hook=await front.start(), clock=clock, sleep=front.sleep)
    await front.emulator.start()
    front.harness = harness_class(front.emulator)
    yield front
    await front.provider.close()
    await front.emulator.stop()
    await front.stop()


async def paid(front: Front) -> None:
    """A subscriber pays."""
    opened = await front.provider.create(front.harness.invoice())
    await front.harness.pay(await front.harness.visit(opened.pay_url))


def orders(front: Front) -> list[int | None]:
    """The orders that the service heard of."""
    return [answer.notification.order_id for answer in front.answers if answer.notification]


async def test_told(front: Front) -> None:
    """A payment is told once, and over HTTP it means what it meant."""
    await paid(front)
    assert orders(front) == [ORDER]
    assert front.emulator.attempts == [200]


async def test_told_twice(front: Front) -> None:
    """A vendor that repeats himself is heard twice."""
    front.emulator.play(Mischief.TWICE)
    await paid(front)
    assert orders(front) == [ORDER, ORDER]


async def test_told_until_heard(front: Front) -> None:
    """A call that is not answered 200 comes again, at growing distances."""
    front.outages = 2
    await paid(front)
    assert front.emulator.attempts == [503, 503, 200]
    assert front.pauses == list(REPEATS[:2])
    assert orders(front) == [ORDER]


async def test_gives_up(front: Front) -> None:
    """A vendor gives up in the end."""
    front.outages = 100
    await paid(front)
    assert front.emulator.attempts == [503] * (len(REPEATS) + 1)


async def test_forged(front: Front) -> None:
    """A forged call is refused."""
    front.emulator.play(Mischief.FORGED)
    await paid(front)
    assert orders(front) == []
    assert {answer.answer.status for answer in front.answers} == {403}


async def test_late_and_out_of_order(front: Front) -> None:
    """Calls that were kept back come later, the newest first."""
    front.emulator.play(Mischief.HELD, times=2)
    for attempt in (1, 2):
        opened = await front.provider.create(front.harness.invoice(order_id=attempt))
        await front.harness.pay(await front.harness.visit(opened.pay_url))
    assert orders(front) == []
    await front.emulator.release()
    assert orders(front) == [2, 1]


@pytest.mark.parametrize(("button", "told"), [("pay", True), ("decline", False)])
async def test_page(front: Front, button: str, told: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """In the demo the subscriber sees the sum on the vendor's page, and presses a button."""
    opened = await front.provider.create(front.harness.invoice())
    async with aiohttp.ClientSession() as browser:
        async with browser.get(opened.pay_url) as page:
            assert (page.status, "1234.56" in await page.text()) == (200, True)
        async with browser.post(opened.pay_url, data={"do": button}, allow_redirects=False) as page:
            assert page.status in {200, 303}
            assert page.headers.get("Location", "https://pay.example.ru/").startswith("https://pay.example.ru/")
    heard_paid = [answer.notification for answer in front.answers if answer.notification]
    if told:
        assert heard_paid
    else:
        assert not [each for each in heard_paid if each.payment and each.payment.state == "paid"]
