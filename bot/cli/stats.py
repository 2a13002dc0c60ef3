"""`meterline stats`: what came, what became of it, and what waits."""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Command, Fault, Row, pass_app, table_of

if TYPE_CHECKING:
    from core.storage.statistics import Backlog, Work

DAY = timedelta(days=1)
NEVER_SHORTER = timedelta(days=31)
"""A month's first day and this always lie in the next month or at its very beginning."""

WIDE = frozenset({"rules", "subscriber", "total"})
"""Columns that 80 columns have no room for; `--json` has them."""


@click.command(cls=Command)
@click.option("--day", metavar="YYYY-MM-DD", help="That day instead of today.")
@click.option("--period", metavar="YYYY-MM", help="A whole month; also by branch and channel.")
@click.option("--branch", metavar="CODE", help="With --period: readings and payments of that branch only.")
@pass_app
def stats(app: App, day: str | None, period: str | None, branch: str | None) -> None:
    """Count messages, outcomes, replies and cases of today, a day or a month.

    Days begin and end by the clock of the first branch; the payments of a month by the clock of each branch.
    """
    from core.storage.statistics import backlog, work  # noqa: PLC0415 - a fast start

    if day and period:
        raise Fault("give --day or --period, not both")
    if branch and not period:
        raise Fault("--branch goes with --period")
    if branch and branch not in app.branches():
        raise Fault(f"there is no branch {branch}; the branches are {', '.join(sorted(app.branches()))}")
    zone = next(iter(app.branches().values())).timezone
    since, until = _bounds(day, period, app.clock.now(), zone)
    done, waiting = app.run(
        lambda database: database.read(lambda connection: (work(connection, since, until), backlog(connection)))
    )
    sections = _sections(done, waiting, app.clock.now())
    if period:
        sections |= _by_channel(app, period, [branch] if branch else list(app.branches()))
    if app.json:
        app.emit({"since": since, "until": until, **sections})
        return
    time = f"{since:%Y-%m-%d}" if until - since <= DAY else f"{since:%Y-%m}"
    app.out.print(f"{time}, by the clock of {zone}")
    for title, rows in sections.items():
        shown = [{name: value for name, value in row.items() if name not in WIDE} for row in rows]
        app.out.print(table_of(shown, title=title) if rows else f"{title}: none")


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


def _by_channel(app: App, period: str, branches: list[str]) -> dict[str, list[Row]]:
    """A month by branch and channel: what the staff's page of statistics shows."""
    from core.domain.money import roubles  # noqa: PLC0415 - a fast start
    from core.domain.windows import parse_period  # noqa: PLC0415 - a fast start
    from core.services.statistics import Statistics  # noqa: PLC0415 - a fast start

    found = app.run(
        lambda database: Statistics(database, app.branches(), app.clock).month(parse_period(period), branches)
    )
    return {
        "readings_by_channel": [
            {"branch": branch, "channel": channel, "accepted": share.accepted}
            | share._asdict()
            | {"total": share.total}
            for (branch, channel), share in found.readings.items()
        ],
        "coverage": [row._asdict() for row in found.reach],
        "payments": [
            {
                **{name: getattr(row, name) for name in ("branch", "channel", "provider", "made", "paid")},
                "amount": roubles(row.amount),
                "refunded": row.refunded,
                "refunds": roubles(row.refunded_amount),
            }
            for row in found.paid
        ],
    }
