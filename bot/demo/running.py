"""The running demo: the real service, an emulated gateway, a sample retailer, and the page."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.assembly import build
from bot.demo import books, configuration, prologue
from bot.demo.clock import DemoClock
from bot.demo.household import OUR_NUMBER, OWN_PHONE
from bot.demo.pages import Pages
from bot.demo.phones import Phones
from bot.demo.sample import Sample, sample
from bot.service import Service
from bot.settings import Settings
from channels.sms.emulator import SmsEmulator
from core.domain.windows import local_day
from core.ports.clock import Clock, SystemClock
from core.services.texts import Texts
from core.storage import migrate
from core.storage.imports import count_accounts

REPLY_SECONDS: Final = 30.0
"""How long a reply of the prologue may take; it takes a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it is, and what is in it."""

    url: str
    config: Path
    port: int
    sample: Sample
    service: Service
    emulator: SmsEmulator
    phone: str = OWN_PHONE
    """The one on file."""


@asynccontextmanager
async def running(folder: Path, *, port: int = 8080, clock: Clock | None = None) -> AsyncIterator[Demo]:
    """Run the demo in a folder, on this port or on a free one; everything is stopped at the end of the block.

    Raises:
        FolderInUse: the folder holds somebody's own configuration.
    """
    configuration.check(folder)
    now = DemoClock(clock or SystemClock())
    async with AsyncExitStack() as stack:
        emulator = SmsEmulator(secret=secrets.token_urlsafe(16), clock=now)
        stack.push_async_callback(emulator.stop)
        await emulator.start()
        port = configuration.free_port(port)
        emulator.hooks = f"http://{configuration.HOST}:{port}/hooks/sms"
        settings = configuration.write(folder, port, emulator.settings("kannel", own_numbers=(OUR_NUMBER,)))
        service = build(settings, Texts(), now)
        stack.push_async_callback(service.stop)
        retailer = sample(local_day(next(iter(settings.branches().values())), now.now()))
        config = folder / configuration.FILE
        fresh = await _fill(folder, retailer, service, settings, now)
        pages = Pages(service.database, settings.branches(), retailer, now, config)
        phones = pages.phones = Phones(emulator, service.database, now, pages.ring)
        service.listener.add_pages(pages.routes())
        stack.push_async_callback(phones.stop)
        # The streams to browsers never end by themselves, and the service waits for its requests when it stops.
        stack.callback(pages.close)
        phones.start()
        await service.start()
        if fresh:
            await prologue.play(retailer, now, phones.text, partial(emulator.wait_for, seconds=REPLY_SECONDS))
        yield Demo(f"http://{configuration.HOST}:{port}/demo", config, port, retailer, service, emulator)


async def _fill(folder: Path, retailer: Sample, service: Service, settings: Settings, clock: Clock) -> bool:
    """Make the tables and import the sample, unless an earlier demo did; tells whether it was done now."""
    await asyncio.to_thread(migrate.upgrade, settings.database.url)
    if await service.database.read(count_accounts):
        return False
    await asyncio.to_thread(books.write, retailer, folder)
    await books.read(folder, service.database, settings.branches(), clock)
    return True
