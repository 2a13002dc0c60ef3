"""What a database that cannot work looks like, and what is only a job that it refuses; and two who write at once."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from core.services.desk.desk import Desk
from core.storage import database as database_module
from core.storage.database import Database, Unavailable, connect
from core.storage.tables import account, event, outbox, reading
from tests import world
from tests.conftest import FixedClock
from tests.services.desk.talk import NOON


def _one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def _add_account(connection: Connection) -> None:
    connection.execute(insert(account).values(id=1, number="1", number_key="1", branch="khb", balance=0))


def _refused_for_its_size(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("SELECT ?300000")
    marks = ", ".join(f"${n}" for n in range(1, 33_001))
    connection.exec_driver_sql(f"SELECT 1 WHERE '1' IN ({marks})", ("1",) * 33_000)


def _refused_twice_the_same_key(connection: Connection) -> None:
    _add_account(connection)
    _add_account(connection)


def _refused_no_such_table(connection: Connection) -> None:
    connection.execute(text("SELECT * FROM nowhere"))


@pytest.mark.parametrize("job", [_refused_for_its_size, _refused_twice_the_same_key, _refused_no_such_table])
async def test_refused_job_is_no_outage(database: Database, job: database_module.Job[None]) -> None:
    """A statement that the database will never take must not be tried for ever."""
    with pytest.raises(DBAPIError):
        await database.write(job)
    assert await database.write(_one) == 1


async def test_failed_job_changes_nothing(database: Database) -> None:
    """A transaction is whole or not at all."""

    def job(connection: Connection) -> None:
        _add_account(connection)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(job)
    assert await database.read(lambda connection: connection.execute(select(account.c.id)).all()) == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_connection_ended_by_the_server_is_an_outage(database: Database) -> None:
    """An operator restarts PostgreSQL in the middle of a job: the next job has a new connection."""
    with pytest.raises(Unavailable):
        await database.write(
            lambda connection: connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        )
    assert await database.write(_one) == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_connection_ended_while_idle_is_an_outage(database: Database) -> None:
    """A pooled connection died in the night: one job at most finds out."""
    assert await database.read(_one) == 1
    ending = connect(database._engine.url.set(drivername="postgresql").render_as_string(hide_password=False))  # type: ignore[attr-defined] # PostgreSQL's
    await ending.write(
        lambda connection: connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    )
    await ending.close()
    with pytest.raises(Unavailable):
        await database.write(_one)
    assert await database.write(_one) == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_lone_message_survives_a_restart_of_the_server(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not durable, so that the vendor repeats it; it must not be buried as a failed one."""
    await database.write(world.fill(world.street(1)))
    desk = Desk(database, world.rules(), clock)
    arrivals = world.arrivals([world.sent_from(0, 5123)], NOON)
    with monkeypatch.context() as patch:
        patch.setattr("core.services.desk.desk.store", _terminate)
        assert await desk.handle(arrivals) == [False]
    assert await desk.handle(arrivals) == [True]
    assert await database.read(lambda connection: connection.execute(select(reading.c.t1)).scalars().all()) == [5123]


def _terminate(connection: Connection, *_: object) -> None:
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def test_server_out_of_reach_is_an_outage() -> None:
    """Nobody listens there."""
    database = connect("postgresql://postgres@127.0.0.1:1/nowhere")
    with pytest.raises(Unavailable):
        await database.write(_one)
    await database.close()


async def test_full_disk_is_an_outage(sqlite_url: str) -> None:
    """SQLite may not grow the file any more."""
    database = connect(sqlite_url)

    def job(connection: Connection) -> None:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        world.fill(world.street(2000))(connection)

    with pytest.raises(Unavailable, match="full"):
        await database.write(job)
    await database.close()


async def test_broken_file_is_an_outage(tmp_path: Path) -> None:
    """Somebody wrote over it."""
    (tmp_path / "meterline.db").write_bytes(b"this is no database" * 1000)
    database = connect(f"sqlite:///{tmp_path}/meterline.db")
    with pytest.raises(Unavailable, match="not a database"):
        await database.write(_one)
    await database.close()


