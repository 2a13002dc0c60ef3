"""Our side, as far as VK sees it: a hook that decodes and stores, and can be told to fail."""

from datetime import datetime

from aiohttp import web

from core.domain.messages import Event, RawRequest
from core.ports.channel import Decodes
from core.ports.clock import Clock


class Front:
    """`/hooks/vk` on a free port, in front of a channel. What was heard is kept; `stored` knows each event once."""

    def __init__(self, clock: Clock) -> None:
        self.channel: Decodes | None = None
        self.heard: list[Event] = []
        self.refusals: list[web.Response] = []
        """What to answer instead, once each."""
        self._clock = clock
        self._runner: web.AppRunner | None = None

    @property
    def stored(self) -> dict[str, Event]:
        return {event.event_id: event for event in self.heard}

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/hooks/vk{path:.*}", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        received_at: datetime = self._clock.now()
        body = await request.read()
        if self.refusals:
            return self.refusals.pop(0)
        assert self.channel is not None
        decoded = self.channel.decode(
            RawRequest(
                method=request.method,
                path=request.match_info["path"],
                query=request.rel_url.raw_query_string.encode(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body,
                received_at=received_at,
            )
        )
        self.heard += decoded.events
        return web.Response(status=decoded.answer.status, body=decoded.answer.body)
