"""Where the storage functions run: one writer thread over SQLite, or asyncpg over PostgreSQL."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.storage.sets import send

T = TypeVar("T")
Job = Callable[[Connection], T]

BUSY_TIMEOUT_MS = 10_000
"""How long we wait for another process's write (the command line beside the service) before we give up."""
WRITER_LOCK = 0x6D65746572
"""PostgreSQL's advisory lock of the one who writes ("meter" in ASCII)."""
CHECKPOINT_PAGES = 4_000
"""Pages of the log (16 MB) before they go into the file: a page of an index that many readings touch is copied once."""
CHECKPOINT_ROWS = 24_000
"""Rows written, some 16,000 pages (64 MB), before a service copies the log in the writer's thread and not in a commit.

A page of an index that is written again and again is copied once: four times as many rows as for CHECKPOINT_PAGES make
a message a tenth cheaper. After a crash such a log is read in 25 ms.
"""
COMMIT_ROWS = 8
"""What the last pages of the tables and indexes count, which every commit writes anew."""
FORGOTTEN_PAGES = 10 * CHECKPOINT_PAGES
"""When a service's commit copies the log all the same."""
QUICK_COMMIT = 0.01
"""Seconds. A commit of a batch takes one or two milliseconds where the disk is quick; one that takes longer..."""
SLOW_SECONDS = 2.0
"""...sends those of the next seconds into the writer's thread, so that a slow disk does not hold the loop."""
READERS = 4
CACHE_KIB = 64 * 1024
"""Page cache of the writer: holds the upper pages of the indexes of a million accounts."""


class Unavailable(Exception):
    """The database cannot work now: stopped, out of reach, out of disk, locked for too long. Nothing was changed."""


class Database(Protocol):
    """Runs jobs, each in one transaction of its own."""

    async def write(self, job: Job[T]) -> T:
        """Run a job that may write, alone: jobs of all processes come one after another. Commits when it returns."""

    async def read(self, job: Job[T]) -> T:
        """Run a job that only reads, beside the writer, on one consistent snapshot."""

    async def close(self) -> None:
        """Finish what runs and free the connections."""


