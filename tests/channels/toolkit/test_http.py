import asyncio
from collections.abc import AsyncIterator

import pytest

from channels.toolkit import http
from core.ports.channel import Misconfigured, OutcomeUnknown, SendFailure, TemporarilyUnavailable


class RudeServer:
    """Takes connections, counts requests, and does what `manners` says instead of answering."""

    def __init__(self) -> None:
        self.manners = "hang up"
        self.requests = 0
        self._server: asyncio.Server | None = None
        self._done = asyncio.Event()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/send?password=s3cret&text=hello"

    async def stop(self) -> None:
        self._done.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        if self.manners == "half an answer":
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n0: Acc")
        if self.manners == "no HTTP":
            writer.write(b"220 mail.example.ru ESMTP\r\n")
        if self.manners == "silence":
            await self._done.wait()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[RudeServer]:
    server = RudeServer()
    yield server
    await server.stop()


async def get(url: str, total: float = 10) -> None:
    session = http.session(total=total, keep_connections=False)
    try:
        async with http.vendor_call("the vendor"), session.get(url) as response:
            await response.read()
    finally:
        await session.close()


@pytest.mark.parametrize("manners", ["hang up", "half an answer", "no HTTP"])
async def test_broken_calls(server: RudeServer, manners: str) -> None:
    """A call that breaks is in doubt, is made once although it is a GET, and its address stays out of the words."""
    server.manners = manners
    with pytest.raises(OutcomeUnknown) as caught:
        await get(await server.start())
    assert server.requests == 1
    assert "s3cret" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_slow_answer(server: RudeServer) -> None:
    """An answer that does not come in time leaves the call in doubt."""
    server.manners = "silence"
    with pytest.raises(OutcomeUnknown, match="TimeoutError"):
        await get(await server.start(), total=0.05)


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("http://127.0.0.1:{port}/", TemporarilyUnavailable),
        ("ftp://127.0.0.1/", Misconfigured),
        ("http:///send", Misconfigured),
    ],
    ids=["nobody_there", "not_http", "no_host"],
)
async def test_calls_that_were_not_made(server: RudeServer, url: str, failure: type[SendFailure]) -> None:
    """Without a connection nothing was sent; an address that is none is a matter for staff."""
    port = (await server.start()).split(":")[2].split("/")[0]
    await server.stop()
    with pytest.raises(failure):
        await get(url.format(port=port))
