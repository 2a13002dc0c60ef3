"""Notices what other processes wrote: a command beside the service queues a reply, and it goes out at once."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 0.5
"""Staff who decide a case see the answer leave while they look."""


class Neighbours:
    """Calls `changed` when the database was written to, from the event loop.

    On SQLite it asks `PRAGMA data_version`, which changes with every commit of any other connection. A server cannot be
    asked like that, so there the call comes every time, and whoever is woken looks for himself.
    """

    def __init__(
        self, file: Path | None, changed: Callable[[], None], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """`file` is SQLite's; None where there is a server. `sleep` is replaced by tests."""
        self._file = file
        self._changed = changed
        self._sleep = sleep

    async def watch(self) -> None:
        """Look for ever, until cancelled."""
        if self._file is None:
            while True:
                await self._sleep(LOOK_SECONDS)
                self._changed()
        # In the loop's own thread: the answer stands in shared memory and takes some 10 microseconds. With no time-out
        # it never waits for a lock; it then looks again in half a second.
        connection = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
        with closing(connection):
            last = None
            while True:
                with suppress(sqlite3.OperationalError):
                    (version,) = connection.execute("PRAGMA data_version").fetchone()
                    if version != last:
                        last = version
                        self._changed()
                await self._sleep(LOOK_SECONDS)
