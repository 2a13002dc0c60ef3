"""`meterline stats`: what came, what became of it, and what waits."""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Command, Fault, Row, pass_app, table_of

if TYPE_CHECKING:
    from bot.figures import Backlog, Work

DAY = timedelta(days=1)
NEVER_SHORTER = timedelta(days=31)
"""A month's first day and this always lie in the next month or at its very beginning."""


@click.command(cls=Command)
@click.option("--day", metavar="YYYY-MM-DD", help="That day instead of today.")
@click.option("--period", metavar="YYYY-MM", help="A whole month.")
@pass_app
def stats(app: App, day: str | None, period: str | None) -> None:
    """Count messages, outcomes, replies and cases of today, a day or a month.

    Days begin and end by the clock of the first branch.
    """
    from bot.figures import backlog, work  # noqa: PLC0415 - a fast start

    if day and period:
        raise Fault("give --day or --period, not both")
    zone = next(iter(app.branches().values())).timezone
    since, until = _bounds(day, period, app.clock.now(), zone)
    done, waiting = app.run(
        lambda database: database.read(lambda connection: (work(connection, since, until), backlog(connection)))
    )
    sections = _sections(done, waiting, app.clock.now())
    if app.json:
        app.emit({"since": since, "until": until, **sections})
        return
    shown = f"{since:%Y-%m-%d}" if until - since <= DAY else f"{since:%Y-%m}"
    app.out.print(f"{shown}, by the clock of {zone}")
    for title, rows in sections.items():
        app.out.print(table_of(rows, title=title) if rows else f"{title}: none")


def _bounds(day: str | None, period: str | None, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when to when."""
    try:
        if period:
            since = datetime.strptime(period, "%Y-%m").replace(tzinfo=zone)
            return since, (since + NEVER_SHORTER).replace(day=1)
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=zone) if day else now.astimezone(zone)
    except ValueError:
        raise Fault(f"{period or day} is not a date like {'2026-11' if period else '2026-11-25'}") from None
    since = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return since, since + DAY


def _sections(done: "Work", waiting: "Backlog", now: datetime) -> dict[str, list[Row]]:
    return {
        "messages": [
            {"channel": channel, "outcome": outcome, "code": code, "count": count}
            for channel, outcome, code, count in done.events
        ],
        "readings": [{"status": status, "count": count} for status, count in done.readings],
        "replies": [{"channel": channel, "state": state, "count": count} for channel, state, count in done.replies],
        "waiting": [
            {
                "channel": depth.channel,
                "state": depth.state,
                "count": depth.count,
                "oldest_seconds": round((now - depth.oldest).total_seconds()),
            }
            for depth in waiting.outbox
        ],
        "open_cases": [{"kind": kind, "count": count} for kind, count in waiting.cases.items()],
    }
