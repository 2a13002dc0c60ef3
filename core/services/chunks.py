"""Long work in short writes: each holds the database for some 20 ms, and leaves as long again to everybody else."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from core.storage.database import Database
from core.storage.pace import Pace

Told = Callable[[int], None]
"""Told after each write how many keys it dealt with."""


LARGEST: Final = 1_000
"""Rows at most: with a disk that is slow for a moment, more of them would be felt."""


class Chunks:
    """Writes many rows, a chunk at a time."""

    def __init__(
        self,
        database: Database,
        *,
        stopwatch: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`stopwatch` and `sleep` are replaced by tests."""
        self._database = database
        self._stopwatch = stopwatch
        self._sleep = sleep
        self._pace = Pace(largest=LARGEST)

    async def write(
        self,
        keys: Sequence[Any],
        change: Callable[[Any, Sequence[Any]], int],
        told: Told | None = None,
    ) -> int:
        """Call `change(connection, keys)` for chunk after chunk; returns how many rows were changed in all."""
        start = changed = 0
        while start < len(keys):
            chunk = keys[start : start + self._pace.rows]
            rows, held = await self._timed(chunk, change)
            self._pace.note(len(chunk), held)
            changed += rows
            start += len(chunk)
            if told is not None:
                told(len(chunk))
            await self._sleep(held)
        return changed

    async def _timed(self, chunk: Sequence[Any], change: Callable[[Any, Sequence[Any]], int]) -> tuple[int, float]:
        """Change a chunk; with how long it held the database, without the wait for its turn."""
        begun = 0.0

        def job(connection: Any) -> int:  # noqa: ANN401 - storage's Connection, which services may not import
            nonlocal begun
            begun = self._stopwatch()
            return change(connection, chunk)

        rows = await self._database.write(job)
        return rows, self._stopwatch() - begun
