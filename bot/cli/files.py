"""`meterline import` and `meterline export`: the files exchanged with billing. Formats and rules: docs/files.md."""

import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import REJECTED, App, Fault, Group, pass_app, printable
from bot.cli.payments import payments

if TYPE_CHECKING:
    from rich.table import Table

    from core.billing.exporting import Export, Exported
    from core.billing.importing import Import, Progress
    from core.billing.kinds import Options
    from core.billing.problems import Problem
    from core.billing.report import Report
    from core.storage.database import Database

_PERIOD = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STDOUT = Path("-")


def _import_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--rejected",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Where rejected rows go; FILE.rejected.csv beside the file if not given.",
        ),
        click.option("--allow-short", is_flag=True, help="Much is missing or replaced, and that is meant."),
        click.option("--dry-run", is_flag=True, help="Check everything, say what would change, change nothing."),
    ):
        command = option(command)
    return command


@click.group("import", cls=Group)
def import_() -> None:
    """Read accounts and meters from billing."""


@import_.command()
@click.argument("file", type=_FILE)
@_import_options
@click.option("--allow-moves", is_flag=True, help="Accounts may move to another branch.")
@pass_app
def accounts(
    app: App, file: Path, *, rejected: Path | None, allow_short: bool, dry_run: bool, allow_moves: bool
) -> None:
    """Take the accounts in FILE: new ones are added, changed ones updated, none deleted.

    Rows that are not right are listed and written to FILE.rejected.csv; the others go in. Safe to repeat.
    """
    from core.billing.kinds import Options  # noqa: PLC0415 - a fast start

    options = Options(dry_run=dry_run, allow_short=allow_short, allow_moves=allow_moves)
    branches = app.branches()
    _import(app, file, options, rejected, lambda work: work.accounts(file, branches))


@import_.command()
@click.argument("file", type=_FILE)
@_import_options
@pass_app
def meters(app: App, file: Path, *, rejected: Path | None, allow_short: bool, dry_run: bool) -> None:
    """Take the meters in FILE, after the accounts.

    A meter that is on file but not among its account's in FILE was replaced and is closed. Safe to repeat.
    """
    from core.billing.kinds import Options  # noqa: PLC0415 - a fast start

    options = Options(dry_run=dry_run, allow_short=allow_short)
    _import(app, file, options, rejected, lambda work: work.meters(file))


@click.group(cls=Group)
def export() -> None:
    """Write readings and payments for billing."""


export.add_command(payments)


@export.command()
@click.option("--period", required=True, metavar="YYYY-MM", help="The billing period.")
@click.option("--branch", metavar="CODE", help="One branch instead of all.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Where to; readings-YYYY-MM[-CODE].csv here if not given. - is standard output and marks nothing.",
)
@click.option("--encoding", type=click.Choice(["utf-8", "cp1251"]), default="utf-8", show_default=True)
@click.option("--dry-run", is_flag=True, help="Only count; write and mark nothing.")
@pass_app
def readings(app: App, period: str, branch: str | None, out: Path | None, encoding: str, *, dry_run: bool) -> None:
    """Write the readings of a period that count, then mark them as exported.

    May be repeated: as long as nothing changes, the file is the same to the byte.
    """
    from core.billing.exporting import Export, UnwritableFile  # noqa: PLC0415 - a fast start

    branches = app.branches()
    if branch is not None and branch not in branches:
        raise Fault(f"there is no branch {branch}; the configuration knows {', '.join(sorted(branches))}")
    if app.json and out == _STDOUT:
        raise Fault("--json answers on standard output; give --out a file")
    number = _period(period)
    path = out or Path(f"readings-{period}{f'-{branch}' if branch else ''}.csv")

    async def work(database: "Database") -> "Exported":
        job = Export(database=database, branches=branches, period=number, branch=branch, encoding=encoding)
        return await _write(job, path, dry_run=dry_run)

    try:
        done = app.run(work)
    except UnwritableFile as error:
        raise Fault(str(error)) from error
    shown = "" if dry_run or path == _STDOUT else str(path)
    if app.json:
        row = {"file": shown, "sha256": done.sha256, "dry_run": dry_run, "period": period, "branch": branch}
        app.emit(row | vars(done.totals) | {"new": done.new, "marked": done.marked})
    else:
        console = app.err if path == _STDOUT else app.out
        for line in _export_lines(done, shown):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _write(job: "Export", path: Path, *, dry_run: bool) -> "Exported":
    if dry_run:
        return await job.rehearse()
    if path == _STDOUT:
        return await job.to_stream(sys.stdout.buffer)
    return await job.to_file(path)


