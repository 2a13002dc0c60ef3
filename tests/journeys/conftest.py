import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete
from structlog.testing import capture_logs
from structlog.typing import EventDict

from core.storage.database import Database, connect
from core.storage.tables import metadata
from tests.postgres import PostgresServer


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What was logged, instead of printing it."""
    with capture_logs() as entries:
        yield entries


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def databases(
    sqlite_template: Path,
    postgres_server: PostgresServer,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, Database]]:
    """One of each kind for all journeys: opening a database takes longer than a conversation."""
    path = tmp_path_factory.mktemp("journeys") / "meterline.db"
    shutil.copy(sqlite_template, path)
    opened: dict[str, Database] = {
        "sqlite": connect(f"sqlite:///{path}"),
        "postgres": connect(postgres_server.create("journeys", postgres_template)),
    }
    yield opened
    for database in opened.values():
        await database.close()


@pytest_asyncio.fixture(params=["sqlite", "postgres"], loop_scope="module")
async def emptied(request: pytest.FixtureRequest, databases: dict[str, Database]) -> Database:
    """The shared database of each kind, emptied."""
    database = databases[request.param]
    await database.write(_empty)
    return database


def _empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))
