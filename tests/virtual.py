"""An event loop in which time is only counted: a day of waiting takes as long as the work that is done in it.

Whatever is awaited must end by itself or by a timer of the loop: there are no threads and no network here. The database
runs its jobs in the loop.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from core.storage.database import Job, SqliteDatabase, T


class _Selector(selectors.SelectSelector):
    """Jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("nothing will ever happen: something awaits what is no timer")
        self.now += max(timeout, 0)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.counted = _Selector()
        super().__init__(self.counted)

    def time(self) -> float:
        return self.counted.now


class VirtualClock:
    """The loop's time, counted from a moment."""

    def __init__(self, start: datetime) -> None:
        self.start = start

    def now(self) -> datetime:
        return self.start + timedelta(microseconds=round(asyncio.get_running_loop().time() * 1_000_000))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in counted time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


class InLoop:
    """A SQLite database without threads, and without waiting for the disk: nothing crashes in counted time."""

    def __init__(self, inner: SqliteDatabase) -> None:
        self._inner = inner
        event.listen(inner.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))

    async def write(self, job: Job[T]) -> T:
        return self._inner.write_now(job)

    async def read(self, job: Job[T]) -> T:
        return self._inner.write_now(job)

    async def close(self) -> None:
        self._inner.engine.dispose()
