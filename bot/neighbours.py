"""Notices what other processes wrote: a command beside the service queues a reply, and it goes out at once."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 0.5
"""Staff who decide a case see the answer leave while they look; asking costs a few microseconds."""


class Neighbours:
    """Calls `changed` when the database was written to, from the event loop.

    On SQLite it asks `PRAGMA data_version`, which changes with every commit of any other connection. A server cannot be
    asked like that, so there the call comes every time, and whoever is woken looks for himself.
    """

    def __init__(self, file: Path | None, changed: Callable[[], None]) -> None:
        self._file = file
        self._changed = changed

    async def watch(self) -> None:
        """Look for ever, until cancelled."""
        if self._file is None:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                self._changed()
        connection = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        try:
            await self._compare(connection)
        finally:
            connection.close()

    async def _compare(self, connection: sqlite3.Connection) -> None:
        last = None
        while True:
            (version,) = await asyncio.to_thread(_data_version, connection)
            if version != last:
                last = version
                self._changed()
            await asyncio.sleep(LOOK_SECONDS)


def _data_version(connection: sqlite3.Connection) -> tuple[int]:
    row: tuple[int] = connection.execute("PRAGMA data_version").fetchone()
    return row
