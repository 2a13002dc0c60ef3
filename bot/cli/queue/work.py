"""Claims, bulk decisions and the audit log on the command line."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from bot.cli.context import REJECTED, App, Row, pass_app
from bot.cli.queue.commands import queue
from bot.cli.queue.deciding import as_moderator, desk, override_option
from bot.cli.queue.listing import case_row
from bot.cli.queue.results import results_row
from bot.cli.queue.words import kind_words, minute
from bot.wording import values
from core.domain.keys import reference
from core.services.moderation import Approve, BulkRequest, Bulks, Close, Refused, Reject, Reply
from core.storage.cases import Bulk, Case, Filters, Record
from core.storage.database import Database

SHOWN: Final = 10
"""Refused cases of a bulk decision that are listed; `--json` has all."""


@queue.command()
@click.argument("ref")
@override_option
@as_moderator
@pass_app
def claim(app: App, *, ref: str, override: bool, moderator: str) -> None:
    """Have a case for yourself for a while; again, to have it longer."""

    async def work(database: Database) -> Case:
        return await desk(app, database).claim(ref, moderator, override=override)

    _tell(app, _refusable(app, work))


@queue.command("next")
@click.option("--branch", default="", metavar="CODE", help="Only this branch.")
@click.option("--kind", default="", metavar="KIND", help="Only this kind.")
@click.option("--channel", default="", metavar="NAME", help="Only what came by this channel.")
@as_moderator
@pass_app
def next_(app: App, /, *, moderator: str, **wanted: str) -> None:
    """Claim the most urgent case that nobody works on."""

    async def work(database: Database) -> Case | None:
        return await desk(app, database).next_case(moderator, Filters(**wanted))  # type: ignore[arg-type] # texts only

    claimed = _refusable(app, work)
    if claimed is None:
        app.emit({}, lambda: Text("Nothing waits that nobody works on."))
    else:
        _tell(app, claimed)


@queue.command()
@click.argument("ref")
@override_option
@as_moderator
@pass_app
def release(app: App, *, ref: str, override: bool, moderator: str) -> None:
    """Let a case go, so that others can have it."""

    async def work(database: Database) -> bool:
        return await desk(app, database).release(ref, moderator, override=override)

    released = _refusable(app, work)
    words = "released" if released else "it was not yours"
    app.emit({"reference": ref, "released": released}, lambda: Text(f"{ref.upper()}  {words}"))


@queue.group()
def bulk() -> None:
    """Decide about many cases at once, and take it back in time."""


def _selection(command: Any) -> Any:  # noqa: ANN401 - click decorates functions and commands alike
    for option in (
        click.option("--branch", default="", metavar="CODE", help="Only this branch."),
        click.option("--kind", default="", metavar="KIND", help="Only this kind."),
        click.option("--channel", default="", metavar="NAME", help="Only what came by this channel."),
        click.option("--search", default="", metavar="WORDS", help="An account, a phone, or words of the text."),
        click.option("--code", default="", help="A reason of ours, for reject."),
        click.option("--text", default="", help="The reason, the reply, or the note."),
        click.option("--canned", default="", metavar="NAME", help="A reply of ours."),
        click.argument("refs", metavar="[REF]...", nargs=-1),
        click.argument("decision", type=click.Choice(["approve", "reject", "reply", "close"])),
    ):
        command = option(command)
    return as_moderator(command)


@bulk.command("preview")
@_selection
@pass_app
def bulk_preview(app: App, /, *, refs: tuple[str, ...], **options: str) -> None:
    """What a decision about the cases named, or about all that the filters let pass, would come to."""
    request, chosen = _request(options), _chosen(refs, options)

    async def work(database: Database) -> Any:  # noqa: ANN401 - a Forecast
        return await _bulks(app, database).preview(chosen, request)

    _emit(app, None, _refusable(app, work))


@bulk.command("apply")
@_selection
@pass_app
def bulk_apply(app: App, /, *, refs: tuple[str, ...], **options: str) -> None:
    """Decide about the cases named, or about all that the filters let pass."""
    request, chosen = _request(options), _chosen(refs, options)

    async def work(database: Database) -> Any:  # noqa: ANN401 - a Bulk and a Forecast
        return await _bulks(app, database).apply(chosen, request)

    made, forecast = _refusable(app, work)
    _emit(app, made, forecast)
    if forecast.refused:
        app.exit(REJECTED)


@bulk.command("undo")
@click.argument("name", default="")
@override_option
@as_moderator
@pass_app
def bulk_undo(app: App, *, name: str, override: bool, moderator: str) -> None:
    """Take a bulk decision back, your last one if none is named, while its messages wait."""

    async def work(database: Database) -> Any:  # noqa: ANN401 - an Undone
        return await _bulks(app, database).undo(moderator, name, override=override)

    undone = _refusable(app, work)
    kept = f"; {len(undone.kept)} had moved on and stay decided" if undone.kept else ""
    row = {"reopened": [reference(key) for key in undone.cases], "kept": [reference(key) for key in undone.kept]}
    app.emit(row, lambda: Text(f"{len(undone.cases)} cases are open again, no message went out{kept}"))


@bulk.command("list")
@pass_app
def bulk_list(app: App) -> None:
    """The latest bulk decisions."""

    async def work(database: Database) -> list[Bulk]:
        return await _bulks(app, database).recent()

    app.emit([_bulk_row(made) for made in app.run(work)])


@queue.command()
@click.argument("ref", default="")
@click.option("--who", default="", metavar="NAME", help="Only what this moderator did.")
@click.option("--what", default="", metavar="ACTION", help="Only this, such as revealed or approved.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@pass_app
def audit(app: App, /, *, ref: str, **wanted: Any) -> None:  # noqa: ANN401 - click's options
    """Who has seen and done what, the newest first; of one case, REF, or of all."""

    async def work(database: Database) -> list[Record]:
        return await desk(app, database).audit(ref, **wanted)

    records = _refusable(app, work)
    zone = next(iter(app.branches().values())).timezone
    app.emit([_record_row(item) for item in records], lambda: _records(records, zone))


def _refusable(app: App, work: Any) -> Any:  # noqa: ANN401 - whatever the work gives
    """Run it; what is refused is one line on stderr and exit code 1."""
    try:
        return app.run(work)
    except Refused as error:
        app.err.print(Text(str(error), "red"))
        app.exit(REJECTED)


def _tell(app: App, claimed: Case) -> None:
    zone = next(iter(app.branches().values())).timezone
    until = minute(claimed.claimed_until, zone) if claimed.claimed_until else ""
    line = Text.assemble((claimed.reference, "bold cyan"), f"  {kind_words(claimed.kind)}  yours until {until}")
    app.emit(case_row(claimed), lambda: line)


def _bulks(app: App, database: Database) -> Bulks:
    undo = timedelta(seconds=app.settings.moderation.undo_seconds)
    return Bulks(database, desk(app, database), app.clock, undo=undo)


def _request(options: Mapping[str, str]) -> BulkRequest:
    who, text = options["moderator"], options["text"]
    match options["decision"]:
        case "approve":
            return Approve(moderator=who)
        case "reject":
            return Reject(moderator=who, reason=text, code=options["code"])
        case "reply":
            return Reply(moderator=who, text=text, canned=options["canned"], close=True)
        case _:
            return Close(moderator=who, note=text)


def _chosen(refs: Sequence[str], options: Mapping[str, str]) -> Filters | Sequence[str]:
    wanted = {name: options[name] for name in ("branch", "kind", "channel", "search") if options[name]}
    if bool(refs) == bool(wanted):
        raise click.UsageError("name the cases, or choose them by --kind, --branch, --channel or --search")
    return refs or Filters(**wanted)  # type: ignore[arg-type] # texts only


def _bulk_row(made: Bulk) -> Row:
    return {
        "name": reference(made.id),
        "at": made.at,
        "who": made.who,
        "decision": made.action,
        "cases": made.decided,
        "undo_until": made.undo_until,
        "undone_at": made.undone_at,
    }


def _emit(app: App, made: Bulk | None, forecast: Any) -> None:  # noqa: ANN401 - a Forecast
    decided, refused = forecast.decided, forecast.refused
    row: dict[str, Any] = {} if made is None else {"name": reference(made.id), "undo_until": made.undo_until}
    row["decided"] = [results_row(item.case.reference, item) for item in decided]
    row["refused"] = [{"reference": case.reference, "error": str(why)} for case, why in refused]
    app.emit(row, lambda: _summary(app, made, decided, refused))


def _summary(app: App, made: Bulk | None, decided: Any, refused: Any) -> Table:  # noqa: ANN401 - of a Forecast
    grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    silent = sum(1 for item in decided if not item.text)
    would = "would be decided" if made is None else "decided"
    words = f", {silent} of them without a word to the subscriber" if silent else ""
    grid.add_row(Text(str(len(decided)), "bold green"), Text(f"{would}{words}"))
    for case, why in refused[:SHOWN]:
        grid.add_row(Text(case.reference, "bold cyan"), Text.assemble(("not", "bold red"), f": {why}"))
    if len(refused) > SHOWN:
        grid.add_row("", f"and {len(refused) - SHOWN} more")
    if made is not None and decided:
        zone = next(iter(app.branches().values())).timezone
        until = made.undo_until.astimezone(zone)
        grid.add_row("", Text(f"until {until:%H:%M:%S}: meterline queue bulk undo {reference(made.id)}", "dim"))
    return grid


def _record_row(item: Record) -> Row:
    return {
        "id": str(item.id),
        "at": item.at,
        "who": item.who,
        "skin": item.skin,
        "what": item.what,
        "case": item.reference or None,
        "old": item.old,
        "new": item.new,
    }


def _records(records: Sequence[Record], zone: tzinfo) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name in ("When", "Who", "By", "What", "Case"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("Values")
    for item in records:
        when, about = Text(minute(item.at, zone), "dim"), Text(item.reference, "cyan")
        grid.add_row(when, Text(item.who), item.skin, item.what, about, _values(item, zone))
    return grid


def _values(item: Record, zone: tzinfo) -> Text:
    """What changed, in a few words; `--json` has all of it."""
    old, new = item.old.get("values"), item.new.get("values")
    if new is not None:
        now, was = values(new), values(old or ())
        return Text(now if old == new else f"{was} → {now}", "dim")
    if "until" in item.new:
        return Text(f"until {minute(datetime.fromisoformat(item.new['until']), zone)}", "dim")
    return Text(str(item.new.get("into") or item.new.get("text") or item.old.get("bulk") or ""), "dim")
