"""Brings a database to the newest schema, and says which it has."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.storage.database import Database, SqliteDatabase, connect

_SCRIPTS = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest revision that this program knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the package always holds at least the first one
    return revision


async def current(database: Database) -> str | None:
    """The revision of the database; None when it is empty."""
    return await database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration that is missing, all in one transaction; harmless when none is."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    alone(url, run)


def alone(url: str, job: Callable[[Connection], None]) -> None:
    """Run a job on a connection of its own, from outside any event loop."""

    async def main() -> None:
        database = connect(url)
        try:
            await database.write(job)
        finally:
            await database.close()

    database = connect(url)
    if isinstance(database, SqliteDatabase):
        database.write_now(job)
        database.engine.dispose()
    else:
        asyncio.run(main())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