def connect(url: str) -> "SqliteDatabase | PostgresDatabase":
    """The database that a URL names: `sqlite:///meterline.db` or `postgresql://user@host/name`.

    Raises:
        ValueError: another kind of database.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return SqliteDatabase(parsed)
    if kind == "postgresql":
        return PostgresDatabase(parsed)
    raise ValueError(f"database.url must begin with sqlite:/// or postgresql://, not {kind!r}")


class SqliteDatabase:
    """A SQLite file: WAL, `synchronous=FULL`, one writer.

    What waits, for another process's lock and for a slow disk, does so in the writer's thread; the job itself runs in
    the event loop's. It never waits, and in a thread of its own it would: for the interpreter's lock, after every step
    of every statement (docs/decisions/0008-jobs-in-the-loop.md has the figures).
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self.engine: Engine = create_engine(
            url.set(drivername="sqlite+pysqlite"),
            query_cache_size=1000,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
        self._readers: AsyncEngine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"), pool_size=READERS, max_overflow=0, hide_parameters=True
        )
        event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self._readers.sync_engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin_immediate)
        event.listen(self._readers.sync_engine, "begin", _begin)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._slow_until = 0.0
        self._rows = self._uncopied = 0
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def write(self, job: Job[T]) -> T:
        """Run the job in one IMMEDIATE transaction. A caller that is cancelled meanwhile does not cut it off."""
        task = self._run(self._transact(job))
        with _translated():
            return await asyncio.shield(task)

    def _run(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin what `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def _transact(self, job: Job[T]) -> T:
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._writer)
        async with self._turn:
            connection = self._begin(0) or await in_thread(self._begin, BUSY_TIMEOUT_MS)
            assert connection is not None  # noqa: S101 - with a time-out it begins or raises
            try:
                result = job(connection)
            except BaseException:
                await in_thread(connection.close)
                raise
            rows = _driver(connection).total_changes
            await self._commit(connection)
        self._note_written(rows)
        return result

    def _note_written(self, rows: int) -> None:
        """Have the log copied when enough is in it. `rows` were written in all by this connection."""
        self._uncopied += abs(rows - self._rows) + COMMIT_ROWS  # a new connection counts anew
        self._rows = rows
        if self._uncopied > CHECKPOINT_ROWS:
            self._uncopied = 0
            self._run(self._copy_log())

    async def _commit(self, connection: Connection) -> None:
        """In the loop, which saves the way to the thread and back; in the thread while the disk is slow."""
        if time.monotonic() < self._slow_until:
            await asyncio.get_running_loop().run_in_executor(self._writer, _commit, connection)
            return
        begun = time.monotonic()
        _commit(connection)
        ended = time.monotonic()
        if ended - begun > QUICK_COMMIT:
            self._slow_until = ended + SLOW_SECONDS

    async def _copy_log(self) -> None:
        """Copy the log into the file while nobody writes.

        Not beside the writer: SQLite before 3.51.3 may lose pages then (https://sqlite.org/wal.html#walresetbug).
        """
        async with self._turn:
            await asyncio.get_running_loop().run_in_executor(self._writer, self._checkpoint)

    def _checkpoint(self) -> None:
        with self.engine.connect() as connection:
            _driver(connection).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _begin(self, patience_ms: int) -> Connection | None:
        """Begin a transaction; None if another process writes just now, and there is no patience to wait for it."""
        connection = self.engine.connect()
        driver = _driver(connection)
        driver.execute(f"PRAGMA wal_autocheckpoint = {FORGOTTEN_PAGES}")
        driver.execute(f"PRAGMA busy_timeout = {patience_ms}")
        try:
            connection.begin()
        except BaseException as problem:
            driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.close()
            if not patience_ms and _is_busy(problem):
                return None
            raise
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        return connection

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, for the case that its caller has gone

    def write_now(self, job: Job[T]) -> T:
        """The same in the calling thread; for processes without a loop, such as an import."""
        with self.engine.begin() as connection:
            return job(connection)

    async def read(self, job: Job[T]) -> T:
        """Run the job on a reader's connection."""
        with _translated():
            async with self._readers.begin() as connection:
                return await connection.run_sync(job)

    async def close(self) -> None:
        """Let the running jobs finish, then close."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.to_thread(self._writer.shutdown)
        await self._readers.dispose()
        self.engine.dispose()


class PostgresDatabase:
    """PostgreSQL over asyncpg; the same functions run inside `run_sync`."""

    def __init__(self, url: URL) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"), pool_size=READERS + 1, query_cache_size=1000, hide_parameters=True
        )

    async def write(self, job: Job[T]) -> T:
        """Run the job while holding the writer's lock, which the server frees when we commit or die."""
        with _translated():
            async with self._engine.begin() as connection:
                await connection.execute(_LOCK)
                return await connection.run_sync(job)

    async def read(self, job: Job[T]) -> T:
        """Run the job on a connection of its own."""
        with _translated():
            async with self._engine.begin() as connection:
                return await connection.run_sync(job)

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - SQLAlchemy leaves it untyped
    """SQLite's own connection."""
    return connection.connection.driver_connection


def _commit(connection: Connection) -> None:
    """Commit and give the connection back; closing one that could not commit rolls it back."""
    try:
        connection.commit()
    finally:
        connection.close()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the drivers raise when they cannot work into `Unavailable`; a mistake of ours stays what it is."""
    try:
        yield
    except (OSError, PoolTimeoutError) as problem:
        raise Unavailable(_first_line(problem)) from problem
    except DBAPIError as problem:
        if not _cannot_work(problem):
            raise
        raise Unavailable(_first_line(problem)) from problem


def _is_busy(problem: BaseException) -> bool:
    """Whether another process holds the lock."""
    code = getattr(getattr(problem, "orig", None), "sqlite_errorcode", sqlite3.SQLITE_OK)
    return bool(code & 0xFF == sqlite3.SQLITE_BUSY)


def _cannot_work(problem: DBAPIError) -> bool:
    """Whether the database refuses any work now, not just this job. What it refuses for its content is not that."""
    if problem.connection_invalidated:
        return True
    if isinstance(problem.orig, sqlite3.Error):
        code = getattr(problem.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code & 0xFF in _SQLITE_CANNOT_WORK
    return str(getattr(problem.orig, "sqlstate", None) or "")[:2] in _POSTGRES_CANNOT_WORK


_SQLITE_CANNOT_WORK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Result codes about the file, the disk and its locks (https://sqlite.org/rescode.html), without their extensions."""
_POSTGRES_CANNOT_WORK = frozenset({"08", "25", "40", "53", "55", "57", "58", "XX"})
"""Classes of SQLSTATE: connection, transaction state (a read-only standby), rollback, resources, locks, operator,
system, internal (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


def _first_line(problem: Exception) -> str:
    """The driver's own words, without the statement and its parameters, which may be personal."""
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    return str(cause).partition("\n")[0][:200]


_LOCK = text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - either driver's connection
    # The driver must not begin transactions by itself: it would take the write lock too late, and deadlock on upgrade.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    send(connection, "BEGIN IMMEDIATE", ())


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


SQLITE_MINIMUM = (3, 38, 0)
"""The JSON operator ->> came with this release."""
if sqlite3.sqlite_version_info < SQLITE_MINIMUM:  # pragma: no cover - Python 3.11 ships newer ones everywhere
    raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old; 3.38 is needed")
