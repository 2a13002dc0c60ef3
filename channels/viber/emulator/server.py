"""The emulated Viber's server: takes our messages, keeps them, fails when told to, and calls our webhook."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import aiohttp
from aiohttp import web

from channels.toolkit.album import Album
from channels.toolkit.signatures import as_bytes, same
from channels.viber.emulator import callbacks, rules
from channels.viber.emulator.callbacks import Call
from core.ports.clock import Clock, SystemClock

EMULATED: Final = "emulated-token"
FIRST_TOKEN: Final = 5_912_661_846_655_238_145
"""Tokens have 64 bits, more than a number of JavaScript can hold."""
REPEATS: Final = (5.0, 15.0, 60.0, 300.0, 600.0, 900.0, 1200.0)
"""Seconds between the attempts of a callback. Viber says "several times for an hour"; its exact schedule is unpublished
(https://developers.viber.com/docs/faq/)."""
UNANSWERED_LIMIT: Final = 100
"""Messages within `UNANSWERED_FOR` to one who does not reply."""
UNANSWERED_FOR: Final = timedelta(hours=1)
LOOPBACK: Final = "http://127.0.0.1:"

Sleep = Callable[[float], Awaitable[object]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Fault(StrEnum):
    """What Viber can be told to do wrong with the next messages, beside its own statuses."""

    UNAVAILABLE = "503"
    LIMITED = "429, Retry-After: 7"
    BROKEN = "500, and nobody knows"
    GARBLED = "takes it, and answers 200 with something unreadable"
    RESET = "takes it, and drops the connection"
    HANG = "takes it, and does not answer"


HTTP_FAULTS: Final[Mapping[Fault, int]] = MappingProxyType(
    {Fault.UNAVAILABLE: 503, Fault.LIMITED: 429, Fault.BROKEN: 500}
)


class Refused(Exception):
    """Viber does not do what a call asks."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that Viber took from us, as it came."""

    user: str
    body: Mapping[str, Any] = field(repr=False)
    token: int

    @property
    def text(self) -> str:
        """The text of a text message."""
        return str(self.body.get("text", ""))


@dataclass(slots=True)
class Chat:
    """One subscriber: the messages on his screen, oldest first, and when those came that he did not reply to."""

    is_subscribed: bool = False
    messages: list[Mapping[str, Any]] = field(default_factory=list)
    unanswered: deque[datetime] = field(default_factory=deque)


class ViberServer:
    """Viber's REST API on a port of the loopback interface."""

    def __init__(
        self, *, hooks: str = "", token: str = EMULATED, clock: Clock | None = None, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Nothing listens before `start`.

        Args:
            hooks: our own address up to `/hooks/viber`, as if it had been set by `set_webhook`; empty as in a new bot.
            token: the bot's token; signs callbacks.
            clock: tells when things happen.
            sleep: waits between the attempts of a callback.
        """
        self.hooks = hooks
        self.token = token
        self.event_types: list[str] = []
        self.sent: list[SentMessage] = []
        self.attempts: list[int] = []
        """The status of each call to our webhook, 0 where nobody answered."""
        self.problems: list[str] = []
        """Why a welcome was not shown."""
        self.abandoned = asyncio.Event()
        """Set when a caller hung up on us."""
        self.url = ""
        self.album = Album()
        """The pictures that subscribers have sent; Viber itself keeps them on another server."""
        self.clock = clock or SystemClock()
        self.chats: dict[str, Chat] = {}
        self._sleep = sleep
        self._tokens = itertools.count(FIRST_TOKEN)
        self._faults: deque[Fault | int] = deque()
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/pa/send_message", _refusing(self._send_message))
        app.router.add_post("/pa/set_webhook", _refusing(self._set_webhook))
        app.router.add_post("/pa/get_account_info", _refusing(self._get_account_info))
        app.router.add_get("/media/{name}", self.album.handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"{LOOPBACK}{self._runner.addresses[0][1]}/pa"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        """Stop listening and hang up; harmless when called twice."""
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if runner is not None:
            await runner.cleanup()

    def fail(self, fault: Fault | int, times: int = 1) -> None:
        """Do this wrong with the next messages; a number is a status of Viber's own, such as 6 for who has left."""
        self._faults.extend([fault] * times)

    async def wait_for(self, count: int, seconds: float = 10) -> list[SentMessage]:
        """Wait until so many messages were taken; gives them."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent[:count]

    def chat(self, user: str) -> Chat:
        """What is known of a subscriber; he is known from now on."""
        return self.chats.setdefault(user, Chat())

    def next_token(self) -> int:
        """A new `message_token`."""
        return next(self._tokens)

    async def tell(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Call the webhook until it answers 200 or Viber gives up; gives the last status and body, 0 for no answer."""
        if not self.hooks:
            return 0, b""
        call = callbacks.signed(body, self.token)
        answer = await self._call(self.hooks, call)
        for pause in REPEATS:
            if answer[0] == HTTPStatus.OK:
                break
            await self._sleep(pause)
            answer = await self._call(self.hooks, call)
        return answer

    async def _call(self, url: str, call: Call) -> tuple[int, bytes]:
        assert self._session is not None, "start the emulator first"  # noqa: S101 - a mistake in a test, not a state
        answer = (0, b"")
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.post(url, data=call.body, headers=call.headers, allow_redirects=False) as response:
                answer = response.status, await response.read()
        self.attempts.append(answer[0])
        return answer

    async def _send_message(self, request: web.Request) -> web.StreamResponse:
        """Take a message, or do what `fail` ordered."""
        fault = self._faults.popleft() if self._faults else None
        if isinstance(fault, Fault) and fault in HTTP_FAULTS:
            return web.Response(status=HTTP_FAULTS[fault], text="out of order", headers={"Retry-After": "7"})
        if fault is not None and not isinstance(fault, Fault):
            raise Refused(fault, "asFailOrdered")
        token = await self._take(await self._object(request))
        if fault is Fault.HANG:
            await self._hang()
        if fault is Fault.RESET and request.transport is not None:
            request.transport.abort()
        if fault is Fault.GARBLED:
            return web.Response(text="<html>Welcome to the hotel's network</html>", content_type="text/html")
        return _answer(0, "ok", message_token=token, chat_hostname="SN-CHAT-EMULATED_", billing_status=1)

    async def _take(self, body: Mapping[str, Any]) -> int:
        """Keep a message that Viber would take; gives its token.

        Raises:
            Refused: it would not.
        """
        if not self.hooks:
            raise Refused(10, "webhookNotSet")
        user = body.get("receiver")
        if not isinstance(user, str) or not user:
            raise Refused(4, "missing parameter receiver")
        if refusal := rules.refusal(body):
            raise Refused(*refusal)
        chat = self.chats.get(user)
        if chat is None:
            raise Refused(5, "receiverNotRegistered")
        if not chat.is_subscribed:
            raise Refused(6, "receiverNotSubscribed")
        now = self.clock.now()
        while chat.unanswered and chat.unanswered[0] <= now - UNANSWERED_FOR:
            chat.unanswered.popleft()
        if len(chat.unanswered) >= UNANSWERED_LIMIT:
            raise Refused(12, "Too many requests")
        chat.unanswered.append(now)
        chat.messages.append(body)
        token = self.next_token()
        async with self._arrived:
            self.sent.append(SentMessage(user, body, token))
            self._arrived.notify_all()
        return token

    async def _set_webhook(self, request: web.Request) -> web.StreamResponse:
        """Call the new address with `webhook`, once, and take it if it answers 200. http only on this machine."""
        body = await self._object(request)
        url = str(body.get("url", ""))
        if url and not url.startswith(("https://", LOOPBACK)):
            raise Refused(1, "invalidUrl")
        event = callbacks.event("webhook", self.next_token(), self.clock.now())
        if url and (await self._call(url, callbacks.signed(event, self.token)))[0] != HTTPStatus.OK:
            raise Refused(1, "Result from webhook is not 200")
        self.hooks, self.event_types = url, list(body.get("event_types", []))
        return _answer(0, "ok", event_types=self.event_types)

    async def _get_account_info(self, request: web.Request) -> web.StreamResponse:
        await self._object(request)
        account = {"id": "pa:1", "name": "Emulated", "uri": "emulated", "country": "RU", "webhook": self.hooks}
        subscribers = sum(chat.is_subscribed for chat in self.chats.values())
        return _answer(0, "ok", **account, event_types=self.event_types, subscribers_count=subscribers)

    async def _object(self, request: web.Request) -> dict[str, Any]:
        """The call's JSON, if the caller is the bot.

        Raises:
            Refused: he is not, or it is too long or no object.
        """
        if not same(request.headers.get("X-Viber-Auth-Token", ""), as_bytes(self.token)):
            raise Refused(2, "invalidAuthToken")
        content = await request.read()
        if len(content) > rules.JSON_LIMIT:
            raise Refused(3, "request is larger than 30 kB")
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(3, "badData")
        return body

    async def _hang(self) -> None:
        """Say nothing until the caller gives up."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.abandoned.set()
            raise


def _refusing(handle: Handler) -> Handler:
    """A handler that answers what it refuses as Viber does: with HTTP 200."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return await handle(request)
        except Refused as refused:
            return _answer(refused.status, refused.message)

    return handler


def _answer(status: int, message: str, **more: object) -> web.Response:
    return web.json_response({"status": status, "status_message": message, **more})
