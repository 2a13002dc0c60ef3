"""Our side, as far as Telegram sees it: the web layer's promise to answer only what is stored."""

import asyncio

from aiohttp import web

from channels.telegram import create
from channels.telegram.emulator import TelegramEmulator
from core.domain.messages import Event, RawRequest
from tests.conftest import FixedClock


class Front:
    """Answers as the web layer does, and refuses with 503 as often as it is told to."""

    def __init__(self, emulator: TelegramEmulator, clock: FixedClock) -> None:
        self.heard: list[Event] = []
        self.statuses: list[int] = []
        self.refusals = 0
        self.refuses: set[str] = set()
        """Subscribers whose events are refused for as long as they stand here."""
        self.retry_after = ""
        self.arrived = asyncio.Condition()
        self._channel = create(emulator.settings())
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/hooks/telegram", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/telegram"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        decoded = self._channel.decode(
            RawRequest(
                method=request.method,
                path="",
                headers=request.headers,
                body=await request.read(),
                received_at=self._clock.now(),
            )
        )
        answer = web.Response(
            status=decoded.answer.status,
            body=decoded.answer.body,
            headers={"Content-Type": decoded.answer.content_type},
        )
        refused = bool(self.refusals) or any(event.address.external_id in self.refuses for event in decoded.events)
        if decoded.events and refused:
            self.refusals = max(0, self.refusals - 1)
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            answer = web.Response(status=503, headers=headers)
        else:
            self.heard.extend(decoded.events)
        self.statuses.append(answer.status)
        async with self.arrived:
            self.arrived.notify_all()
        return answer
