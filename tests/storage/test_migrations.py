"""Migrations: on an empty database, on a filled one, and equal to the tables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

from core.domain.cases import KINDS, due, urgency
from core.storage import migrate
from core.storage.database import Database
from core.storage.tables import account, case, metadata, microseconds

OPENED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


async def test_migrated_database_equals_the_tables(database: Database) -> None:
    """What the migrations make and what the tables say is the same, to the last index."""

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    assert await database.read(differences) == []


async def test_database_is_at_head(database: Database) -> None:
    """A migrated database says that it is at the newest revision."""
    assert await migrate.current(database) == migrate.head()


def test_upgrade_keeps_what_a_filled_database_holds(database_url: str) -> None:
    """Running the upgrade over data changes nothing of it."""
    migrate.alone(database_url, _fill)
    migrate.upgrade(database_url)
    migrate.alone(database_url, _check)


def test_accounts_of_before_have_the_default_group(tmp_path: Path) -> None:
    """A database that knows no groups is brought up to date with what is in it."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    migrate.upgrade(url, "0003")
    migrate.alone(url, _fill)
    migrate.upgrade(url)
    migrate.alone(url, _check_group)


def _check_group(connection: Connection) -> None:
    assert connection.execute(select(account.c.tariff, account.c.residents)).one() == ("", None)


def _fill(connection: Connection) -> None:
    connection.execute(insert(account).values(id=1, number="0012", number_key="12", branch="khb"))


def _check(connection: Connection) -> None:
    assert connection.execute(select(account.c.number)).scalar_one() == "0012"


@pytest.mark.parametrize("kind_of_database", ["sqlite", "postgres"])
def test_cases_from_before_the_desk_get_their_place(
    request: pytest.FixtureRequest, tmp_path: Path, kind_of_database: str
) -> None:
    """A case that was opened before priorities stands in the queue where a new one of its kind would."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if kind_of_database == "postgres":
        url = request.getfixturevalue("postgres_server").create("before_the_desk")
    migrate.upgrade(url, "0003")
    migrate.alone(url, _open_old_cases)
    migrate.upgrade(url)
    migrate.alone(url, _check_old_cases)


def _open_old_cases(connection: Connection) -> None:
    statement = text(
        "INSERT INTO moderation_case (id, kind, state, channel, external_id, opened_at) "
        "VALUES (:id, :kind, 'open', 'sms', '+79140000000', :at)"
    )
    kinds = enumerate([*KINDS, "another"], 1)
    connection.execute(statement, [{"id": key, "kind": kind, "at": microseconds(OPENED)} for key, kind in kinds])


def _check_old_cases(connection: Connection) -> None:
    rows = connection.execute(select(case)).all()
    assert len(rows) == len(KINDS) + 1
    for row in rows:
        assert (row.priority, row.due_at) == (urgency(row.kind).priority, due(row.kind, OPENED)), row.kind
