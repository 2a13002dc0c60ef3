"""`meterline db`: the database's schema."""

import asyncio
import os
from pathlib import Path

import click

from bot.cli.context import App, Fault, Group, pass_app


@click.group(cls=Group)
def db() -> None:
    """Look after the database's schema."""


@db.command()
@pass_app
def upgrade(app: App) -> None:
    """Bring the database to the newest schema; make it if there is none.

    Harmless when nothing is to be done. Make a backup first: docs/operations.md says how.
    """
    from core.storage import migrate  # noqa: PLC0415 - a fast start

    before = _present(app)
    _make_file(app.settings.database.file)
    migrate.upgrade(app.settings.database.url)
    head = migrate.head()
    app.emit({"from": before, "to": head, "changed": before != head}, lambda: _told(before, head))


@db.command()
@pass_app
def current(app: App) -> None:
    """Say which schema the database has, and which one this program needs."""
    from core.storage import migrate  # noqa: PLC0415 - a fast start

    present, head = _present(app), migrate.head()
    todo = "" if present == head else " - run `meterline db upgrade`"
    app.emit(
        {"database": app.settings.database.shown, "current": present, "head": head, "newest": present == head},
        lambda: f"schema {present or 'none'}, this program needs {head}{todo}",
    )


def bring_up_to_date(app: App) -> None:
    """Make the tables of an empty database. One that holds data is the operator's to upgrade, after a backup."""
    from core.storage import migrate  # noqa: PLC0415 - a fast start

    present, head = _present(app), migrate.head()
    if present is None:
        _make_file(app.settings.database.file)
        migrate.upgrade(app.settings.database.url)
    elif present != head:
        raise Fault(f"the database has schema {present}, not {head}: make a backup, then `meterline db upgrade`")


def _present(app: App) -> str | None:
    """The database's revision; None where there is none yet."""
    from core.storage import migrate  # noqa: PLC0415 - a fast start
    from core.storage.database import connect  # noqa: PLC0415 - a fast start

    file = app.settings.database.file
    if file is not None and not file.exists():
        return None

    async def ask() -> str | None:
        database = connect(app.settings.database.url)
        try:
            return await migrate.current(database)
        finally:
            await database.close()

    return asyncio.run(ask())


def _make_file(file: Path | None) -> None:
    """Make SQLite's file for its owner only: it will hold phones and balances. WAL and shm take the same mode."""
    if file is None or file.exists():
        return
    if not file.parent.is_dir():
        raise Fault(f"there is no folder {file.parent} for the database; make it, or change database.url")
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _told(before: str | None, head: str) -> str:
    return (
        f"the schema is the newest already: {head}" if before == head else f"upgraded from {before or 'none'} to {head}"
    )
