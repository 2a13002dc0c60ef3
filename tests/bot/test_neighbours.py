"""Other writers are noticed."""

import asyncio
from pathlib import Path

from sqlalchemy import text

from bot.neighbours import Neighbours
from core.storage.database import connect

WRITE = text("UPDATE alembic_version SET version_num = version_num")


class Looking:
    """Neighbours whose pauses a test ends."""

    def __init__(self, file: Path | None) -> None:
        self.calls = 0
        self._looked = asyncio.Event()
        self._go = asyncio.Semaphore(0)
        self.neighbours = Neighbours(file, self._changed, self._pause)
        self.task = asyncio.create_task(self.neighbours.watch())

    def _changed(self) -> None:
        self.calls += 1

    async def _pause(self, _seconds: float) -> None:
        self._looked.set()
        await self._go.acquire()

    async def look(self) -> int:
        """Let it look once more; how often it has called."""
        await self._looked.wait()
        self._looked.clear()
        self._go.release()
        await self._looked.wait()
        return self.calls

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_commit_of_another_connection_is_noticed(sqlite_url: str) -> None:
    """One call for the state it found, none while nothing happens, one after a commit."""
    database = connect(sqlite_url)
    looking = Looking(Path(sqlite_url.removeprefix("sqlite:///")))
    assert await looking.look() == 1
    assert await looking.look() == 1
    await database.write(lambda connection: connection.execute(WRITE))
    assert await looking.look() == 2
    assert await looking.look() == 2
    await looking.stop()
    await database.close()


async def test_with_a_server_every_look_is_a_call() -> None:
    """There is nothing to ask, so whoever is woken looks for himself."""
    looking = Looking(None)
    assert await looking.look() == 1
    assert await looking.look() == 2
    await looking.stop()
