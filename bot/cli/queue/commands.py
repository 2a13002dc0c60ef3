"""The commands `meterline queue …`."""

import sys
from datetime import timedelta
from typing import Any, Final

import click
from rich.text import Text
from sqlalchemy import Connection

from bot.cli.context import REJECTED, App, Fault, Group, pass_app
from bot.cli.queue import listing
from bot.cli.queue.deciding import as_moderator, decide, deciding, desk, settle, split
from bot.cli.queue.follow import follow
from bot.cli.queue.keys import at_keys
from bot.cli.queue.screen import picture_row, screen
from bot.cli.queue.session import Session
from core.services.moderation import Approve, Ask, Close, Correct, Note, Refused, Reject, Reply, background
from core.storage import cases
from core.storage.cases import CLOSED, OPEN, Elsewhere, Filters
from core.storage.database import Database

PAGE: Final = 20
STATES: Final = {OPEN: OPEN, CLOSED: CLOSED, "all": ""}


@click.group(cls=Group)
def queue() -> None:
    """Look at the moderation queue and decide.

    A case is named by five letters, REF: those that the subscriber was told,
    as in `queue show 7K2QM`. Capitals do not matter.
    """


@queue.command("list")
@click.option("--branch", default="", metavar="CODE", help="Only this branch.")
@click.option("--kind", default="", metavar="KIND", help="Only this kind, such as physical_limit or hand_over.")
@click.option("--state", type=click.Choice(list(STATES)), default=OPEN, show_default=True)
@click.option("--channel", default="", metavar="NAME", help="Only what came by this channel.")
@click.option("--older", type=click.IntRange(min=0), metavar="HOURS", help="Only cases open for longer than this.")
@click.option("--claimed-by", default="", metavar="NAME", help="Only those that this moderator works on.")
@click.option("--free", is_flag=True, help="Only those that nobody works on.")
@click.option("--search", default="", metavar="WORDS", help="An account, a phone, or words of the text.")
@click.option("--limit", type=click.IntRange(1, 1000), default=PAGE, show_default=True, help="How many at most.")
@click.option("--after", metavar="REF", help="Go on behind this case.")
@pass_app
def list_(app: App, /, *, state: str, limit: int, after: str | None, older: int | None, **wanted: Any) -> None:  # noqa: ANN401 - click's options, by the names of the filters
    """Cases, the most urgent first; decided ones in the order of opening."""
    now = app.clock.now()
    before = None if older is None else now - timedelta(hours=older)
    filters = Filters(state=STATES[state], opened_before=before, at=now, **wanted)

    def look(connection: Connection) -> tuple[list[cases.Entry], list[cases.Count]]:
        start = cases.find(connection, after) if after else None
        return cases.page(connection, filters, limit, start), cases.count(connection, filters, app.clock.now())

    try:
        entries, counts = app.run(lambda database: database.read(look))
    except cases.ReferenceRefused as error:
        raise Fault(str(error)) from error
    branches = not filters.branch and len(app.branches()) > 1
    app.emit(
        [listing.entry_row(entry) for entry in entries],
        lambda: listing.table(entries, counts, app.clock.now(), branches=branches),
    )


@queue.command()
@click.option(
    "-n", "last", type=click.IntRange(0, 1000), default=10, show_default=True, help="Open cases to begin with."
)
@click.option("--branch", default="", metavar="CODE", help="Only this branch.")
@click.option("--kind", default="", metavar="KIND", help="Only this kind.")
@click.option("--channel", default="", metavar="NAME", help="Only what came by this channel.")
@as_moderator
@pass_app
def tail(app: App, /, *, last: int, moderator: str, **wanted: str) -> None:
    """Open cases, then new ones and decisions as they come, until Ctrl-C.

    On a terminal single keys decide: space takes the next case, ? lists the keys.
    """
    branches = app.branches()
    out = app.out
    filters = Filters(**wanted)  # type: ignore[arg-type] # texts only

    def show(item: cases.News) -> None:
        if app.json or out.is_terminal:
            app.emit_line(listing.news_row(item), lambda: listing.fitting_line(item, branches))
        else:
            click.echo(listing.line(item, branches, dated=True).plain)

    async def watch(database: Database) -> None:
        if app.json or not (out.is_terminal and sys.stdin.isatty()):
            await follow(database, show, last, filters)
            return
        session = Session(
            desk(app, database), moderator, app.clock, lambda what: out.print(what, markup=False), filters
        )
        await at_keys(session, lambda: follow(database, session.hear(show), last, filters))

    try:
        app.run(watch)
    except KeyboardInterrupt:
        app.note("")


