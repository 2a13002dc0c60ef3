import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from aiohttp import web

from channels.sms import create
from channels.sms.emulator import Fault, IncomingSms, SmsEmulator
from channels.sms.emulator.incoming import Hook
from channels.sms.emulator.incoming import kannel as kannel_hook
from core.domain.messages import Address, Decoded, Delivery, DeliveryReported, Event, Outbound, RawRequest, TextReceived
from tests.channels.sms.harness import raw
from tests.conftest import FixedClock

SENT_AT = datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC)


class Front:
    """Our side, as far as an emulator needs one."""

    def __init__(self, emulator: SmsEmulator, clock: FixedClock) -> None:
        self.heard: asyncio.Queue[Event] = asyncio.Queue()
        self.refusals = 0
        self._emulator, self._clock = emulator, clock
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/hooks/sms{path:.*}", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/sms"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        decoded = self._decoded(
            RawRequest(
                method=request.method,
                path=request.match_info["path"],
                query=request.rel_url.raw_query_string.encode(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
                received_at=self._clock.now(),
            )
        )
        for event in decoded.events:
            self.heard.put_nowait(event)
        return web.Response(status=decoded.answer.status, body=decoded.answer.body)

    def _decoded(self, request: RawRequest) -> Decoded:
        return create(self._emulator.settings()).decode(request)


@pytest.fixture
async def emulator(clock: FixedClock) -> AsyncIterator[SmsEmulator]:
    emulator = SmsEmulator(secret="пароль & 100%", clock=clock)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def front(emulator: SmsEmulator, clock: FixedClock) -> AsyncIterator[Front]:
    front = Front(emulator, clock)
    emulator.hooks = await front.start()
    yield front
    await front.stop()


@pytest.mark.parametrize("gateway", ["kannel", "generic", "smsgate"])
async def test_delivers_until_accepted(emulator: SmsEmulator, front: Front, gateway: str) -> None:
    """An SMS is told in the gateway's shape, again after a 503, and a repetition has the same event id."""
    sms = IncomingSms(sender="+79161234567", text="показания 4711 👍", sent_at=SENT_AT)
    front.refusals = 2
    assert await emulator.deliver(gateway, sms, repeats=2) == 200
    assert await emulator.deliver(gateway, sms) == 200
    first, second = front.heard.get_nowait(), front.heard.get_nowait()
    assert isinstance(first, TextReceived)
    assert (first.text, first.sent_at) == (sms.text, SENT_AT)
    assert first.event_id == second.event_id


async def test_gives_up(emulator: SmsEmulator) -> None:
    """Where nobody is, a delivery ends with no status."""
    emulator.hooks = "http://127.0.0.1:9/hooks/sms"
    assert await emulator.deliver("generic", IncomingSms(sender="900", text="4711", sent_at=SENT_AT), repeats=1) == 0


@pytest.mark.parametrize("gateway", ["kannel", "smsgate"])
@pytest.mark.parametrize("delivery", list(Delivery))
async def test_reports(emulator: SmsEmulator, front: Front, gateway: str, delivery: Delivery) -> None:
    """A delivery report comes back with our key and the subscriber's number."""
    channel = create(emulator.settings(gateway))
    await channel.send(Outbound(to=Address("sms", "+79161234567"), text="Принято", idempotency_key="id 1%/№"))
    await channel.close()
    (sms,) = await emulator.wait_for(1)
    assert await emulator.report(sms, delivery) == 200
    event = front.heard.get_nowait()
    assert isinstance(event, DeliveryReported)
    assert (event.receipt_id, event.delivery) == ("id 1%/№", delivery)
    assert event.address == Address("sms", "+79161234567")


async def test_reports_by_itself(emulator: SmsEmulator, front: Front) -> None:
    """An emulator that reports says of each message that it was taken and delivered."""
    emulator.reports = True
    channel = create(emulator.settings("kannel"))
    await channel.send(Outbound(to=Address("sms", "+79161234567"), text="Принято", idempotency_key="1"))
    await channel.close()
    async with asyncio.timeout(10):
        events = [await front.heard.get() for _ in range(2)]
    assert [event.delivery for event in events if isinstance(event, DeliveryReported)] == ["buffered", "delivered"]


async def test_faults_are_used_up(emulator: SmsEmulator) -> None:
    """A fault lasts as often as was said, and a gateway that refuses keeps nothing."""
    channel = create(emulator.settings("generic"))
    emulator.fail(Fault.UNAVAILABLE, times=2)
    outcomes = []
    for number in range(3):
        message = Outbound(to=Address("sms", "+79161234567"), text="4711", idempotency_key=str(number))
        outcomes += await asyncio.gather(channel.send(message), return_exceptions=True)
    await channel.close()
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "TemporarilyUnavailable",
        "TemporarilyUnavailable",
        "Receipt",
    ]
    assert [sms.id for sms in emulator.sent] == ["2"]


@pytest.mark.parametrize(
    "values",
    [{"to": ""}, {"from": ""}, {"coding": "9"}, {"dlr-url": "ftp://x"}, {"username": "x"}],
    ids=["no_receiver", "no_sender", "coding", "dlr_url", "stranger"],
)
async def test_kannel_is_strict(emulator: SmsEmulator, values: dict[str, str]) -> None:
    """The emulated Kannel refuses what the real one refuses."""
    login = {"username": "meterline", "password": emulator.secret}
    good = login | {"from": "1", "to": "+79161234567", "text": "4711"}
    url = f"{emulator.url}/cgi-bin/sendsms?"
    assert await emulator.call(Hook(method="GET", url=url + urlencode(good))) == 202
    emulator.sent.clear()
    url += urlencode(good | values)
    assert 400 <= await emulator.call(Hook(method="GET", url=url)) < 500
    assert not emulator.sent


def test_kannel_without_recoding() -> None:
    """Without mo-recode the emulated Kannel sends UTF-16BE, as the real one does."""
    sms = IncomingSms(sender="+79161234567", text="П", sent_at=SENT_AT)
    query = raw(kannel_hook(sms, "", "s", SENT_AT, recode=False)).query
    assert b"text=%04%1F&coding=2&charset=UTF-16BE" in query


async def test_stops_twice() -> None:
    """Stopping is harmless before starting and twice."""
    emulator = SmsEmulator()
    await emulator.stop()
    await emulator.start()
    await emulator.stop()
    await emulator.stop()
