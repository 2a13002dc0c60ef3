from pathlib import Path

import pytest
from sqlalchemy import insert

from core.storage.database import SqliteDatabase, connect
from core.storage.tables import account


@pytest.fixture
def sqlite(sqlite_url: str) -> SqliteDatabase:
    """The configuration's database, for tests without a loop."""
    database = connect(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    return database


@pytest.fixture
def billed(config: Path, sqlite: SqliteDatabase) -> Path:
    """The configuration, over a database with an account."""
    values = {"id": 1, "number": "001", "number_key": "1", "branch": "khb"}
    sqlite.write_now(lambda connection: connection.execute(insert(account).values(values)))
    sqlite.engine.dispose()
    return config
