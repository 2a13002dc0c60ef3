"""`meterline retention`: what is kept for how long."""

from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Group, Row, pass_app, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.retention import Retention
    from core.storage.database import Database


@click.group(cls=Group)
def retention() -> None:
    """Drop what was kept long enough.

    The running service does so by itself, once a night. How long what is kept
    stands in [retention] of the configuration.
    """


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only count what is due; change nothing.")
@pass_app
def run(app: App, *, dry_run: bool) -> None:
    """Do now what the night would do. Works beside a running service, and may be cut off and repeated."""

    async def work(database: "Database") -> "Mapping[str, int]":
        job = _retention(app, database)
        return await (job.count() if dry_run else _work(app, job))

    done = app.run(work)
    if app.json:
        app.emit({"dry_run": dry_run, "rows": dict(done)})
        return
    rows: list[Row] = [{"what": name, "rows": count} for name, count in done.items() if count]
    if rows:
        app.out.print(table_of(rows, title="due, nothing was changed" if dry_run else "done"))
    else:
        app.out.print("nothing is due")


async def _work(app: App, job: "Retention") -> "Mapping[str, int]":
    """With a bar for what is done now. Rows that fall due meanwhile wait for the next time."""
    with app.progress() as bar:
        if bar.disable:
            return await job.work()
        due = await job.count()
        tasks = {name: bar.add_task(name, total=count) for name, count in due.items() if count}
        return await job.work(lambda name, rows: bar.advance(tasks[name], rows) if name in tasks else None)


def _retention(app: App, database: "Database") -> "Retention":
    from core.services.retention import Retention  # noqa: PLC0415 - a fast start

    return Retention(database, app.clock, app.settings.retention.periods())
