"""Hooks: what a vendor gets for what he sends, with a channel and an inbox made for the occasion."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import aiohttp
import pytest
import structlog
from prometheus_client import CollectorRegistry

from bot.web import hooks
from bot.web.hooks import BODY_LIMIT, Grumble, Hook
from bot.web.metrics import Metrics
from bot.web.server import Listener, application
from core.domain.messages import Address, Decoded, Event, RawAnswer, RawRequest, TextReceived
from core.ports.channel import NotAccepted
from tests.conftest import FixedClock


class Echo:
    """A channel and an inbox in one: keeps what it was asked, and does what it is told."""

    def __init__(self) -> None:
        self.requests: list[RawRequest] = []
        self.accepted: list[Event] = []
        self.answer = RawAnswer(200, b"ok", "text/plain")
        self.problem = ""
        self.decoding: Exception | None = None
        self.accepting: Exception | None = None

    def decode(self, request: RawRequest) -> Decoded:
        self.requests.append(request)
        if self.decoding is not None:
            raise self.decoding
        if self.problem:
            return Decoded(answer=self.answer, problem=self.problem)
        address = Address("echo", "+79141234567")
        return Decoded(
            (TextReceived(event_id="1", address=address, sent_at=request.received_at, text=""),), self.answer
        )

    async def accept(self, events: Sequence[Event], _received_at: datetime) -> None:
        if self.accepting is not None:
            raise self.accepting
        self.accepted += events


class Hosted:
    """The echo behind the real server."""

    def __init__(self, echo: Echo, registry: CollectorRegistry, address: tuple[str, int]) -> None:
        self.echo = echo
        self.registry = registry
        self.host, self.port = address
        self.url = f"http://{self.host}:{self.port}"

    def refused(self, reason: str) -> float:
        labels = {"channel": "echo", "reason": reason}
        return self.registry.get_sample_value("meterline_requests_refused_total", labels) or 0

    async def raw(self, *parts: bytes) -> bytes:
        """Send bytes as they are and read until the server closes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@pytest.fixture
