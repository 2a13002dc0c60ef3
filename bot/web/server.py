"""The HTTP server: hooks by the short way, everything else through an aiohttp application.

Limits (docs/operations.md tells why): 64 KB of body, 8 KB for the request line and for each header, 64 headers,
15 seconds for the head of a request and between requests, 10 seconds for a body, no compressed bodies.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final

import structlog
from aiohttp import web

from bot.web.answers import SERVER, refusal
from bot.web.hooks import BODY_LIMIT
from bot.web.metrics import Metrics

PREFIX: Final = "/hooks/"
LINE_LIMIT: Final = 8 * 1024
"""An SMS of ten parts, every byte of its UTF-16 percent-encoded, is 4 KB of query."""
HEADERS_LIMIT: Final = 64
HEAD_SECONDS: Final = 15.0
"""Also how long a kept-alive connection may idle. Longer than the pause of a reverse proxy between two requests is
not needed, and a slow attacker's connection lasts no longer."""
LINGER_SECONDS: Final = 2.0
"""How long we still read what we have refused, so that the sender gets to see our answer."""
BACKLOG: Final = 1024
PAGES_SHARE: Final = 0.1
"""Of the time for a stop, what pages get to finish: a page can be asked for again."""

Way = Callable[[web.BaseRequest, str, str], Coroutine[Any, Any, web.StreamResponse]]
"""Answers a request to a hook; it gets the path behind the hook's name, and the query."""

log = structlog.get_logger()


class PortTaken(Exception):
    """Somebody else listens there, or we may not."""


class Listener:
    """Listens, and stops in good order."""

    def __init__(self, hooks: Mapping[str, Way], pages: web.Application, metrics: Metrics) -> None:
        self._hooks = hooks
        self._pages = web.AppRunner(pages, access_log=None)
        self._refused = metrics.refused_request
        self._runner: web.ServerRunner | None = None
        self._sites: list[web.TCPSite] = []
        self._under_way = 0
        self._draining: asyncio.Event | None = None

    def add_pages(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Serve more pages, such as the demo's. Before the start only."""
        self._pages.app.add_routes(routes)

    async def start(self, host: str, port: int, *, stop_seconds: float) -> tuple[str, int]:
        """Begin to listen; returns the address, with the real port where any was asked for.

        Raises:
            PortTaken: the address is not to be had.
        """
        await self._pages.setup()
        pages = self._pages.server
        assert pages is not None  # noqa: S101 - setup made it
        front = Front(self._dispatcher(pages.request_handler), pages.request_factory, self._refused)
        self._runner = web.ServerRunner(front, shutdown_timeout=stop_seconds * PAGES_SHARE)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            await self.stop()
            raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
        self._sites.append(site)
        address = self._runner.addresses[0]
        return address[0], address[1]

    async def drain(self, seconds: float) -> None:
        """Accept no new connection, and let the hooks under way finish, at most so long.

        Answers say `Connection: close` from now on. aiohttp's own shutdown would not do: it reads nothing more, so a
        message whose body is still on its way would only be cut off.
        """
        self._draining = asyncio.Event()
        for site in self._sites:
            await site.stop()
        self._sites.clear()
        if self._under_way:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._draining.wait()

    async def stop(self) -> None:
        """Close every connection; harmless when called twice."""
        if self._runner is not None:
            # Pages that do not end by themselves would keep the connections until the time is up.
            await self._pages.shutdown()
            await self._runner.cleanup()
            self._runner = None
        await self._pages.cleanup()

    def _dispatcher(self, page: Callable[[Any], Any]) -> Callable[[web.BaseRequest], Any]:
        hooks = self._hooks
        start = len(PREFIX)

        async def dispatch(request: web.BaseRequest) -> web.StreamResponse:
            # `raw_path` and not the parsed URL: a gateway's query may be percent-encoded UTF-16.
            path, _, query = request.raw_path.partition("?")
            if path.startswith(PREFIX):
                channel, slash, tail = path[start:].partition("/")
                hook = hooks.get(channel)
                if hook is not None:
                    return await self._hear(hook(request, slash + tail, query))
                self._refused("", "no_such_hook")
                return refusal(404, "no_such_hook")
            answer: web.StreamResponse = await page(request)
            return answer

        return dispatch

    async def _hear(self, hearing: Coroutine[Any, Any, web.StreamResponse]) -> web.StreamResponse:
        """Await a hook's answer, and keep count, so that a stop can wait for it."""
        self._under_way += 1
        try:
            answer = await hearing
        finally:
            self._under_way -= 1
            if self._draining is not None and not self._under_way:
                self._draining.set()
        if self._draining is not None:
            answer.force_close()
        return answer


class Front(web.Server):
    """aiohttp's server with our limits and our own words for broken requests."""

    def __init__(self, handler: Any, request_factory: Any, refused: Callable[[str, str], None]) -> None:  # noqa: ANN401 - aiohttp's own types are private
        super().__init__(handler, request_factory=request_factory)
        self._refused = refused
        self._here = asyncio.get_running_loop()

    def __call__(self) -> web.RequestHandler:
        """One more connection."""
        return Conversation(
            self,
            refused=self._refused,
            loop=self._here,
            access_log=None,
            keepalive_timeout=HEAD_SECONDS,
            lingering_time=LINGER_SECONDS,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
            max_headers=HEADERS_LIMIT,
            auto_decompress=False,
            read_bufsize=BODY_LIMIT,
        )


class Conversation(web.RequestHandler):
    """A connection. What is no HTTP gets one line of JSON, and no traceback in the log."""

    def __init__(self, manager: web.Server, *, refused: Callable[[str, str], None], **kwargs: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(manager, **kwargs)
        self._refused = refused

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it may quote what the stranger sent
    ) -> web.StreamResponse:
        """Answer a request that could not be read, or whose page failed."""
        self._refused("", "broken_request" if status < 500 else "failed")  # noqa: PLR2004 - server errors
        if status >= 500:  # noqa: PLR2004 - the same
            log.error("page_failed", method=request.method, path=request.path, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("half of another answer is out already")
        answer = refusal(status, "failed" if status >= 500 else "broken_request")  # noqa: PLR2004 - the same
        answer.force_close()
        return answer


def application(routes: Iterable[web.AbstractRouteDef]) -> web.Application:
    """The pages beside the hooks; errors are JSON, and no answer names versions."""
    pages = web.Application(middlewares=[_plain_errors], client_max_size=BODY_LIMIT)
    pages.add_routes(routes)
    pages.on_response_prepare.append(_sign)
    return pages


@web.middleware
async def _plain_errors(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - a redirect
            raise
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return refusal(error.status, error.reason.lower().replace(" ", "_"), **allowed)
    return answer


async def _sign(_request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Server"] = SERVER
