"""Where vendors deliver: raw request → decode → accept → answer. The hot path.

It runs thousands of times a second, so it has no middleware, no router and no log line for what went well. The vendor
gets his answer only when the events are durable; if they are not, he gets 503 and delivers again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestPayloadError

from bot.web.answers import RETRY_SECONDS, refusal, vendor_answer
from bot.web.metrics import Metrics
from core.domain.messages import Decoded, Event, RawRequest
from core.ports.channel import NotAccepted
from core.ports.clock import Clock

Accept = Callable[[Sequence[Event], datetime], Awaitable[None]]
Decode = Callable[[RawRequest], Decoded]

BODY_LIMIT: Final = 64 * 1024
"""A vendor's event is a few kilobytes; pictures come by reference."""
BODY_SECONDS: Final = 10.0
"""A body that takes longer is held back on purpose."""
METHODS: Final = frozenset({"GET", "POST"})
PROBLEMS_PER_MINUTE: Final = 20
"""Log lines about refused requests per channel and minute: enough to see what is wrong, too few to fill a disk."""
MINUTE: Final = 60.0
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

log = structlog.get_logger()


class BodyRefused(Exception):
    """The body is too long, too slow or broken; `status` says which."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Hook:
    """The way in for one channel: `/hooks/<channel>` and whatever follows."""

    def __init__(self, channel: str, *, decode: Decode, accept: Accept, clock: Clock, metrics: Metrics) -> None:
        self._channel = channel
        self._decode = decode
        self._accept = accept
        self._clock = clock
        self._refused = metrics.refused_request
        self._observe = metrics.accept_seconds.of(channel).observe
        self._grumble = Grumble(channel)

    async def __call__(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer one request."""
        started = perf_counter()
        if request.method not in METHODS:
            return self._refuse(405, "method_not_allowed", Allow="GET, POST")
        try:
            body = await read_body(request)
        except BodyRefused as error:
            return self._refuse(error.status, error.reason)
        received_at = self._clock.now()
        raw = RawRequest(
            method=request.method,
            path=path,
            # The parser read the line as UTF-8 with surrogates for everything else; this gives its bytes back.
            query=query.encode("utf-8", "surrogateescape"),
            headers=request.headers,
            body=body,
            received_at=received_at,
        )
        try:
            decoded = self._decode(raw)
        except Exception as error:  # noqa: BLE001 - whatever a stranger sends, he gets a 400 and we go on
            self._grumble("the channel could not read a request", error)
            return self._refuse(400, "undecodable")
        if decoded.problem:
            self._refused(self._channel, str(decoded.answer.status))
            self._grumble(decoded.problem)
        if decoded.events:
            try:
                await self._accept(decoded.events, received_at)
            except NotAccepted:
                return self._refuse(503, "not_accepted", **{hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
            except Exception as error:  # noqa: BLE001 - our mistake must not cost the subscriber a reading
                self._grumble("accepting failed", error)
                return self._refuse(503, "failed", **{hdrs.RETRY_AFTER: str(RETRY_SECONDS)})
            self._observe(perf_counter() - started)
        return vendor_answer(decoded.answer, request, received_at)

    def _refuse(self, status: int, reason: str, **headers: str) -> web.Response:
        self._refused(self._channel, reason)
        return refusal(status, reason, **headers)


class Grumble:
    """Logs what is wrong with requests, some lines a minute; the count of the rest goes with the next line."""

    def __init__(self, channel: str, now: Callable[[], float] = perf_counter) -> None:
        self._channel = channel
        self._now = now
        self._minute = now()
        self._lines = 0

    def __call__(self, problem: str, error: Exception | None = None) -> None:
        """Log it, unless this minute has had enough."""
        if self._now() - self._minute > MINUTE:
            unsaid = max(0, self._lines - PROBLEMS_PER_MINUTE)
            if unsaid:
                log.warning("more_requests_refused", channel=self._channel, count=unsaid)
            self._minute, self._lines = self._now(), 0
        self._lines += 1
        if self._lines <= PROBLEMS_PER_MINUTE:
            log.warning("request_refused", channel=self._channel, problem=problem, exc_info=error)


async def read_body(request: web.BaseRequest) -> bytes:
    """The whole body.

    Raises:
        BodyRefused: it is too long, too slow or broken.
    """
    content = request.content
    try:
        if content.is_eof():  # it came together with the head, as nearly always
            body = content.read_nowait()
        else:
            body = await _read_slowly(request)
    except TimeoutError:
        raise BodyRefused(408, "slow_body") from None
    except (RequestPayloadError, ValueError):  # a broken chunk, a length that is not kept
        raise BodyRefused(400, "broken_body") from None
    if len(body) > BODY_LIMIT:
        raise BodyRefused(413, "body_too_long")
    return body


async def _read_slowly(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > BODY_LIMIT:
        raise BodyRefused(413, "body_too_long")
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(_CONTINUE)
    parts = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        while len(parts) <= BODY_LIMIT and (part := await request.content.readany()):
            parts += part
    return bytes(parts)