async def hosted(clock: FixedClock) -> AsyncIterator[Hosted]:
    echo, metrics = Echo(), Metrics("test")
    hook = Hook("echo", decode=echo.decode, accept=echo.accept, clock=clock, metrics=metrics)
    listener = Listener({"echo": hook}, application([]), metrics)
    yield Hosted(echo, metrics.registry, await listener.start("127.0.0.1", 0, stop_seconds=1))
    await listener.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_request_reaches_the_channel_as_it_came(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """Method, tail, raw query, headers and body; the answer is the channel's to the byte."""
    url = f"{hosted.url}/hooks/echo/some/tail?text=%04%1F&b"
    async with session.post(url, data=b"\x00\xff", headers={"X-Secret": "ы"}) as answer:
        assert (answer.status, await answer.read(), answer.headers["Content-Type"]) == (200, b"ok", "text/plain")
        assert answer.headers["Server"] == "Meterline"
    (request,) = hosted.echo.requests
    assert (request.method, request.path, request.query, request.body) == (
        "POST",
        "/some/tail",
        b"text=%04%1F&b",
        b"\x00\xff",
    )
    assert request.headers["x-secret"] == "ы"
    assert request.received_at == datetime.fromisoformat("2026-11-22T02:00:00Z")
    assert len(hosted.echo.accepted) == 1


async def test_bytes_in_a_header_that_are_no_utf8_are_no_mistake(hosted: Hosted) -> None:
    """A secret in cp1251 reaches the channel as something to compare, and refuse."""
    await hosted.raw(b"GET /hooks/echo HTTP/1.1\r\nHost: x\r\nX-Secret: \xcf\xf0\r\nConnection: close\r\n\r\n")
    assert hosted.echo.requests[0].headers["x-secret"] == "\udccf\udcf0"


async def test_a_query_that_is_not_percent_encoded_is_a_bad_request(hosted: Hosted) -> None:
    """HTTP asks for it, and every gateway does it."""
    answer = await hosted.raw(b"GET /hooks/echo?t=\xcf\xf0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]


async def test_get_has_no_tail_and_no_body(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """`/hooks/<channel>` alone is a hook too."""
    async with session.get(f"{hosted.url}/hooks/echo") as answer:
        assert answer.status == 200
    assert (hosted.echo.requests[0].path, hosted.echo.requests[0].body) == ("", b"")


async def test_not_accepted_asks_for_redelivery(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """The vendor gets 503 and when to come again."""
    hosted.echo.accepting = NotAccepted()
    async with session.post(f"{hosted.url}/hooks/echo") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert await answer.json() == {"error": "not_accepted"}
    assert hosted.refused("not_accepted") == 1


async def test_a_mistake_of_ours_asks_for_redelivery(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """What accept should never raise is 503 as well: the message is not lost."""
    hosted.echo.accepting = ZeroDivisionError()
    with structlog.testing.capture_logs() as logs:
        async with session.post(f"{hosted.url}/hooks/echo") as answer:
            assert answer.status == 503
    assert logs[0]["problem"] == "accepting failed"


async def test_a_channel_that_breaks_is_a_bad_request(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """An exception in decode is logged and answered with 400; never 500, and no word of it goes out."""
    hosted.echo.decoding = RuntimeError("inside")
    with structlog.testing.capture_logs() as logs:
        async with session.post(f"{hosted.url}/hooks/echo") as answer:
            assert (answer.status, await answer.json()) == (400, {"error": "undecodable"})
    assert isinstance(logs[0]["exc_info"], RuntimeError)
    assert hosted.refused("undecodable") == 1


async def test_a_refused_request_is_counted_and_logged(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """The channel's refusal goes to the vendor, its reason to the log, and nothing to the inbox."""
    hosted.echo.answer, hosted.echo.problem = RawAnswer(403), "the secret is wrong"
    with structlog.testing.capture_logs() as logs:
        async with session.post(f"{hosted.url}/hooks/echo") as answer:
            assert answer.status == 403
    assert (logs[0]["event"], logs[0]["problem"]) == ("request_refused", "the secret is wrong")
    assert (hosted.refused("403"), hosted.echo.accepted) == (1, [])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
async def test_other_methods_are_refused(hosted: Hosted, session: aiohttp.ClientSession, method: str) -> None:
    """405 names the two methods there are."""
    async with session.request(method, f"{hosted.url}/hooks/echo") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")


async def test_the_largest_body_is_taken_and_one_byte_more_is_not(
    hosted: Hosted, session: aiohttp.ClientSession
) -> None:
    """The limit is 64 KB, whether the length is told beforehand or not."""

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 1024):
            yield b"x" * 1024
        yield b"x" * (size % 1024)

    for data, status in (
        (b"x" * BODY_LIMIT, 200),
        (chunks(BODY_LIMIT), 200),
        (b"x" * (BODY_LIMIT + 1), 413),
        (chunks(BODY_LIMIT + 1), 413),
    ):
        async with session.post(f"{hosted.url}/hooks/echo", data=data) as answer:
            assert answer.status == status
    assert [len(request.body) for request in hosted.echo.requests] == [BODY_LIMIT, BODY_LIMIT]


async def test_ten_megabytes_are_refused(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """A huge body gets 413 while it is still being sent, and is never held in memory."""
    try:
        async with session.post(f"{hosted.url}/hooks/echo", data=io.BytesIO(b"x" * 10_000_000)) as answer:
            assert answer.status == 413
    except aiohttp.ClientOSError:
        pass  # the connection was closed before the rest was out: refused all the same
    assert hosted.echo.requests == []
    assert hosted.refused("body_too_long") == 1


async def test_expect_continue_is_answered(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """A careful client such as curl waits for 100 before it sends a larger body."""
    async with session.post(f"{hosted.url}/hooks/echo", data=b"x" * 5000, expect100=True) as answer:
        assert answer.status == 200
    assert len(hosted.echo.requests[0].body) == 5000


async def test_a_slow_body_is_cut_off(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come in time is 408, and the connection ends."""
    monkeypatch.setattr(hooks, "BODY_SECONDS", 0.01)
    answer = await hosted.raw(b"POST /hooks/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert hosted.refused("slow_body") == 1


async def test_a_broken_chunk_is_a_bad_request(hosted: Hosted) -> None:
    """A body that is not encoded as it says is 400."""
    head = b"POST /hooks/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await hosted.raw(head, b"zz\r\nabc\r\n0\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]
    assert hosted.echo.requests == []


async def test_a_compressed_body_is_not_unpacked(hosted: Hosted, session: aiohttp.ClientSession) -> None:
    """No vendor compresses, so a bomb stays what it is: some bytes."""
    bomb = b"\x1f\x8b\x08" + b"\x00" * 100
    async with session.post(f"{hosted.url}/hooks/echo", data=bomb, headers={"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 200
    assert hosted.echo.requests[0].body == bomb


def test_a_flood_of_bad_requests_does_not_fill_the_log() -> None:
    """Twenty lines a minute; the next minute begins with how many were left out."""
    moment = 0.0
    grumble = Grumble("echo", lambda: moment)
    with structlog.testing.capture_logs() as logs:
        for _ in range(50):
            grumble("no secret")
        moment = 61.0
        grumble("no secret")
    assert len(logs) == 22
    assert (logs[20]["event"], logs[20]["count"]) == ("more_requests_refused", 30)
