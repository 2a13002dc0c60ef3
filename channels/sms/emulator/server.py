"""The emulated gateways' servers: they take our SMS, keep them, fail when told to, and call us back."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from channels.sms.emulator import incoming
from channels.sms.emulator.gateways import GATEWAYS, USERNAME, Refusal, SentSms, check_login, knows
from channels.sms.emulator.incoming import Hook, IncomingSms
from channels.sms.settings import Settings
from core.domain.messages import Delivery
from core.ports.clock import Clock, SystemClock

EMULATED: Final = "emulated"
STEP: Final = 0.05
"""Seconds between repetitions of a delivery that was not accepted."""


class Fault(StrEnum):
    """What a gateway can be told to do wrong with the next messages."""

    UNAVAILABLE = "503"
    BUSY = "429, Retry-After: 7"
    REJECTED = "refuses this message"
    STRANGER = "does not know us"
    UNKNOWN = "418, which no table has"
    BROKEN = "500, and nobody knows"
    GARBLED = "takes it, and answers 200 with something unreadable"
    RESET = "takes it, and drops the connection"
    HANG = "takes it, and does not answer"


ANSWERS: Final[Mapping[Fault, tuple[int, str]]] = MappingProxyType(
    {
        Fault.UNAVAILABLE: (503, "Temporal failure, try again later."),
        Fault.BUSY: (429, "Too many requests"),
        Fault.REJECTED: (400, "Charset or body misformed, rejected"),
        Fault.STRANGER: (403, "Authorization failed for sendsms"),
        Fault.UNKNOWN: (418, "I am a teapot"),
        Fault.BROKEN: (500, "Internal Server Error"),
        Fault.GARBLED: (200, "<html>Welcome to the hotel's network</html>"),
    }
)
TAKING: Final = frozenset({Fault.GARBLED, Fault.RESET, Fault.HANG})


class SmsEmulator:
    """Kannel's sendsms, SMSGate's API and a generic gateway on one port of the loopback interface.

    emulator = SmsEmulator()
    await emulator.start()
    channel = create(emulator.settings("kannel"))
    ...
    await emulator.wait_for(1)
    emulator.sent[0].text
    emulator.fail(Fault.UNAVAILABLE, times=2)
    await emulator.deliver("generic", IncomingSms(sender="+79161234567", text="...", sent_at=now))
    await emulator.report(emulator.sent[0], Delivery.DELIVERED)
    await emulator.stop()
    """

    def __init__(
        self, *, hooks: str = "", secret: str = EMULATED, reports: bool = False, clock: Clock | None = None
    ) -> None:
        """Nothing listens before `start`.

        Args:
            hooks: our own address up to `/hooks/sms`; may be set later, as an attribute.
            secret: password, signing key and secret of all gateways.
            reports: whether every message taken is reported as delivered at once.
            clock: tells the time for signatures.
        """
        self.hooks = hooks
        self.secret = secret
        self.reports = reports
        self.sent: list[SentSms] = []
        self.keys: list[str] = []
        """Our id of each message that was handed over, repeated ones too."""
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self._clock = clock or SystemClock()
        self._faults: deque[Fault] = deque()
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._reporting: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/cgi-bin/sendsms", self._kannel)
        app.router.add_post("/smsgate/message", self._smsgate)
        app.router.add_get("/smsgate/message/{id}", self._smsgate_state)
        app.router.add_post("/generic", self._generic)
        app.router.add_head("/generic", self._generic_state)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        """Stop listening and hang up; harmless when called twice."""
        for task in self._reporting:
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if runner is not None:
            await runner.cleanup()

    def settings(self, gateway: str = "kannel", **more: object) -> Settings:
        """Settings with which the SMS channel talks to this emulator and believes it."""
        kannel = {
            "secret": self.secret,
            "sendsms_url": f"{self.url}/cgi-bin/sendsms",
            "username": USERNAME,
            "password": self.secret,
            "sender": "Meterline",
            "dlr_url": f"{self.hooks}/kannel/dlr" if self.hooks else "",
        }
        smsgate = {
            "signing_key": self.secret,
            "api_url": f"{self.url}/smsgate",
            "username": USERNAME,
            "password": self.secret,
        }
        generic = {"secret": self.secret, "send_url": f"{self.url}/generic"}
        return Settings.model_validate(
            {"enabled": True, "gateway": gateway, "kannel": kannel, "generic": generic, "smsgate": smsgate, **more}
        )

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Do this wrong with the next messages."""
        self._faults.extend([fault] * times)

    async def wait_for(self, count: int, seconds: float = 10) -> list[SentSms]:
        """Wait until so many messages were taken; gives them."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent[:count]

    async def deliver(self, gateway: str, sms: IncomingSms, *, repeats: int = 0) -> int:
        """Tell us about an SMS in this gateway's shape; gives the last status, 0 for none.

        Args:
            gateway: a key of `incoming.SHAPES`.
            sms: the SMS; the same one again is a repeated delivery.
            repeats: how often to try again while we are away or answer 5xx.
        """
        for left in range(repeats, -1, -1):
            hook = incoming.SHAPES[gateway](sms, self.hooks, self.secret, self._clock.now())
            status = await self.call(hook)
            if 0 < status < HTTPStatus.INTERNAL_SERVER_ERROR or not left:
                return status
            await asyncio.sleep(STEP)
        return 0

    async def report(self, sms: SentSms, delivery: Delivery) -> int:
        """Tell us what became of a message, if its gateway can; gives the status, 0 for none."""
        if sms.gateway == "kannel" and sms.dlr_url:
            return await self.call(incoming.kannel_report(sms.dlr_url, delivery))
        if sms.gateway == "smsgate" and self.hooks:
            hook = incoming.smsgate_report(
                self.hooks, self.secret, self._clock.now(), message_id=sms.id, to=sms.to, delivery=delivery
            )
            return await self.call(hook)
        return 0

    async def call(self, hook: Hook) -> int:
        """Make one call to us; gives the status, 0 when nobody was there."""
        assert self._session is not None, "start the emulator first"  # noqa: S101 - a mistake in a test, not a state
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.request(
                hook.method, URL(hook.url, encoded=True), headers=hook.headers, data=hook.body or None
            ) as response:
                return response.status
        return 0

    async def _kannel(self, request: web.Request) -> web.StreamResponse:
        return await self._take("kannel", request)

    async def _smsgate(self, request: web.Request) -> web.StreamResponse:
        return await self._take("smsgate", request)

    async def _generic(self, request: web.Request) -> web.StreamResponse:
        return await self._take("generic", request)

    async def _smsgate_state(self, request: web.Request) -> web.StreamResponse:
        """The state of a message: Pending for those we have, and 404 else."""
        try:
            check_login(request, self.secret)
        except Refusal as refusal:
            return web.Response(status=refusal.status)
        known = any(sms.id == request.match_info["id"] for sms in self.sent)
        return web.json_response({"state": "Pending"}) if known else web.Response(status=404)

    async def _generic_state(self, request: web.Request) -> web.StreamResponse:
        """Whether we are known."""
        return web.Response(status=204 if knows(request, self.secret) else 403)

    async def _take(self, gateway: str, request: web.Request) -> web.StreamResponse:
        """Take a message, or do what `fail` ordered."""
        fault = self._faults.popleft() if self._faults else None
        if fault is not None and fault not in TAKING:
            return _answer(*ANSWERS[fault])
        try:
            taken = await GATEWAYS[gateway](request, self.secret, {sms.id for sms in self.sent})
        except Refusal as refusal:
            return _answer(refusal.status, refusal.body)
        self.keys.append(taken.sms.id)
        if not taken.repeated:
            await self._keep(taken.sms)
        if fault is Fault.HANG:
            await self._hang()
        if fault is Fault.RESET and request.transport is not None:
            request.transport.abort()
        return _answer(taken.status, taken.body) if fault is None else _answer(*ANSWERS.get(fault, (200, "")))

    async def _keep(self, sms: SentSms) -> None:
        async with self._arrived:
            self.sent.append(sms)
            self._arrived.notify_all()
        if self.reports:
            task = asyncio.create_task(self._report_all(sms))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)

    async def _report_all(self, sms: SentSms) -> None:
        await self.report(sms, Delivery.BUFFERED)
        await self.report(sms, Delivery.DELIVERED)

    async def _hang(self) -> None:
        """Say nothing until the caller gives up."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.abandoned.set()
            raise


def _answer(status: int, body: str) -> web.Response:
    headers = {"Retry-After": "7"} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return web.Response(status=status, text=body, headers=headers)
