import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from channels.sms import create
from channels.sms.adapter import SmsChannel
from channels.sms.settings import Settings
from core.domain.lengths import segments
from core.domain.messages import Address, Delivery, DeliveryReported, Outbound, RawRequest, TextReceived
from core.ports.channel import Decodes, Misconfigured
from tests.gateways.kannel import PASSWORD, PATIENCE, USERNAME, Kannel, free_port, installed

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(not installed(), reason="needs Kannel: sh tests/gateways/install.sh"),
]
SECRET = "s3cret пароль&%d%A+/"
"""With everything that an address or Kannel's escape codes could stumble over."""
PHONE, OURS = "+79161234567", "1234"


class Front:
    """Our side in its smallest form: decodes what Kannel sends, keeps it, answers. Can be away for a while."""

    def __init__(self) -> None:
        self.port = free_port()
        self.channel: Decodes | None = None
        self.heard: asyncio.Queue[TextReceived | DeliveryReported] = asyncio.Queue()
        self.attempts: list[RawRequest] = []
        self.refusing = 0
        """How many requests to answer with 503."""
        self._runner: web.AppRunner | None = None

    @property
    def hooks(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/sms"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/hooks/sms{path:.*}", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def next(self) -> TextReceived | DeliveryReported:
        async with asyncio.timeout(PATIENCE):
            return await self.heard.get()

    async def _hook(self, request: web.Request) -> web.Response:
        raw = RawRequest(
            method=request.method,
            path=request.match_info["path"],
            query=request.rel_url.raw_query_string.encode(),
            received_at=datetime.now(UTC),
        )
        self.attempts.append(raw)
        if self.refusing > 0:
            self.refusing -= 1
            return web.Response(status=503)
        assert self.channel is not None
        decoded = self.channel.decode(raw)
        for event in decoded.events:
            assert isinstance(event, TextReceived | DeliveryReported)
            self.heard.put_nowait(event)
        return web.Response(status=decoded.answer.status, body=decoded.answer.body)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    front = Front()
    await front.start()
    yield front
    await front.stop()


@pytest.fixture(params=[True, False], ids=["recode", "as_it_came"])
def recode(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def kannel(tmp_path: Path, front: Front, recode: bool) -> AsyncIterator[Kannel]:  # noqa: FBT001 - a fixture
    kannel = Kannel(tmp_path, f"{front.hooks}/kannel", SECRET, recode=recode)
    await kannel.start()
    yield kannel
    await kannel.stop()


@pytest.fixture
async def channel(kannel: Kannel, front: Front) -> AsyncIterator[SmsChannel]:
    channel = create(settings_for(kannel, front))
    front.channel = channel
    yield channel
    await channel.close()


def settings_for(kannel: Kannel, front: Front, **more: str) -> Settings:
    section = {
        "secret": SECRET,
        "sendsms_url": kannel.sendsms_url,
        "username": USERNAME,
        "password": PASSWORD,
        "sender": OURS,
        "dlr_url": f"{front.hooks}/kannel/dlr",
    }
    return Settings.model_validate({"kannel": section | more})


def reply(text: str, key: str = "a b/1001") -> Outbound:
    return Outbound(to=Address("sms", PHONE), text=text, idempotency_key=key)


TEXTS = ["1001234567 12345  4711", "показания 1001234567 12345 4711", "4711 👍 спасибо\nдо свидания"]


async def test_hears_texts(kannel: Kannel, channel: SmsChannel, front: Front) -> None:
    """Latin, Cyrillic and emoji come through Kannel as they were typed, recoded or not."""
    centre = await kannel.connect()
    started = datetime.now(UTC)
    for text in TEXTS:
        await centre.send(PHONE, OURS, text)
        event = await front.next()
        assert isinstance(event, TextReceived)
        assert (event.text, event.address) == (text, Address("sms", PHONE))
        assert event.event_id.startswith("kannel:")
        assert abs((event.sent_at - started).total_seconds()) < 60
    assert channel.name == "sms"


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_silence_costs_nothing(kannel: Kannel, channel: SmsChannel, front: Front) -> None:
    """Our empty answer sends no SMS: the next thing at the centre is what we send on purpose."""
    centre = await kannel.connect()
    await centre.send(PHONE, OURS, "4711")
    await front.next()
    await channel.send(reply("done"))
    assert (await centre.receive()).text == "done"


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_replies(kannel: Kannel, channel: SmsChannel) -> None:
    """Replies reach the SMS centre as the very bytes: GSM as text, Cyrillic and emoji as UCS-2."""
    centre = await kannel.connect()
    for text in ("Accepted: 4711 [kWh] {~} £€@ 100%", "Принято: 4711, спасибо 👍"):
        await channel.send(reply(text))
        part = await centre.receive()
        assert (part.text, part.to, part.sender) == (text, PHONE, OURS)


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_long_replies(kannel: Kannel, channel: SmsChannel) -> None:
    """A text at our limit goes out in two parts, as we count them, and nothing of it is lost."""
    centre = await kannel.connect()
    for text, codec in (("я" * 134, "utf-16-be"), ("a" * 306, "ascii")):
        await channel.send(reply(text))
        parts = [await centre.receive() for _ in range(segments(text))]
        assert "".join(part.content.decode(codec) for part in parts) == text
        assert [part.udh[-2:] for part in parts] == [b"\x02\x01", b"\x02\x02"]


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_delivery_reports(kannel: Kannel, channel: SmsChannel, front: Front) -> None:
    """The report that the SMS centre took the message finds its way back to our key, whatever the secret is made of."""
    centre = await kannel.connect()
    await channel.send(reply("Принято"))
    await centre.receive()
    report = await front.next()
    assert isinstance(report, DeliveryReported)
    assert (report.receipt_id, report.address) == ("a b/1001", Address("sms", PHONE))
    assert report.delivery in {Delivery.BUFFERED, Delivery.DELIVERED}


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_nothing_is_lost_while_we_are_away(kannel: Kannel, channel: SmsChannel, front: Front) -> None:
    """SMS that come while we are down or answer 503 are delivered when we are back, under the same ids."""
    centre = await kannel.connect()
    texts = [f"1001234567 12345 {number}" for number in range(10)]
    await front.stop()
    for text in texts[:5]:
        await centre.send(PHONE, OURS, text)
    front.refusing = 5
    await front.start()
    for text in texts[5:]:
        await centre.send(PHONE, OURS, text)
    heard = [await front.next() for _ in texts]
    assert sorted(event.text for event in heard if isinstance(event, TextReceived)) == texts
    assert len({event.event_id for event in heard}) == len(texts)
    ids = [channel.decode(attempt).events[0].event_id for attempt in front.attempts]
    assert len(ids) == len(texts) + 5
    assert set(ids) == {event.event_id for event in heard}


@pytest.mark.parametrize("recode", [True], indirect=True)
async def test_probe_and_refusals(kannel: Kannel, channel: SmsChannel, front: Front) -> None:
    """Kannel's own words mean what our table says, and the probe sends nothing."""
    assert await channel.probe() == []
    stranger = create(settings_for(kannel, front, password="wrong"))
    (advice,) = await stranger.probe()
    assert "login" in advice
    with pytest.raises(Misconfigured):
        await stranger.send(reply("4711"))
    await stranger.close()
    nobody = create(settings_for(kannel, front, sender=""))
    with pytest.raises(Misconfigured, match="Sender missing"):
        await nobody.send(reply("4711"))
    await nobody.close()
    lost = create(settings_for(kannel, front, sendsms_url=kannel.sendsms_url.replace("sendsms", "nothing")))
    assert "does not seem" in (await lost.probe())[0]
    with pytest.raises(Misconfigured):
        await lost.send(reply("4711"))
    await lost.close()
