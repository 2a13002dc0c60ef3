"""Puts the service together. Only this module picks implementations."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta, tzinfo
from functools import partial
from importlib import metadata
from ipaddress import ip_network
from typing import Final

from aiohttp import web

from bot.launching import launch_routes
from bot.neighbours import Neighbours
from bot.oidc.assembly import oidc_pages
from bot.paying import providers
from bot.registry import capabilities, lines
from bot.ruling import fetching, greetings, reminder_rules, rules
from bot.service import Minding, Service
from bot.settings import Settings
from bot.staff_chat import chatting
from bot.web.health import Check, Health
from bot.web.hooks import Hook
from bot.web.metrics import Metrics
from bot.web.payment_hook import NAME as PAYMENTS
from bot.web.payment_hook import PaymentHook
from bot.web.peers import Network
from bot.web.public import Pages, PayPages
from bot.web.server import Listener, application
from bot.web.staff import Gate
from bot.web.staff import application as staff_application
from bot.web.staff.application import entrance
from bot.web.staff.bulk import Bulk
from bot.web.staff.case import CasePages
from bot.web.staff.entering import Entering
from bot.web.staff.entry import EntryPages
from bot.web.staff.files import Files
from bot.web.staff.gate import PREFIX
from bot.web.staff.linking import Linking
from bot.web.staff.live import Live
from bot.web.staff.own import Own
from bot.web.staff.queue import Queue
from bot.web.staff.statistics import StatisticsPages
from core.bus.local import LocalInbox
from core.domain.messages import Event
from core.ports.channel import Accept, Decodes, Polls, Resumes
from core.ports.clock import Clock, SystemClock
from core.services import reminders
from core.services.calculating import Calculating
from core.services.desk.desk import Desk, Nudge
from core.services.entry import EntryDesk
from core.services.erasure import Erasure
from core.services.handovers import Handovers
from core.services.moderation import Bulks, Moderation
from core.services.outbox import Dispatcher
from core.services.payments import Payments
from core.services.photos import Photos
from core.services.retention import Retention
from core.services.staff import Accounts, Passwords, Sessions, Signing
from core.services.staff_chat import Links
from core.services.statistics import Statistics
from core.services.texts import Texts
from core.storage import migrate
from core.storage.database import Database, Unavailable, connect
from core.storage.resuming import newest_raw

RESUMED: Final = timedelta(days=7)
"""How old the event may be behind which a poll goes on. No vendor says how long he keeps what we did not hear."""


def build(settings: Settings, texts: Texts, clock: Clock | None = None) -> Service:
    """The service for these settings. Opens nothing yet."""
    clock = clock or SystemClock()
    database = connect(settings.database.url)
    metrics = Metrics(metadata.version("meterline"))
    switched_on = list(lines(settings, greetings(texts)))
    dispatchers = [
        (
            line.channel.name,
            Dispatcher(
                database,
                line.channel,
                clock,
                per_second=line.per_second,
                per_address_seconds=line.per_address_seconds,
                watch=metrics,
            ),
        )
        for line in switched_on
    ]

    def wake(channels: AbstractSet[str] | None = None) -> None:
        for name, dispatcher in dispatchers:
            if channels is None or name in channels:
                dispatcher.wake()

    def look() -> None:
        photos.wake()

    calculating = _calculating(settings, database, clock, metrics, wake)
    desk = Desk(database, rules(settings, texts), clock, watch=metrics, nudge=wake, look=look, calculating=calculating)
    inbox = LocalInbox(desk.handle)

    chat = chatting(settings, database, clock, texts, switched_on)

    async def take(events: Sequence[Event], received_at: datetime) -> None:
        """Staff's words are no subscriber's: they go to the staff chat, and the rest to the desk."""
        rest = events if chat is None else await chat.presses.sort_out(events)
        if rest:
            await inbox.accept(rest, received_at)

    async def accept(events: Sequence[Event]) -> None:
        await take(events, clock.now())

    fetchers = fetching(switched_on)
    photos = Photos(database, fetchers, accept, clock)
    minding = Minding()
    health = Health(
        {"database": _schema_check(database), "background": minding.check},
        database=database,
        clock=clock,
        metrics=metrics,
    )
    hooks = {
        line.channel.name: Hook(
            line.channel.name,
            decode=line.channel.decode,
            accept=inbox.accept if chat is None else take,
            clock=clock,
            metrics=metrics,
        )
        for line in switched_on
        if isinstance(line.channel, Decodes)
    }
    terms, branches = settings.terms(), settings.branches()
    payments = Payments(
        database,
        clock,
        providers(settings.payments),
        terms=terms,
        branches=branches,
        texts=texts,
        capabilities=capabilities(settings),
        public_url=settings.server.public_url,
        nudge=wake,
        watch=metrics,
        autopay=settings.autopay(),
    )
    trusted = _trusted(settings)
    handovers = Handovers(database, clock, capabilities(settings), page_lasts=terms.lasts)
    paying = PayPages(payments, terms, branches, metrics, commission_free=settings.payments.commission_free)
    public = Pages(handovers, branches, metrics)
    inside = launch_routes(settings, switched_on, payments, database, clock, metrics)
    pages = application([*health.routes(), *public.routes(), *paying.routes(), *inside])
    if settings.staff.enabled:
        pages.add_routes([entrance()])
        pages.add_subapp(PREFIX, staff_pages(settings, database, clock, metrics, texts))
    return Service(
        host=settings.server.host,
        port=settings.server.port,
        stop_seconds=settings.server.stop_seconds,
        database=database,
        channels=[line.channel for line in switched_on],
        inbox=inbox,
        desk=desk,
        dispatchers=dispatchers,
        pollers=[
            (line.channel.name, partial(_poll, line.channel.name, line.channel, accept, database, clock))
            for line in switched_on
            if isinstance(line.channel, Polls)
        ],
        planner=reminders.Planner(database, reminder_rules(settings, texts, switched_on), clock, watch=metrics),
        neighbours=Neighbours(settings.database.file, wake),
        background={
            **({"autopay": payments.autopays.run} if settings.payments.autopay.enabled else {}),
            **({"calculation": calculating.run} if calculating else {}),
            "erasure": Erasure(database, clock).run,
            **({"photos": photos.run} if fetchers else {}),
            **({"staff chat": chat.poster.run} if chat else {}),
            "retention": Retention(database, clock, settings.retention.periods(), zones=_zones(settings)).run,
        },
        payments=payments,
        listener=Listener({**hooks, PAYMENTS: PaymentHook(payments, clock, metrics, trusted)}, pages, metrics),
        health=health,
        minding=minding,
    )


def _calculating(
    settings: Settings, database: Database, clock: Clock, metrics: Metrics, wake: Nudge
) -> Calculating | None:
    """Who asks billing what readings cost, where it can be asked."""
    section = settings.calculation
    if not section.url:
        return None
    patience = timedelta(seconds=section.seconds)
    return Calculating(
        database,
        clock,
        section.build(),
        patience=patience,
        at_once=section.at_once,
        nudge=wake,
        watch=metrics,
    )


def _trusted(settings: Settings) -> Sequence[Network]:
    """Networks of the proxies that tell who is before them."""
    return [ip_network(network) for network in settings.server.trusted_proxies]


def staff_pages(
    settings: Settings, database: Database, clock: Clock, metrics: Metrics, texts: Texts
) -> web.Application:
    """The pages of the staff. Another part of them is another item of the list."""
    sessions = Sessions(database, clock, settings.staff.lasting())
    signing, accounts = Signing(sessions, Passwords()), Accounts(sessions)
    moderation = web_moderation(settings, database, clock, texts)
    bulks = Bulks(database, moderation, clock, undo=timedelta(seconds=settings.moderation.undo_seconds))
    links = Links(database, clock, settings.staff_chat.messenger)
    gate = Gate(sessions, metrics, public_url=settings.server.public_url, trusted=_trusted(settings))
    return staff_application(
        gate,
        [
            Files(),
            Entering(gate, signing, sessions, clock, issuer=settings.staff.oidc.button),
            oidc_pages(settings, gate, sessions, clock),
            Own(
                gate,
                signing=signing,
                sessions=sessions,
                accounts=accounts,
                clock=clock,
                branches=settings.branches(),
                links=links,
            ),
            Linking(links),
            Live(gate, sessions, database, clock),
            Queue(
                gate,
                moderation,
                bulks,
                accounts,
                clock,
                branches=settings.branches(),
                channels=sorted(capabilities(settings)),
            ),
            Bulk(moderation, bulks, clock),
            CasePages(gate, moderation, bulks, accounts, clock),
            EntryPages(EntryDesk(database, rules(settings, texts), clock, skin="web")),
            StatisticsPages(
                Statistics(database, settings.branches(), clock),
                moderation,
                clock,
                branches=settings.branches(),
                channels=sorted(capabilities(settings)),
            ),
        ],
    )


def web_moderation(settings: Settings, database: Database, clock: Clock, texts: Texts) -> Moderation:
    """The desk of the web pages: one for all of them, for it makes keys."""
    return Moderation(
        database,
        branches=settings.branches(),
        texts=texts,
        capabilities=capabilities(settings),
        clock=clock,
        skin="web",
        claim=timedelta(minutes=settings.moderation.claim_minutes),
        confirm=timedelta(hours=settings.limits.confirm_hours),
    )


async def _poll(name: str, channel: Polls, accept: Accept, database: Database, clock: Clock) -> None:
    """Ask for ever, from where we had got to."""
    if isinstance(channel, Resumes):
        since = clock.now() - RESUMED
        channel.resume(await database.read(lambda connection: newest_raw(connection, name, since)))
    await channel.poll(accept)


def _zones(settings: Settings) -> set[tzinfo]:
    return {branch.timezone for branch in settings.branches().values()}


def _schema_check(database: Database) -> Check:
    head = migrate.head()

    async def check() -> str:
        try:
            found = await migrate.current(database)
        except Unavailable as error:
            return f"does not answer: {error}"
        return "" if found == head else f"has schema {found or 'none'}, not {head}: `meterline db upgrade`"

    return check
