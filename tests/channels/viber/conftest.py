"""An emulated Viber, and our side as far as it needs one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from channels.viber import create
from channels.viber.emulator import ViberEmulator
from core.domain.messages import Event, Greeting, RawRequest
from tests.channels.viber.harness import TOKEN
from tests.conftest import FixedClock

GREETINGS = {"ru": Greeting(text="Здравствуйте!"), "en": Greeting(text="Good day!")}


class Front:
    """The hook of a service that stores what it hears, and can be told to fail."""

    def __init__(self, emulator: ViberEmulator, clock: FixedClock) -> None:
        self.heard: list[Event] = []
        self.problems: list[str] = []
        self.refusals = 0
        """How many calls are yet to be answered with `refusal`."""
        self.refusal = 503
        self.channel = create(emulator.settings(), GREETINGS)
        self.url = ""
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/hooks/viber{path:.*}", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.channel.close()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=self.refusal)
        decoded = self.channel.decode(
            RawRequest(
                method=request.method,
                path=request.match_info["path"],
                query=request.rel_url.raw_query_string.encode(),
                headers=request.headers,
                body=await request.read(),
                received_at=self._clock.now(),
            )
        )
        self.heard += decoded.events
        self.problems += filter(None, [decoded.problem])
        return web.Response(status=decoded.answer.status, body=decoded.answer.body)


class Sleeps:
    """Remembers how long it should have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def emulator(clock: FixedClock, sleeps: Sleeps) -> AsyncIterator[ViberEmulator]:
    emulator = ViberEmulator(token=TOKEN, clock=clock, sleep=sleeps)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def front(emulator: ViberEmulator, clock: FixedClock) -> AsyncIterator[Front]:
    front = Front(emulator, clock)
    await front.start()
    emulator.hooks = f"{front.url}/hooks/viber"
    yield front
    await front.stop()
