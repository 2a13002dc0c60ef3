"""Databases that do not work for a while: another process holds SQLite's lock, PostgreSQL lets nobody in."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
from sqlalchemy import make_url

LOCKS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
Outage = Callable[[], AbstractAsyncContextManager[None]]


def outage_of(database_url: str) -> Outage:
    """What stops the database at this URL."""
    url = make_url(database_url)
    return lambda: _locked(url.database or "") if url.get_backend_name() == "sqlite" else _shut(database_url)


@asynccontextmanager
async def _locked(file: str) -> AsyncIterator[None]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LOCKS, file, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"locked\n"
    yield
    await process.communicate(b"")


@asynccontextmanager
async def _shut(database_url: str) -> AsyncIterator[None]:
    server, _, name = database_url.rpartition("/")
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    yield
    await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await connection.close()
