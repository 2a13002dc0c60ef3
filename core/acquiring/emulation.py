"""What the emulated providers share: a server that takes calls, fails when told to, and calls our hook."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from core.domain.messages import RawRequest
from core.ports.clock import Clock, SystemClock

LOOPBACK: Final = "127.0.0.1"
REPEATS: Final = (30.0, 60.0, 300.0)
"""Seconds between the attempts of a notification. No provider publishes his schedule in full."""
FORM: Final = "application/x-www-form-urlencoded"

Sleep = Callable[[float], Awaitable[object]]


class Fault(StrEnum):
    """What a provider can be told to do wrong with the next calls to him."""

    LIMITED = "429, Retry-After: 7"
    BROKEN = "500, and nobody knows"
    GARBLED = "does it, and answers 200 with something unreadable"
    RESET = "does it, and drops the connection"
    HANG = "does it, and does not answer"


REFUSALS: Final[Mapping[Fault, int]] = MappingProxyType({Fault.LIMITED: 429, Fault.BROKEN: 500})


class Mischief(StrEnum):
    """What a provider can be told to do wrong with the next notifications."""

    FORGED = "the signature is another one"
    TWICE = "told twice"
    HELD = "kept back until `release`"


@dataclass(frozen=True, slots=True)
class Call:
    """A notification as it goes over the wire."""

    method: str
    query: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def request(self, received_at: datetime, peer: str = LOOPBACK) -> RawRequest:
        """The call as our web layer hands it on."""
        headers = {"content-type": FORM} if self.method == "POST" else {}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        return RawRequest(
            method=self.method,
            path="",
            query=self.query.encode(),
            headers=headers,
            body=self.body.encode(),
            peer=peer,
            received_at=received_at,
        )


class Emulator:
    """A provider on this machine. Subclasses say how he answers, and how he notifies."""

    def __init__(self, *, hook: str = "", clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        """Nothing listens before `start`.

        Args:
            hook: our own address up to `/hooks/pay/<name>`; empty only keeps the notifications, in `calls`.
            clock: tells when things happen.
            sleep: waits between the attempts of a notification.
        """
        self.hook = hook
        self.url = ""
        self.calls: list[Call] = []
        """Every notification, as it was first to be sent."""
        self.attempts: list[int] = []
        """The status of each call to our hook, 0 where nobody answered."""
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self.clock = clock or SystemClock()
        self._sleep = sleep
        self._faults: deque[Fault | int] = deque()
        self._mischief: deque[Mischief] = deque()
        self._held: list[Call] = []
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        self.routes(app.router)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        """Stop listening and hang up; harmless when called twice."""
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if runner is not None:
            await runner.cleanup()

    def routes(self, router: web.UrlDispatcher) -> None:
        """Say where what is answered."""
        raise NotImplementedError

    def forge(self, call: Call) -> Call:
        """The call with another signature."""
        raise NotImplementedError

    def fail(self, fault: Fault | int, times: int = 1) -> None:
        """Do this wrong with the next calls; a number is an error of the provider's own."""
        self._faults.extend([fault] * times)

    def play(self, mischief: Mischief, times: int = 1) -> None:
        """Do this wrong with the next notifications."""
        self._mischief.extend([mischief] * times)

    async def tell(self, call: Call) -> None:
        """Notify our hook, until it answers 200 or the provider gives up."""
        mischief = self._mischief.popleft() if self._mischief else None
        call = self.forge(call) if mischief is Mischief.FORGED else call
        self.calls.append(call)
        if mischief is Mischief.HELD:
            self._held.append(call)
            return
        for _ in range(2 if mischief is Mischief.TWICE else 1):
            await self._deliver(call)

    async def release(self) -> None:
        """Send what was kept back, the newest first."""
        held, self._held = self._held[::-1], []
        for call in held:
            await self._deliver(call)

    async def _deliver(self, call: Call) -> None:
        if not self.hook:
            return
        for pause in (*REPEATS, None):
            if await self._call(call) == HTTPStatus.OK or pause is None:
                return
            await self._sleep(pause)

    async def _call(self, call: Call) -> int:
        assert self._session is not None, "start the emulator first"  # noqa: S101 - a mistake in a test, not a state
        url, data = f"{self.hook}?{call.query}" if call.query else self.hook, call.body.encode() or None
        headers, status = ({"Content-Type": FORM} if data else {}) | dict(call.headers), 0
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.request(
                call.method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        self.attempts.append(status)
        return status

    def next_fault(self) -> Fault | int | None:
        """What `fail` ordered for this call."""
        return self._faults.popleft() if self._faults else None

    async def spoil(self, fault: Fault | int | None, request: web.Request, good: web.Response) -> web.StreamResponse:
        """Answer what was done, or do what was ordered instead."""
        if fault is Fault.HANG:
            await self._hang()
        if fault is Fault.RESET and request.transport is not None:
            request.transport.abort()
        if fault is Fault.GARBLED:
            return web.Response(text="<html>Welcome to the hotel's network</html>", content_type="text/html")
        return good

    async def _hang(self) -> None:
        """Say nothing until the caller gives up."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.abandoned.set()
            raise


def refusal(fault: Fault | int | None) -> web.Response | None:
    """The answer of HTTP that stands for a fault, before anything is done; None where it stands for something else."""
    status = REFUSALS.get(fault) if isinstance(fault, Fault) else None
    return web.Response(status=status, text="out of order", headers={"Retry-After": "7"}) if status else None


def page(title: str, buttons: Sequence[tuple[str, str]] = ()) -> web.Response:
    """A page for the demo: what is paid, and a button for each way that it can end (value, label)."""
    rows = "".join(f'<button name="do" value="{escape(value)}">{escape(label)}</button> ' for value, label in buttons)
    html = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1>"
    return web.Response(text=f"{html}<form method=post>{rows}</form>", content_type="text/html")


def onward(url: str) -> web.Response:
    """Send the subscriber back to our page, on this machine or by https only."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == LOOPBACK):
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})
    return page("Готово")