async def test_folder_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    """A disk that is not mounted."""
    database = connect(f"sqlite:///{tmp_path}/nowhere/meterline.db")
    with pytest.raises(Unavailable, match="unable to open"):
        await database.write(_one)
    with pytest.raises(Unavailable, match="unable to open"):
        await database.read(_one)
    await database.close()


async def test_writer_that_waits_too_long_is_an_outage(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process keeps the file; reading goes on meanwhile."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 20)
    service, other = connect(sqlite_url), connect(sqlite_url)
    kept = other.engine.connect()  # type: ignore[union-attr] # SQLite's
    kept.begin()
    with pytest.raises(Unavailable, match="locked"):
        await service.write(_one)
    assert await service.read(_one) == 1
    kept.close()
    assert await service.write(_one) == 1
    await service.close()
    await other.close()


async def test_slow_disk_does_not_hold_the_loop(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a commit that took long, the next ones wait for the disk in the writer's thread."""
    commit, threads = database_module._commit, []

    def noted(connection: Connection) -> None:
        threads.append(threading.current_thread().name.partition("_")[0])
        commit(connection)

    monkeypatch.setattr(database_module, "_commit", noted)
    database = connect(sqlite_url)
    await database.write(_one)
    for quick, slow_seconds in ((0.0, 60.0), (60.0, 60.0), (60.0, 0.0)):
        monkeypatch.setattr(database_module, "QUICK_COMMIT", quick)
        monkeypatch.setattr(database_module, "SLOW_SECONDS", slow_seconds)
        await database.write(_one)
    await database.close()
    assert threads == ["MainThread", "MainThread", "writer", "writer"]


async def test_service_copies_its_log(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written is in the file itself after a while, though no commit copies it there."""
    monkeypatch.setattr(database_module, "CHECKPOINT_ROWS", 10)
    database = connect(sqlite_url)
    await database.write(world.fill(world.street(20)))
    await asyncio.gather(*database._running)  # type: ignore[union-attr] # SQLite's
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "alone.db")
    alone = connect(f"sqlite:///{tmp_path}/alone.db")
    assert len(await alone.read(lambda connection: connection.execute(select(account.c.id)).all())) == 20
    await alone.close()
    await database.close()


def test_url_of_another_database_is_refused() -> None:
    """Only the two that we test."""
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        connect("mysql://localhost/meterline")


async def test_problem_names_no_personal_data(database: Database) -> None:
    """What is logged of a refused statement is the driver's words, without its parameters."""
    with pytest.raises(DBAPIError) as caught:
        await database.write(
            lambda connection: connection.execute(
                text("INSERT INTO account (id, number, number_key) VALUES (:a, :b, :b)"), {"a": 1, "b": "2701001101"}
            )
        )
    assert "2701001101" not in str(caught.value).partition("DETAIL")[0]


def _spend(connection: Connection) -> None:
    """Read, then write: loses counts where two do it at once."""
    before = connection.execute(select(account.c.balance)).scalar_one()
    connection.execute(update(account).values(balance=before + 1))


async def test_two_processes_write_one_after_another(database_url: str) -> None:
    """The command line beside the service: neither loses what the other has written."""
    databases = [connect(database_url), connect(database_url)]
    await databases[0].write(_add_account)
    await asyncio.gather(*(database.write(_spend) for database in databases for _ in range(40)))
    assert await databases[1].read(lambda connection: connection.execute(select(account.c.balance)).scalar_one()) == 80
    for database in databases:
        await database.close()


async def test_two_services_with_the_same_events(database_url: str, clock: FixedClock) -> None:
    """A vendor delivers to both at once: each event is applied once."""
    databases = [connect(database_url), connect(database_url)]
    await databases[0].write(world.fill(world.street(50)))
    arrivals = world.arrivals([world.sent_from(house, 5123) for house in range(50)], NOON)
    desks = [Desk(database, world.rules(), clock) for database in databases]
    batches = [arrivals[start : start + 10] for start in range(0, 50, 10)]
    results = await asyncio.gather(*(desk.handle(batch) for batch in batches for desk in desks))
    assert all(durable for result in results for durable in result)
    for table in (event, reading, outbox):
        rows = await databases[0].read(lambda connection, table=table: connection.execute(select(table.c.id)).all())
        assert len(rows) == 50
    for database in databases:
        await database.close()
