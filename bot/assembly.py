"""Puts the service together. Only this module picks implementations."""

from datetime import timedelta
from importlib import metadata

from bot.neighbours import Neighbours
from bot.registry import capabilities, lines
from bot.service import Minding, Service
from bot.settings import Settings
from bot.web.health import Check, Health
from bot.web.hooks import Hook
from bot.web.metrics import Metrics
from bot.web.server import Listener, application
from core.bus.local import LocalInbox
from core.ports.channel import Decodes
from core.ports.clock import Clock, SystemClock
from core.services.desk.desk import Desk
from core.services.desk.scene import Policy, Rules
from core.services.outbox import Dispatcher
from core.services.texts import Texts
from core.storage import migrate
from core.storage.database import Database, Unavailable, connect


def build(settings: Settings, texts: Texts, clock: Clock | None = None) -> Service:
    """The service for these settings. Opens nothing yet."""
    clock = clock or SystemClock()
    database = connect(settings.database.url)
    metrics = Metrics(metadata.version("meterline"))
    switched_on = list(lines(settings))
    dispatchers = [
        (line.channel.name, Dispatcher(database, line.channel, clock, per_second=line.per_second, watch=metrics))
        for line in switched_on
    ]

    def wake() -> None:
        for _, dispatcher in dispatchers:
            dispatcher.wake()

    desk = Desk(database, rules(settings, texts), clock, watch=metrics, nudge=wake)
    inbox = LocalInbox(desk.handle)
    minding = Minding()
    health = Health(
        {"database": _schema_check(database), "background": minding.check},
        database=database,
        clock=clock,
        metrics=metrics,
    )
    hooks = {
        line.channel.name: Hook(
            line.channel.name, decode=line.channel.decode, accept=inbox.accept, clock=clock, metrics=metrics
        )
        for line in switched_on
        if isinstance(line.channel, Decodes)
    }
    return Service(
        host=settings.server.host,
        port=settings.server.port,
        stop_seconds=settings.server.stop_seconds,
        database=database,
        channels=[line.channel for line in switched_on],
        inbox=inbox,
        desk=desk,
        dispatchers=dispatchers,
        neighbours=Neighbours(settings.database.file, wake),
        listener=Listener(hooks, application(health.routes()), metrics),
        health=health,
        minding=minding,
    )


def rules(settings: Settings, texts: Texts) -> Rules:
    """What the desk goes by."""
    return Rules(
        branches=settings.branches(),
        texts=texts,
        capabilities=capabilities(settings),
        policy=Policy(
            messages_per_hour=settings.limits.messages_per_hour,
            format_errors_per_day=settings.limits.format_errors_per_day,
            confirm=timedelta(hours=settings.limits.confirm_hours),
        ),
    )


def _schema_check(database: Database) -> Check:
    head = migrate.head()

    async def check() -> str:
        try:
            found = await migrate.current(database)
        except Unavailable as error:
            return f"does not answer: {error}"
        return "" if found == head else f"has schema {found or 'none'}, not {head}: `meterline db upgrade`"

    return check
