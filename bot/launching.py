"""Our payment page inside messengers: in which channels it opens, at which address, and how that stands."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

from aiohttp import web

from bot.registry import Line, lines, narrowed
from bot.settings import Settings
from bot.web.metrics import Metrics
from bot.web.public import App, AppPages, PayPages
from bot.web.public.apps import APPS
from core.ports.channel import Launches, Offers, SendFailure
from core.ports.clock import Clock
from core.services.payments import Launching, Payments
from core.storage.database import Database

SECONDS: Final = 10.0
"""How long a vendor may take to answer `states`."""


def apps(settings: Settings, switched_on: Iterable[Line]) -> dict[str, App]:
    """By channel, where the page opens, also where privacy then lets it say nothing."""
    found = {}
    for line in switched_on:
        channel = line.channel
        place = channel.launch if isinstance(channel, Launches) else None
        if place is None or not isinstance(channel, Launches):
            continue
        can = narrowed({channel.name: channel.capabilities}, settings.privacy)[channel.name]
        found[channel.name] = App(place=place, launched=channel.launched, allowed=can.may_send_payment_link)
    return found


def launch_routes(  # noqa: PLR0917 - all that these pages work with
    settings: Settings,
    switched_on: Iterable[Line],
    payments: Payments,
    database: Database,
    clock: Clock,
    metrics: Metrics,
) -> list[web.RouteDef]:
    """The entries, and behind each the payment page as its vendor may frame it."""
    opened, terms, branches = apps(settings, switched_on), settings.terms(), settings.branches()
    free = settings.payments.commission_free
    entries = AppPages(opened, Launching(database, clock, terms=terms, branches=branches), clock, branches, metrics)
    routes = []
    for name, app in opened.items():
        if app.allowed:
            path, frames = f"{APPS}{name}/", app.place.frames
            inside = PayPages(payments, terms, branches, metrics, commission_free=free, path=path, frames=frames)
            routes += inside.routes()
    return [*routes, *entries.routes()]


def page_url(settings: Settings, line: Line) -> str:
    """What the vendor is to open; empty where he is to open nothing, and where it is not under https."""
    app = apps(settings, [line]).get(line.channel.name)
    base = settings.server.public_url
    return f"{base}{APPS}{line.channel.name}" if app and app.allowed and base.startswith("https://") else ""


async def states(settings: Settings) -> list[tuple[str, bool, str, str]]:
    """For `meterline doctor`, of each channel where the page opens: its name, whether all is well, what, what to do."""
    return [state for line in lines(settings) for state in [*_states(settings, line), *await _offered(settings, line)]]


def _states(settings: Settings, line: Line) -> Iterator[tuple[str, bool, str, str]]:
    name = line.channel.name
    app = apps(settings, [line]).get(name)
    if app is None:
        return
    if not app.allowed:
        todo = "switch the mini app off, and register again"
        yield name, False, "[privacy] keeps payments out of this channel, so the mini app shows nothing", todo
    elif not (url := page_url(settings, line)):
        yield name, False, "vendors open pages by https only", "set server.public_url to an https:// address"
    elif not settings.terms().providers:
        yield name, False, "no branch takes payments, so there is nothing to pay", "set payments.provider"
    else:
        yield name, True, f"the payment page opens at {url}", ""


async def _offered(settings: Settings, line: Line) -> list[tuple[str, bool, str, str]]:
    """Whether the button that the vendor shows is the one that he should."""
    channel, wanted = line.channel, page_url(settings, line)
    if not isinstance(channel, Offers) or not wanted:
        return []
    try:
        async with asyncio.timeout(SECONDS):
            found = await channel.offered()
    except (SendFailure, TimeoutError):
        return []  # the way to the vendor is another check, and says so
    finally:
        await channel.close()
    if found == wanted:
        return []
    return [(channel.name, False, "the button of the chats does not open the payment page", "register again")]
