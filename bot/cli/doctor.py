"""`meterline doctor`: what is wrong, and what to do about it."""

import asyncio
from typing import TYPE_CHECKING

import click

from bot.cli.context import REJECTED, App, Command, pass_app

if TYPE_CHECKING:
    from rich.table import Table

    from bot.checkup import Finding

COLOURS = {"ok": "green", "warning": "yellow", "fault": "bold red"}


@click.command(cls=Command)
@pass_app
def doctor(app: App) -> None:
    """Check the settings, the database, the gateways, the clock and the ports; sends nothing to anybody.

    Exit code 0: no faults. 1: faults, listed with what to do. 2: the configuration cannot be read.
    """
    from bot.checkup import Verdict  # noqa: PLC0415 - a fast start

    findings = asyncio.run(_examine(app))
    faults = sum(finding.verdict is Verdict.FAULT for finding in findings)
    app.emit(
        [{"check": one.check, "verdict": one.verdict.value, "found": one.found, "todo": one.todo} for one in findings],
        lambda: _table(findings),
    )
    app.note("no faults" if not faults else f"{faults} fault{'s' if faults > 1 else ''}")
    if faults:
        app.exit(REJECTED)


async def _examine(app: App) -> "list[Finding]":
    from bot import checkup  # noqa: PLC0415 - a fast start
    from bot.checkup_chat import staff_chat  # noqa: PLC0415 - a fast start
    from bot.checkup_oidc import oidc  # noqa: PLC0415 - a fast start
    from bot.checkup_prices import calculation, tariffs  # noqa: PLC0415 - a fast start
    from core.storage.database import connect  # noqa: PLC0415 - a fast start

    settings, now = app.settings, app.clock.now()
    findings = [*checkup.configuration(app.config, settings), *checkup.texts(app.texts)]
    findings += [*checkup.zones(settings, now), *tariffs(settings, now), *checkup.disk(settings.database.file)]
    findings += checkup.staff(settings)
    if settings.database.file is not None and not settings.database.file.exists():
        todo = "`meterline db upgrade` makes it, and so does the first `meterline run`"
        found = f"{settings.database.file} is not there yet"
        findings.append(checkup.Finding("database", checkup.Verdict.WARNING, found, todo))
        findings.append(await checkup.clock(None, now, server=False))
    else:
        database = connect(settings.database.url)
        try:
            findings.append(await checkup.database(database, settings.database.shown))
            well = findings[-1].verdict is checkup.Verdict.OK
            server = settings.database.file is None
            findings.append(await checkup.clock(database if well else None, now, server=server))
        finally:
            await database.close()
    from bot.launching import states  # noqa: PLC0415 - a fast start

    for name, well, found, todo in await states(settings):
        verdict = checkup.Verdict.OK if well else checkup.Verdict.WARNING
        findings.append(checkup.Finding(f"mini app of {name}", verdict, found, todo))
    findings += await checkup.vendors(settings) + await staff_chat(settings)
    findings += await oidc(settings, app.clock)
    findings += await calculation(settings) + await checkup.payment_providers(settings)
    return findings + await checkup.listening(settings.server, now)


def _table(findings: "list[Finding]") -> "Table":
    from rich import box  # noqa: PLC0415 - a fast start
    from rich.table import Table  # noqa: PLC0415 - a fast start
    from rich.text import Text  # noqa: PLC0415 - a fast start

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found, and what to do", overflow="fold")
    for one in findings:
        words = Text(one.found)
        if one.todo:
            words.append(f"\n→ {one.todo}", style="bold")
        table.add_row(one.check, Text(one.verdict.value, COLOURS[one.verdict.value]), words)
    return table
