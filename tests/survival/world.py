"""The real service between emulated messengers and a real database, and what it has done so far."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Row, Select, select

from bot.assembly import build
from bot.service import Service
from bot.settings import load
from core.services.spacing import Spacing
from core.services.texts import Texts
from core.storage.database import Database, Unavailable
from core.storage.tables import event, outbox, profile, reading
from tests.conftest import FixedClock
from tests.survival.vendors import Vendor, environment

CONFIG = """
[server]
port = 0
[[branch]]
code = "khb"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
"""
READING = "2701001101 31002201 {}"
"""A reading of the account `one` in the strict grammar."""
PATIENCE = 10
"""Seconds after which something that should have happened did not."""


class Time:
    """Lets time pass for everything that reads the clock or waits on a timer of the loop, without waiting for it."""

    def __init__(self, clock: FixedClock, loop: asyncio.AbstractEventLoop) -> None:
        self.clock = clock
        self.vendors_wait = asyncio.Event()
        """Set while vendors' pauses between attempts go by, at once; cleared, they are held."""
        self.vendors_wait.set()
        self._ahead = 0.0
        real = loop.time
        loop.time = lambda: real() + self._ahead  # type: ignore[method-assign] - the loop reads its own time by this

    async def pause(self, seconds: float) -> None:
        """What vendors do between two attempts to bring us something."""
        await self.vendors_wait.wait()
        self.clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        """Nothing of the test's own may be waiting with a time limit."""
        self.clock.advance(seconds=seconds)
        self._ahead += seconds
        for _ in range(20):
            await asyncio.sleep(0)


@dataclass(kw_only=True)
class Running:
    """A service that runs, and a second connection to its database."""

    service: Service
    url: str
    database: Database
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()

    async def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with suppress(Unavailable):
            return await self.database.read(lambda connection: connection.execute(query).all())
        # An outage has closed the test's own connection, too.
        return await self.database.read(lambda connection: connection.execute(query).all())

    async def events(self) -> list[tuple[str, str]]:
        """The text and the outcome of each, in the order stored."""
        return [tuple(row) for row in await self.rows(select(event.c.text, event.c.outcome).order_by(event.c.id))]

    async def replies(self, channel: str = "") -> list[str]:
        """The states of the outbox."""
        query = select(outbox.c.state).order_by(outbox.c.id)
        return [row.state for row in await self.rows(query.where(outbox.c.channel == channel) if channel else query)]

    async def readings(self) -> list[tuple[int, int, str]]:
        """Period, value and status, in the order sent."""
        query = select(reading.c.period, reading.c.t1, reading.c.status).order_by(reading.c.sent_at)
        return [tuple(row) for row in await self.rows(query)]

    async def profile(self, vendor: Vendor) -> Row[Any]:
        (row,) = await self.rows(select(profile).where(profile.c.external_id == vendor.user))
        return row

    async def settled(self, *states: str, channel: str = "") -> None:
        """Wait until the outbox is in these states, each row in its own."""
        try:
            await until(lambda: self._is(list(states), channel))
        except TimeoutError:
            raise AssertionError(f"{await self.replies(channel)} instead of {states}") from None

    async def _is(self, states: list[str], channel: str) -> bool:
        return await self.replies(channel) == states


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until it holds; each look lets the service work."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - what is looked at has no event to wait for
            await asyncio.sleep(0)


@dataclass(kw_only=True)
class Place:
    """Where a service can be run, again and again over one database."""

    folder: Path
    database: Database
    url: str
    clock: FixedClock

    @asynccontextmanager
    async def serving(self, settings: Mapping[Vendor, Mapping[str, object]]) -> AsyncIterator[Running]:
        """Run the service with these vendors, and whatever is to be different in the settings of each."""
        file = self.folder / "meterline.toml"
        file.write_text(CONFIG, encoding="utf-8")
        given = {"METERLINE__DATABASE__URL": self.url}
        for vendor, more in settings.items():
            given |= environment(vendor.name, vendor.emulator.settings(per_second=1000, **more))
        service = build(load(file, given), Texts(), self.clock)
        for _, dispatcher in service.dispatchers:
            # Two messages to one subscriber within a second are what these tests are not about.
            dispatcher._spacing = Spacing(0.0)
        for channel in service.channels:
            # Telegram's library takes many seconds to load; nothing here is about that.
            await channel.open()
        host, port = await service.start()
        for vendor, more in settings.items():
            if "mode" not in more:
                vendor.emulator.hooks = f"http://{host}:{port}/hooks/{vendor.name}"
        try:
            async with aiohttp.ClientSession() as session:
                url = f"http://{host}:{port}"
                yield Running(service=service, url=url, database=self.database, session=session)
        finally:
            await service.stop()
