"""`meterline export payments`: what was paid on a day, for billing and for comparing with the provider's register."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import App, Command, Fault, pass_app
from core.domain.money import decimal

if TYPE_CHECKING:
    from core.billing.payments import PaymentsExported
    from core.storage.database import Database

STDOUT: Final = Path("-")


@click.command(cls=Command)
@click.option("--day", required=True, metavar="YYYY-MM-DD", help="By each branch's own clock.")
@click.option("--branch", metavar="CODE", help="One branch instead of all.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Where to; payments-YYYY-MM-DD[-CODE].csv here if not given. - is standard output.",
)
@click.option("--encoding", type=click.Choice(["utf-8", "cp1251"]), default="utf-8", show_default=True)
@click.option("--dry-run", is_flag=True, help="Only count; write nothing.")
@pass_app
def payments(app: App, day: str, branch: str | None, out: Path | None, encoding: str, *, dry_run: bool) -> None:
    """Write what was paid on a day, and what of that has gone back since. Marks nothing; may be repeated."""
    from core.billing.exporting import UnwritableFile  # noqa: PLC0415 - a fast start
    from core.billing.payments import PaymentExport  # noqa: PLC0415 - a fast start

    branches = app.branches()
    if branch is not None and branch not in branches:
        raise Fault(f"there is no branch {branch}; the configuration knows {', '.join(sorted(branches))}")
    if app.json and out == STDOUT:
        raise Fault("--json answers on standard output; give --out a file")
    path = out or Path(f"payments-{day}{f'-{branch}' if branch else ''}.csv")

    async def work(database: "Database") -> "PaymentsExported":
        job = PaymentExport(database=database, branches=branches, day=_day(day), branch=branch, encoding=encoding)
        if dry_run:
            return await job.rehearse()
        return await (job.to_stream(sys.stdout.buffer) if path == STDOUT else job.to_file(path))

    try:
        done = app.run(work)
    except UnwritableFile as error:
        raise Fault(str(error)) from error
    shown = "" if dry_run or path == STDOUT else str(path)
    if app.json:
        row = {"file": shown, "sha256": done.sha256, "dry_run": dry_run, "day": day, "branch": branch}
        app.emit(row | vars(done.totals))
        return
    totals, console = done.totals, app.err if path == STDOUT else app.out
    counted = f"{totals.payments} payments, {decimal(totals.amount)} RUB"
    lines = [f"{counted}; {totals.refunded} of them refunded since, {decimal(totals.refunded_amount)} RUB"]
    lines += [f"{shown}  sha256 {done.sha256}"] if shown else []
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Fault(f"--day should be like 2026-11-22, not {text}") from None
