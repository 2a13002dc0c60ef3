"""`meterline run`: the service."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Command, Fault, pass_app
from bot.cli.db import bring_up_to_date

if TYPE_CHECKING:
    from core.storage.database import Database


@click.command(cls=Command)
@click.option("--host", help="Listen there instead of server.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Listen there instead of server.port; 0 takes any free one."
)
@pass_app
def run(app: App, host: str | None, port: int | None) -> None:
    """Run the service until it is told to stop.

    The log goes to stdout; its line "listening" says where. SIGTERM or Ctrl-C stops it gracefully, a second one
    at once.
    """
    from bot import logs  # noqa: PLC0415 - a fast start for the other commands
    from bot.web.server import PortTaken  # noqa: PLC0415 - the same

    settings = app.settings
    logs.configure("debug" if app.debug else settings.logs.level, settings.logs.format, settings.secrets())
    bring_up_to_date(app)
    try:
        asyncio.run(_serve(app, host, port))
    except PortTaken as error:
        raise Fault(f"{error}; server.port or --port names another one") from error


async def _serve(app: App, host: str | None, port: int | None) -> None:
    from bot.assembly import build  # noqa: PLC0415 - a fast start for the other commands
    from bot.service import obey_signals  # noqa: PLC0415 - the same

    service = build(app.settings, app.texts(), app.clock)
    service.host = host or service.host
    service.port = service.port if port is None else port
    stop = asyncio.Event()
    obey_signals(stop)
    await service.run(stop, partial(_welcome, service.database) if app.settings.staff.enabled else None)


async def _welcome(database: "Database") -> None:
    """Say how the first of the staff gets in: there is no password that everybody knows."""
    import structlog  # noqa: PLC0415 - the same

    from core.storage.database import Unavailable  # noqa: PLC0415 - the same
    from core.storage.staff import is_anybody  # noqa: PLC0415 - the same

    with suppress(Unavailable):  # a hint is nothing to stop for
        if await database.read(is_anybody):
            return
        structlog.get_logger().warning("no_staff_yet", todo="meterline staff add NAME --role supervisor")