def _export_lines(done: "Exported", path: str) -> Iterator[str]:
    totals = done.totals
    unknown = f" ({totals.without_kwh} without)" if totals.without_kwh else ""
    yield (
        f"{totals.readings} readings, T1 {totals.t1}, T2 {totals.t2}, T3 {totals.t3}, {totals.kwh} kWh{unknown}, "
        f"{totals.corrections} corrections"
    )
    yield f"{done.new} of them in no export before" + (f", {done.marked} marked as exported" if path else "")
    if path:
        yield f"{path}  sha256 {done.sha256}"
        if done.marked < done.new:
            yield f"{done.new - done.marked} were changed while we wrote: export again"
    else:
        yield "nothing was marked as exported"


def _period(text: str) -> int:
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise Fault(f"--period should be like 2026-11, not {text}")
    return int(found[1]) * 100 + int(found[2])


def _import(
    app: App,
    file: Path,
    options: "Options",
    rejected: Path | None,
    run: "Callable[[Import], Awaitable[Report]]",
) -> None:
    from core.billing.importing import Import  # noqa: PLC0415 - a fast start
    from core.billing.problems import UnreadableFile  # noqa: PLC0415 - a fast start

    if rejected is not None and rejected.exists() and rejected.samefile(file):
        raise Fault("--rejected would replace the file itself")
    with _progress(app, file) as progress:

        async def work(database: "Database") -> "Report":
            job = Import(database=database, clock=app.clock, options=options, rejected_to=rejected, progress=progress)
            return await run(job)

        try:
            report = app.run(work)
        except UnreadableFile as error:
            raise Fault(f"{file}: {error}") from error
    if app.json:
        app.emit({"file": str(file)} | report.as_row())
    else:
        _show(app, file, report)
    if not report.clean:
        app.exit(REJECTED)


def _show(app: App, file: Path, report: "Report") -> None:
    if report.ignored_columns:
        app.note(f"columns ignored: {', '.join(map(printable, report.ignored_columns))}")
    _list(app, "warning", report.warnings, report.warned)
    _list(app, "rejected", report.problems, report.rejected)
    app.out.print(_summary(file, report))
    if report.guard:
        app.note(f"meterline: {report.guard}")
    if report.quarantine:
        app.note(f"rejected rows: {report.quarantine}")


def _list(app: App, word: str, problems: "list[Problem]", count: int) -> None:
    rows = len({problem.line for problem in problems})
    for problem in problems:
        where = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
        app.note(f"{word}: {where}: {problem.reason}")
    if count > rows:
        app.note(f"{word}: ... and {count - rows} more")


def _summary(file: Path, report: "Report") -> "Table":
    from rich.table import Table  # noqa: PLC0415 - a fast start
    from rich.text import Text  # noqa: PLC0415 - a fast start

    changes = report.changes
    columns = ", ".join(f"{name} {count}" for name, count in changes.columns.most_common())
    read_as = f"{report.encoding.removesuffix('-sig')}, {'tab' if report.delimiter == chr(9) else report.delimiter}"
    lines = (
        ("rows", report.rows, f"{file.name} read as {read_as}"),
        ("new", changes.new, ""),
        ("changed", changes.changed, columns),
        ("unchanged", changes.unchanged, ""),
        ("reopened", changes.reopened, "of the changed ones"),
        ("renamed", changes.renamed, "accounts that keep their history under a new number"),
        ("aliases", changes.aliases, "old numbers that keep working from now on"),
        ("older", changes.older, "dated before what is on file: an old file?"),
        ("closed", report.closed, "meters that were replaced"),
        ("kept open", report.kept_open, "meters that look replaced"),
        ("vanished", report.vanished, "accounts on file but not in the file; kept as they are"),
        ("warnings", report.warned, ""),
        ("rejected", report.rejected, ""),
    )
    always = {"rows", "new", "changed", "unchanged", "rejected"}
    table = Table(box=None, show_header=False, title_justify="left", title=_title(report))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for name, count, remark in lines:
        if count or name in always:
            table.add_row(name, f"{count:,}".replace(",", " "), Text(printable(remark) if count else ""))
    return table


def _title(report: "Report") -> str:
    pace = f"{report.rows / report.seconds:,.0f}".replace(",", " ") if report.seconds else "-"
    done = "dry run, nothing was changed" if report.dry_run else "done"
    return f"{report.kind}: {done}, {report.seconds:.1f} s, {pace} rows/s"


@contextmanager
def _progress(app: App, file: Path) -> "Iterator[Progress]":
    """A bar on a terminal, with rows per second and the time that is left."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn(file.name, markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]} rows, {task.fields[pace]}/s"),
        TimeRemainingColumn(),
    )
    silent = app.json or not app.err.is_terminal
    with Progress(*columns, console=app.err, disable=silent, transient=True) as bar:
        task = bar.add_task("", total=None, rows=0, pace="-")

        def note(done: int, size: int, rows: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            pace = f"{rows / elapsed:.0f}" if elapsed else "-"
            bar.update(task, completed=done, total=max(size, 1), rows=rows, pace=pace)

        yield note
