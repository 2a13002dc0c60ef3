"""`meterline reminders`: rounds of reminders, how far they are, and to begin or end one. docs/reminders.md."""

from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Fault, Group, Row, pass_app, table_of

if TYPE_CHECKING:
    from core.domain.reminders import Round
    from core.services.reminders import Rehearsal, Rules
    from core.storage.database import Database
    from core.storage.reminders import Standing

LATEST = 20
"""Rounds that are shown."""
KINDS = ("opens", "last_day", "missed")


@click.group(cls=Group)
def reminders() -> None:
    """Remind subscribers of the window, and see how far it is."""


@reminders.command("list")
@pass_app
def list_(app: App) -> None:
    """Show the latest rounds: accounts looked at, and how their messages fare.

    queued waits to be sent; unknown may have been sent; failed was refused or too late, or the subscriber is gone.
    """
    from core.storage.reminders import standings, totals  # noqa: PLC0415 - a fast start

    found, accounts = app.run(
        lambda database: database.read(lambda connection: (standings(connection, LATEST), totals(connection)))
    )
    rows = [_row(each, accounts.get(each.campaign.round.branch, 0)) for each in found]
    if not rows and not app.json:
        app.note("no reminders yet: `meterline reminders start`, or reminders.enabled in the configuration")
    app.emit(rows, lambda: table_of(map(_line, rows)) if rows else "")


@reminders.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--branch", required=True, metavar="CODE", help="The branch.")
@click.option("--period", metavar="YYYY-MM", help="The billing period; the one whose time it is if not given.")
@click.option("--dry-run", is_flag=True, help="Only count; send nothing.")
@pass_app
def start(app: App, kind: str, branch: str, period: str | None, *, dry_run: bool) -> None:
    """Begin a round, or go on with one that was stopped. The running service sends it.

    opens is sent from the first day of the window, last_day on its last one, missed on the three days after it.
    """
    from core.storage.reminders import begin  # noqa: PLC0415 - a fast start

    which, now = _which(app, kind, branch, period), app.clock.now()
    if dry_run:
        found = _rehearse(app, which)
        app.emit(_found_row(which, found))
        return
    _check_time(app, which)
    if not app.run(lambda database: database.write(lambda connection: begin(connection, which, now))):
        raise Fault(f"{which.key} was begun already: `meterline reminders list` shows how far it is")
    app.emit(
        {"key": which.key, "state": "planning"}, lambda: f"{which.key} begins; `meterline reminders list` shows it"
    )


@reminders.command()
@click.argument("key")
@pass_app
def stop(app: App, key: str) -> None:
    """End the round KEY; what it has not sent yet is taken back for good. `start` goes on with the other accounts."""
    from core.domain.reminders import Progress  # noqa: PLC0415 - a fast start
    from core.storage.reminders import CANCELLED_AT_ONCE, cancel, finish  # noqa: PLC0415 - a fast start

    async def work(database: "Database") -> tuple[bool, int]:
        stopped = await database.write(lambda connection: finish(connection, key, Progress.STOPPED, app.clock.now()))
        taken_back = count = await database.write(lambda connection: cancel(connection, key))
        while count == CANCELLED_AT_ONCE:
            count = await database.write(lambda connection: cancel(connection, key))
            taken_back += count
        return stopped, taken_back

    stopped, taken_back = app.run(work)
    if not stopped and not taken_back:
        raise Fault(f"there is no round {key} under way: `meterline reminders list` names them")
    app.emit(
        {"key": key, "state": "stopped", "taken_back": taken_back},
        lambda: f"{key} is stopped, {taken_back} messages were taken back",
    )


def _rules(app: App) -> "Rules":
    from bot.registry import lines  # noqa: PLC0415 - a fast start
    from bot.ruling import reminder_rules  # noqa: PLC0415 - a fast start

    return reminder_rules(app.settings, app.texts(), lines(app.settings))


def _which(app: App, kind: str, code: str, period: str | None) -> "Round":
    from core.domain.reminders import Kind, Round, current  # noqa: PLC0415 - a fast start
    from core.domain.windows import parse_period  # noqa: PLC0415 - a fast start

    branches = app.branches()
    if code not in branches:
        raise Fault(f"there is no branch {code}; the configuration knows {', '.join(sorted(branches))}")
    try:
        number = parse_period(period) if period else current(branches[code], Kind(kind), app.clock.now())
    except ValueError as error:
        raise Fault(str(error)) from None
    if number is None:
        raise Fault(f"today is no day for {kind} in {code}; --period with --dry-run counts for another time")
    return Round(code, Kind(kind), number)


def _check_time(app: App, which: "Round") -> None:
    from core.domain.reminders import days  # noqa: PLC0415 - a fast start
    from core.domain.windows import local_day  # noqa: PLC0415 - a fast start

    branch = app.branches()[which.branch]
    possible = days(branch, which.kind, which.period)
    if not possible:
        raise Fault(f"the window of {which.branch} has one day only: last_day says it all")
    if not possible[0] <= local_day(branch, app.clock.now()) <= possible[-1]:
        raise Fault(f"{which.key} may be sent from {possible[0]} to {possible[-1]} only: what is late helps nobody")


def _rehearse(app: App, which: "Round") -> "Rehearsal":
    from core.services.reminders import rehearse  # noqa: PLC0415 - a fast start
    from core.storage.reminders import totals  # noqa: PLC0415 - a fast start

    rules = _rules(app)

    async def work(database: "Database") -> "Rehearsal":
        accounts = await database.read(totals)
        with app.progress() as bar:
            task = bar.add_task("accounts", total=accounts.get(which.branch, 0))
            return await rehearse(database, rules, which, lambda done: bar.update(task, completed=done))

    return app.run(work)


def _found_row(which: "Round", found: "Rehearsal") -> Row:
    messages = {f"to {channel}": count for channel, count in sorted(found.messages.items())}
    skipped = {reason.value: count for reason, count in sorted(found.skipped.items())}
    return {"key": which.key, "accounts": found.looked_at, "messages": found.messages.total()} | messages | skipped


def _row(each: "Standing", accounts: int) -> dict[str, object]:
    campaign, states = each.campaign, each.states
    return {
        "key": campaign.round.key,
        "branch": campaign.round.branch,
        "kind": campaign.round.kind.value,
        "period": campaign.round.period,
        "state": campaign.state.value,
        "started_at": campaign.started_at,
        "finished_at": campaign.finished_at,
        "accounts": accounts,
        "looked_at": campaign.queued + campaign.skipped,
        "messages": campaign.queued,
        "queued": states.get("queued", 0) + states.get("sending", 0),
        "sent": states.get("sent", 0) + states.get("delivered", 0),
        "unknown": states.get("unknown", 0),
        "failed": sum(states.get(state, 0) for state in ("failed", "dead", "expired", "unreachable")),
        "states": dict(sorted(states.items())),
    }


def _line(row: dict[str, object]) -> Row:
    """What fits into 80 columns."""
    shown = ("queued", "sent", "unknown", "failed")
    looked_at = f"{row['looked_at']}/{row['accounts']}"
    return {"round": row["key"], "state": row["state"], "looked at": looked_at} | {name: row[name] for name in shown}
