"""Fixtures that every test may ask for: a fixed clock, and a database of each kind, empty and at the newest schema."""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from core.storage import migrate
from core.storage.database import PostgresDatabase, SqliteDatabase, connect
from tests.postgres import PostgresServer

# A developer's shell must not change results.
for name in [name for name in os.environ if name.startswith("METERLINE__")]:
    del os.environ[name]

# The same examples in every run, so that a change is judged by what it changes; `make explore` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_names = itertools.count()


class FixedClock:
    """A clock that a test sets: noon of 22 November 2026 in Khabarovsk, inside the window."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    migrate.upgrade(postgres_server.create("meterline_template"))
    return "meterline_template"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database at the newest schema, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "meterline.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create(f"test_{next(_names)}", request.getfixturevalue("postgres_template"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[SqliteDatabase | PostgresDatabase]:
    """An open, empty database of each kind."""
    database = connect(database_url)
    yield database
    await database.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """For what is the same on both databases, or about SQLite alone."""
    path = tmp_path / "meterline.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


MESSENGERS = (
    "journeys/test_dialogues.py",
    "journeys/test_pictures.py",
    "journeys/test_calculation.py",
    "survival/",
    "crash/test_messengers.py",
    "crash/test_pictures.py",
    "crash/test_reminders.py",
    "bot/demo/test_messengers.py",
    "bot/demo/test_phones.py",
)
"""What plays messengers through the whole service: many minutes of processor, so it has a target of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long suites by where they stand."""
    root = Path(__file__).parent
    for item in items:
        if item.path.relative_to(root).as_posix().startswith(MESSENGERS):
            item.add_marker(pytest.mark.messengers)
