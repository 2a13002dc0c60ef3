"""Counts the SQL statements that a database is sent; the benchmark counts with it too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from core.storage.database import Database, PostgresDatabase, SqliteDatabase


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Every statement sent while it is open, in order; `executemany` is one."""
    statements: list[str] = []

    def note(*sent: Any) -> None:
        statements.append(" ".join(sent[2].split()))

    engines = _engines(database)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def _engines(database: Database) -> list[Engine]:
    if isinstance(database, SqliteDatabase):
        return [database.engine, database._readers.sync_engine]
    if isinstance(database, PostgresDatabase):
        return [database._engine.sync_engine]
    raise TypeError(f"{type(database).__name__} is no database that we know")
