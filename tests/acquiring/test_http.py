"""Calls to providers: once, with a deadline, and what becomes of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import certifi
import pytest
from aiohttp import web

from core.acquiring.http import LONGEST_BODY, LONGEST_PAUSE, PAUSE_SECONDS, Answer, Caller, check, pause
from core.ports.channel import (
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)

SECRET = "very-secret"


class Bank:
    """Answers as a path says."""

    def __init__(self) -> None:
        self.calls = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        match request.path:
            case "/long":
                return web.Response(body=b"x" * (LONGEST_BODY + 1))
            case "/moved":
                return web.Response(status=302, headers={"Location": "/else"})
            case "/reset":
                assert request.transport is not None
                request.transport.abort()
        return web.Response(body=await request.read() or request.query_string.encode())


@pytest.fixture
async def bank() -> AsyncIterator[Bank]:
    made = Bank()
    app = web.Application()
    app.router.add_route("*", "/{path}", made.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    made = Caller("Bank", total=5)
    await made.open()
    yield made
    await made.close()
    await made.close()


async def test_asking_and_handing_over(bank: Bank, caller: Caller) -> None:
    """Parameters of a GET, bytes and forms of a POST; the answer whole."""
    assert (await caller.get(f"{bank.url}/x", params={"a": "1"})).body == b"a=1"
    assert (await caller.post(f"{bank.url}/x", b"bytes")).body == b"bytes"
    assert (await caller.post(f"{bank.url}/x", {"sum": "1 2"})).body == b"sum=1+2"


async def test_no_redirection_is_followed(bank: Bank, caller: Caller) -> None:
    """It would carry credentials to where they do not belong."""
    assert (await caller.get(f"{bank.url}/moved")).status == 302
    assert bank.calls == 1


@pytest.mark.parametrize(
    ("path", "failure"), [("/reset", OutcomeUnknown), ("/long", OutcomeUnknown)], ids=["reset", "endless"]
)
async def test_once_and_never_twice(bank: Bank, caller: Caller, path: str, failure: type[SendFailure]) -> None:
    """Whether a call that breaks off arrived is not known, so it is not made again here, not even a GET."""
    with pytest.raises(failure) as raised:
        await caller.get(f"{bank.url}{path}?password={SECRET}")
    assert bank.calls == 1
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "failure"),
    [("http://127.0.0.1:9/", TemporarilyUnavailable), ("ftp://x/", Misconfigured), ("nonsense", Misconfigured)],
)
async def test_where_nobody_is(caller: Caller, url: str, failure: type[SendFailure]) -> None:
    """Nothing was sent."""
    with pytest.raises(failure):
        await caller.get(url)


async def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    """A setting of the operator's, so he is told."""
    with pytest.raises(Misconfigured):
        await Caller("Bank", ca_file=tmp_path / "none.pem").open()
    (tmp_path / "bad.pem").write_text("nonsense")
    with pytest.raises(Misconfigured):
        await Caller("Bank", ca_file=tmp_path / "bad.pem").open()


async def test_certificates_beside_the_systems_own() -> None:
    """Some banks use a national root."""
    made = Caller("Bank", ca_file=Path(certifi.where()))
    await made.open()
    await made.close()


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, Misconfigured),
        (403, Misconfigured),
        (429, RateLimited),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
        (302, OutcomeUnknown),
    ],
)
def test_statuses_that_mean_the_same_everywhere(status: int, failure: type[SendFailure]) -> None:
    """Whatever is left is the provider's own to read."""
    with pytest.raises(failure):
        check(Answer(status), "Bank")
    for fine in (200, 201, 400, 404, 422):
        check(Answer(fine), "Bank")


def test_pauses() -> None:
    """Seconds as asked, an hour at most; half a minute where nothing is said in seconds."""
    assert [pause(text) for text in ("7", "", "soon", "-1", "99999", "٧")] == [
        7.0,
        PAUSE_SECONDS,
        PAUSE_SECONDS,
        PAUSE_SECONDS,
        LONGEST_PAUSE,
        PAUSE_SECONDS,
    ]
