"""The commands `meterline queue …`."""

import getpass
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import click
from rich.text import Text
from sqlalchemy import Connection

from bot.cli.context import REJECTED, App, Fault, Group, pass_app
from bot.cli.queue import listing
from bot.cli.queue.follow import follow
from bot.cli.queue.results import Result, results_row, results_table
from bot.cli.queue.screen import picture_row, screen
from bot.registry import capabilities
from core.services.moderation import Moderation, Outcome, Refused, background
from core.storage import cases
from core.storage.cases import CLOSED, OPEN, Filters
from core.storage.database import Database

T = TypeVar("T")
Decide = Callable[[Moderation, str], Awaitable[Outcome]]

PAGE: Final = 20
STATES: Final = {OPEN: OPEN, CLOSED: CLOSED, "all": ""}


@click.group(cls=Group)
def queue() -> None:
    """Look at the moderation queue and decide.

    A case is named by five letters, REF: those that the subscriber was told,
    as in `queue show 7K2QM`. Capitals do not matter.
    """


def _moderator(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is not None:
        return value
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in the system: a bare container
        raise Fault("who decides? This system does not know your name: give it with --as NAME") from None


_as = click.option(
    "--as", "moderator", metavar="NAME", callback=_moderator, help="Who decides; your login name if not given."
)


@queue.command("list")
@click.option("--branch", default="", metavar="CODE", help="Only this branch.")
@click.option("--kind", default="", metavar="KIND", help="Only this kind, such as physical_limit or hand_over.")
@click.option("--state", type=click.Choice(list(STATES)), default=OPEN, show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=PAGE, show_default=True, help="How many at most.")
@click.option("--after", metavar="REF", help="Go on behind this case.")
@pass_app
def list_(app: App, *, branch: str, kind: str, state: str, limit: int, after: str | None) -> None:
    """Cases, the oldest first."""
    filters = Filters(branch=branch, kind=kind, state=STATES[state])

    def look(connection: Connection) -> tuple[list[cases.Entry], list[cases.Count]]:
        start = cases.find(connection, after) if after else None
        return cases.page(connection, filters, limit, start), cases.count(connection, filters, app.clock.now())

    try:
        entries, counts = app.run(lambda database: database.read(look))
    except cases.ReferenceRefused as error:
        raise Fault(str(error)) from error
    branches = not branch and len(app.branches()) > 1
    app.emit(
        [listing.entry_row(entry) for entry in entries],
        lambda: listing.table(entries, counts, app.clock.now(), branches=branches),
    )


@queue.command()
@click.option(
    "-n", "last", type=click.IntRange(0, 1000), default=10, show_default=True, help="Open cases to begin with."
)
@pass_app
def tail(app: App, *, last: int) -> None:
    """Open cases, then new ones and decisions as they come, until Ctrl-C."""
    branches = app.branches()
    out = app.out

    def show(item: cases.News) -> None:
        if app.json or out.is_terminal:
            app.emit_line(listing.news_row(item), lambda: listing.fitting_line(item, branches))
        else:
            click.echo(listing.line(item, branches, dated=True).plain)

    try:
        app.run(partial(follow, show=show, last=last))
    except KeyboardInterrupt:
        app.note("")


@queue.command()
@click.argument("ref")
@click.option("--full", is_flag=True, help="Show address and telephone whole.")
@pass_app
def show(app: App, *, ref: str, full: bool) -> None:
    """Everything needed to decide about a case."""

    async def look(database: Database) -> cases.Picture:
        return await _moderation(app, database).picture(ref)

    try:
        seen = app.run(look)
    except Refused as error:
        app.err.print(Text(str(error), "red"))
        app.exit(REJECTED)
    branches = app.branches()
    branch = branches.get(seen.case.branch) or next(iter(branches.values()))
    past = background(seen, branch)
    app.emit(picture_row(seen, past, full=full), lambda: screen(seen, past, branch, app.clock.now(), full=full))


@queue.command()
@click.argument("refs", metavar="REF...", nargs=-1, required=True)
@_as
@pass_app
def approve(app: App, *, refs: tuple[str, ...], moderator: str) -> None:
    """Accept the values, of several cases at once if you like."""
    _decide(app, refs, lambda moderation, ref: moderation.approve(ref, moderator))


@queue.command()
@click.argument("ref")
@click.argument("new", metavar="T1 [T2 [T3]]", nargs=-1, required=True, type=click.IntRange(min=0))
@click.option("--note", default="", help="For colleagues: how you know.")
@click.option("--force", is_flag=True, help="Even if the values look wrong themselves.")
@_as
@pass_app
def correct(app: App, *, ref: str, new: tuple[int, ...], note: str, force: bool, moderator: str) -> None:
    """Accept other values: day or single, night, half-peak."""
    _decide(app, [ref], lambda moderation, one: moderation.correct(one, new, moderator, note, force=force))


@queue.command()
@click.argument("ref")
@click.option("--reason", required=True, help="One sentence; the subscriber reads it.")
@_as
@pass_app
def reject(app: App, *, ref: str, reason: str, moderator: str) -> None:
    """Refuse the values, or close a case that has none."""
    _decide(app, [ref], lambda moderation, one: moderation.reject(one, reason, moderator))


@queue.command()
@click.argument("ref")
@click.argument("text")
@click.option("--close", is_flag=True, help="Close the case with it.")
@_as
@pass_app
def reply(app: App, *, ref: str, text: str, close: bool, moderator: str) -> None:
    """Write to the subscriber in your own words."""
    _decide(app, [ref], lambda moderation, one: moderation.reply(one, text, moderator, close=close))


def _decide(app: App, refs: Sequence[str], decide: Decide) -> None:
    """Take one decision about each case, in a transaction of its own, and list what came of each."""

    async def work(database: Database) -> list[Result]:
        moderation = _moderation(app, database)
        results: list[Result] = []
        for ref in refs:
            try:
                results.append((ref, await decide(moderation, ref)))
            except Refused as error:
                results.append((ref, error))
        return results

    results = app.run(work)
    app.emit([results_row(ref, result) for ref, result in results], lambda: results_table(results))
    if any(isinstance(result, Refused) for _, result in results):
        app.exit(REJECTED)


def _moderation(app: App, database: Database) -> Moderation:
    known = capabilities(app.settings)
    return Moderation(database, branches=app.branches(), texts=app.texts(), capabilities=known, clock=app.clock)
