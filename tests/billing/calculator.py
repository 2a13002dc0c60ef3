"""A billing system that can be asked what readings cost, as docs/calculation.md describes it, faults included."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from aiohttp import web

TOKEN = "a-token-of-billings-own"


class Fault(StrEnum):
    """What goes wrong with every call until another is set."""

    BROKEN = "HTTP 500"
    STRANGER = "HTTP 401"
    ELSEWHERE = "a redirection"
    GARBLED = "200 and no JSON"
    LIST = "200 and a list"
    EMPTY = "200 and an object without a charge"
    FRACTION = "a sum of three digits behind the point"
    FLOAT = "a sum with an exponent"
    HUGE = "a sum beyond any bill"
    ENDLESS = "an answer of megabytes"
    RESET = "the connection is dropped"
    HANG = "no answer at all"


_BODIES: Mapping[Fault, str] = {
    Fault.GARBLED: "<html>502</html>",
    Fault.LIST: '["371.40"]',
    Fault.EMPTY: '{"to_pay": "1.00"}',
    Fault.FRACTION: '{"charge": "371.405"}',
    Fault.FLOAT: '{"charge": 1e3}',
    Fault.HUGE: '{"charge": "999999999999"}',
    Fault.ENDLESS: '{"charge": "1.00", "items": [' + '{"name": "x", "sum": "0.00"},' * 100_000 + "{}]}",
}
_STATUSES: Mapping[Fault, int] = {Fault.BROKEN: 500, Fault.STRANGER: 401, Fault.ELSEWHERE: 302}


class BillingEmulator:
    """Answers by account."""

    def __init__(self) -> None:
        self.accounts: dict[str, Mapping[str, Any]] = {}
        self.others: Mapping[str, Any] | None = None
        """What it says to any other account; None where it knows no other."""
        self.fault: Fault | None = None
        self.asked: list[Mapping[str, Any]] = []
        self.url = ""
        self.hung = asyncio.Event()
        """Set while a call hangs."""
        self.released = asyncio.Event()
        """Lets hanging calls go."""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_post("/calculate", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/calculate"

    async def stop(self) -> None:
        self.released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        self.asked.append(asked)
        if self.fault is Fault.HANG:
            self.hung.set()
            await self.released.wait()
        if self.fault is Fault.RESET:
            assert request.transport is not None
            request.transport.abort()
        if self.fault in _STATUSES:
            return web.Response(status=_STATUSES[self.fault], headers={"Location": self.url})
        if self.fault in _BODIES:
            return web.Response(text=_BODIES[self.fault], content_type="application/json")
        found = self.accounts.get(asked["account"], self.others)
        return web.Response(status=404) if found is None else web.json_response(found)
