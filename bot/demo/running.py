"""The running demo: the real service, an emulated gateway and messengers, a sample retailer, and the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bot.assembly import build
from bot.demo import books, configuration, prologue
from bot.demo.clock import DemoClock
from bot.demo.configuration import MESSENGERS
from bot.demo.emulators import Emulators
from bot.demo.household import OWN_PHONE
from bot.demo.messengers import Messenger
from bot.demo.pages import Pages
from bot.demo.phones import Phones
from bot.demo.sample import Sample, sample
from bot.service import Service
from bot.settings import Settings
from bot.web.staff.gate import HOME, INVITE
from channels.sms.emulator import SmsEmulator
from core.domain.deep_links import sign
from core.domain.staff import Role
from core.domain.windows import local_day
from core.ports.clock import Clock, SystemClock
from core.services.staff import Accounts, Sessions
from core.services.texts import Texts
from core.storage import migrate
from core.storage.imports import count_accounts

REPLY_SECONDS: Final = 30.0
"""How long a reply of the prologue may take; it takes a few milliseconds."""
MODERATOR: Final = "moderator"
LINKS_LAST: Final = timedelta(days=62)
"""How long the QR codes on the sample's bills count: about as long as `meterline deeplink` lets them."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it is, and what is in it."""

    url: str
    config: Path
    port: int
    sample: Sample
    service: Service
    emulators: Emulators
    desk: str
    """Where the moderators sign in: a one-time link, until somebody has taken it."""
    phone: str = OWN_PHONE
    """The one on file."""

    @property
    def emulator(self) -> SmsEmulator:
        """The SMS gateway."""
        return self.emulators.sms


@asynccontextmanager
async def running(folder: Path, *, port: int = 8080, clock: Clock | None = None) -> AsyncIterator[Demo]:
    """Run the demo in a folder, on this port or on a free one; everything is stopped at the end of the block.

    Raises:
        FolderInUse: the folder holds somebody's own configuration.
    """
    configuration.check(folder)
    now = DemoClock(clock or SystemClock())
    async with AsyncExitStack() as stack:
        port = configuration.free_port(port)
        emulators = Emulators.make(now)
        stack.push_async_callback(emulators.stop)
        await emulators.start(configuration.address(port))
        settings = configuration.write(folder, port, emulators.settings(), emulators.bank.settings())
        service = build(settings, Texts(), now)
        stack.push_async_callback(service.stop)
        retailer = sample(local_day(next(iter(settings.branches().values())), now.now()))
        is_fresh = await _fill(folder, retailer, service, settings, now)
        pages = Pages(service.database, settings.branches(), retailer, now, folder / configuration.FILE)
        phones = pages.phones = Phones(emulators.sms, service.database, now)
        pages.messengers = emulators.phones(now)
        secret = settings.identity.deep_link_secret.get_secret_value().encode()
        pages.sign = lambda account: sign(account, (now.now() + LINKS_LAST).date(), secret)
        service.listener.add_pages(pages.routes())
        _watch(pages, stack)
        if is_fresh:
            await _play_prologue(retailer, phones, emulators.sms, settings, now)
        await service.start()
        here = configuration.address(port)
        desk = here + await _moderator(service, settings, now)
        yield Demo(f"{here}/demo", pages.config, port, retailer, service, emulators, desk)


def _watch(pages: Pages, stack: AsyncExitStack) -> None:
    """Have all phones look for replies and tell the page, until the end of the block."""
    listening: list[Phones | Messenger] = [pages.phones, *pages.messengers.values()]
    for phones in listening:
        phones.changed = pages.ring
        phones.start()
        stack.push_async_callback(phones.stop)
    # The streams to browsers never end by themselves, and the service waits for its requests when it stops.
    stack.callback(pages.close)


async def _play_prologue(
    retailer: Sample, phones: Phones, emulator: SmsEmulator, settings: Settings, clock: DemoClock
) -> None:
    """Play what happened before the visitor came, to a service that has nothing but SMS and ends with it.

    Beside Telegram's library, which the whole service begins to load as soon as it starts, it would take seconds.
    """
    off = {name: getattr(settings.channels, name).model_copy(update={"enabled": False}) for name in MESSENGERS}
    channels = settings.channels.model_copy(update=off)
    service = build(settings.model_copy(update={"channels": channels}), Texts(), clock)
    try:
        await service.start()
        await prologue.play(retailer, clock, phones.text, partial(emulator.wait_for, seconds=REPLY_SECONDS))
        await phones.settle()
    finally:
        await service.stop()


async def _moderator(service: Service, settings: Settings, clock: Clock) -> str:
    """The path where a visitor becomes a moderator, or signs in again in a folder that was kept."""
    accounts = Accounts(Sessions(service.database, clock, settings.staff.lasting()))
    known = {member.name: member for member, _ in await accounts.all()}
    if MODERATOR not in known:
        return INVITE + (await accounts.add(MODERATOR, "", Role.SUPERVISOR)).token
    if not known[MODERATOR].has_password:
        return INVITE + (await accounts.reset(MODERATOR)).token
    return HOME


async def _fill(folder: Path, retailer: Sample, service: Service, settings: Settings, clock: Clock) -> bool:
    """Make the tables and import the sample, unless an earlier demo did; tells whether it was done now."""
    await asyncio.to_thread(migrate.upgrade, settings.database.url)
    if await service.database.read(count_accounts):
        return False
    await asyncio.to_thread(books.write, retailer, folder)
    await books.read(folder, service.database, settings.branches(), clock)
    return True
