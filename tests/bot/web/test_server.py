"""The server: what is no HTTP, what is no page, limits, and a port that is taken."""

import asyncio

import pytest
import structlog
from aiohttp import web

from bot.web.metrics import Metrics
from bot.web.server import HEADERS_LIMIT, LINE_LIMIT, Listener, PortTaken, application
from tests.bot.conftest import Running


async def exchange(running: Running, data: bytes) -> bytes:
    """Send bytes as they are; what comes back until the server closes."""
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    await writer.drain()
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def head(line: str = "GET /healthz HTTP/1.1", **headers: str) -> bytes:
    lines = [line, "Host: x", "Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


BROKEN = {
    "no_http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no_method": b"nonsense\r\n\r\n",
    "two_lengths": b"POST /hooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "negative_length": b"POST /hooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "huge_length": b"POST /hooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n",
    "length_and_chunks": (
        b"POST /hooks/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "nul_in_header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "long_line": head(f"GET /healthz?{'x' * LINE_LIMIT} HTTP/1.1"),
    "long_header": head(X="y" * (LINE_LIMIT + 1)),
    "many_headers": head(**{f"X{number}": "y" for number in range(HEADERS_LIMIT + 1)}),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
async def test_what_is_no_request_gets_400(running: Running, name: str) -> None:
    """One line of JSON, no version, no traceback in the log, and the connection ends."""
    with structlog.testing.capture_logs() as logs:
        answer = await exchange(running, BROKEN[name])
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b'{"error": "broken_request"}' in answer
    assert b"Server: Meterline\r\n" in answer
    assert logs == []


async def test_no_answer_names_versions(running: Running) -> None:
    """Neither a page nor a missing one tells which Python runs here."""
    for path in ("/healthz", "/readyz", "/metrics", "/nowhere", "/hooks/nowhere", "/hooks/sms/nowhere"):
        async with running.session.get(f"{running.url}{path}") as answer:
            assert answer.headers["Server"] == "Meterline"


MISSING = {
    "page": ("GET", "/nowhere", 404, "not_found"),
    "hook": ("POST", "/hooks/nowhere", 404, "no_such_hook"),
    "hook_without_name": ("POST", "/hooks/", 404, "no_such_hook"),
    "method": ("DELETE", "/healthz", 405, "method_not_allowed"),
}


@pytest.mark.parametrize("name", sorted(MISSING))
async def test_missing_pages_are_told_in_json(running: Running, name: str) -> None:
    """404 and 405 are JSON as everything else."""
    method, path, status, error = MISSING[name]
    async with running.session.request(method, f"{running.url}{path}") as answer:
        assert (answer.status, await answer.json()) == (status, {"error": error})


async def test_a_page_that_breaks_is_logged_and_told_shortly() -> None:
    """A mistake in a page is 500 in one word; the log has the rest."""

    async def broken(_request: web.Request) -> web.Response:
        raise ZeroDivisionError

    metrics = Metrics("test")
    listener = Listener({}, application([web.get("/broken", broken)]), metrics)
    host, port = await listener.start("127.0.0.1", 0, stop_seconds=1)
    with structlog.testing.capture_logs() as logs:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(head("GET /broken HTTP/1.1"))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    await listener.stop()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'{"error": "failed"}' in answer
    assert logs[0]["event"] == "page_failed"


async def test_a_taken_port_is_told(running: Running) -> None:
    """The second service on a port learns which address it is about."""
    host, port = running.url.removeprefix("http://").split(":")
    listener = Listener({}, application([]), Metrics("test"))
    with pytest.raises(PortTaken, match=f"cannot listen on {host}:{port}"):
        await listener.start(host, int(port), stop_seconds=1)