@queue.command()
@click.argument("ref")
@click.option("--full", is_flag=True, help="Show address and telephone whole.")
@as_moderator
@pass_app
def show(app: App, *, ref: str, full: bool, moderator: str) -> None:
    """Everything needed to decide about a case. Who looked is written down."""

    async def look(database: Database) -> cases.Picture:
        return await desk(app, database).look(ref, moderator, reveal=full)

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
@as_moderator
@deciding
@pass_app
def approve(app: App, /, *, refs: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's options
    """Accept the values, of several cases at once if you like."""
    how, given = split(options)
    decide(app, refs, Approve(**given), **how)


@queue.command()
@click.argument("ref")
@click.argument("new", metavar="[T1 [T2 [T3]]]", nargs=-1, type=click.IntRange(min=0))
@click.option("--account", default="", metavar="NUMBER", help="The account they belong to.")
@click.option("--meter", default="", metavar="SERIAL", help="The meter they belong to.")
@click.option("--note", default="", help="For colleagues: how you know.")
@click.option("--force", is_flag=True, help="Even if the values look wrong themselves.")
@as_moderator
@deciding
@pass_app
def correct(app: App, /, *, ref: str, new: tuple[int, ...], account: str, meter: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Accept other values (day or single, night, half-peak), or the same for another meter or account."""
    if not (new or account or meter):
        raise click.UsageError("give the values, or the --meter or --account that they belong to")
    elsewhere = Elsewhere(account=account, serial=meter) if account or meter else None
    how, given = split(options)
    decide(app, [ref], Correct(values=new, elsewhere=elsewhere, **given), **how)


@queue.command()
@click.argument("ref")
@click.option("--reason", default="", help="One sentence; the subscriber reads it.")
@click.option("--code", default="", help="Or a reason of ours, such as digits, in his language.")
@as_moderator
@deciding
@pass_app
def reject(app: App, /, *, ref: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Refuse the values, or close a case that has none."""
    if not (options["reason"] or options["code"]):
        raise click.UsageError("say why, with --reason or --code")
    how, given = split(options)
    decide(app, [ref], Reject(**given), **how)


@queue.command()
@click.argument("ref")
@click.argument("text", default="")
@click.option("--canned", default="", metavar="NAME", help="A reply of ours instead, such as call.")
@click.option("--close", is_flag=True, help="Close the case with it.")
@as_moderator
@deciding
@pass_app
def reply(app: App, /, *, ref: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Write to the subscriber in your own words, or in prepared ones."""
    if not (options["text"] or options["canned"]):
        raise click.UsageError("say what, as TEXT or with --canned")
    how, given = split(options)
    decide(app, [ref], Reply(**given), **how)


@queue.command()
@click.argument("ref")
@click.argument("question", default="")
@as_moderator
@deciding
@pass_app
def ask(app: App, /, *, ref: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Ask the subscriber whether his values are right."""
    how, given = split(options)
    decide(app, [ref], Ask(**given), **how)


@queue.command()
@click.argument("refs", metavar="REF...", nargs=-1, required=True)
@click.option("--note", default="", help="For colleagues.")
@as_moderator
@deciding
@pass_app
def close(app: App, /, *, refs: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's options
    """Close cases without a word to anybody."""
    how, given = split(options)
    decide(app, refs, Close(**given), **how)


@queue.command()
@click.argument("ref")
@click.argument("text")
@as_moderator
@deciding
@pass_app
def note(app: App, /, *, ref: str, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Write something down for colleagues."""
    how, given = split(options)
    decide(app, [ref], Note(**given), **how)


@queue.command()
@click.argument("ref")
@click.argument("others", metavar="OTHER...", nargs=-1, required=True)
@as_moderator
@pass_app
def merge(app: App, *, ref: str, others: tuple[str, ...], moderator: str) -> None:
    """Close OTHER cases of the same account: they are about the same thing as REF."""
    settle(app, [ref], lambda moderation, one: moderation.merge(one, others, moderator))
