"""Single keys from a terminal, beside something else that runs: put back as it was, whatever happens."""

import asyncio
import codecs
import os
import sys
import termios
import tty
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol


class Presses(Protocol):
    """What is told of each key; False ends it."""

    async def press(self, key: str) -> bool:
        """A key was pressed."""


async def at_keys(session: Presses, beside: Callable[[], Awaitable[None]]) -> None:
    """Tell the session of each key while `beside` runs, until either ends."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    pressed: asyncio.Queue[str] = asyncio.Queue()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read() -> None:
        for key in decoder.decode(os.read(terminal, 1024)):
            pressed.put_nowait(key)

    async def keys() -> None:
        while await session.press(await pressed.get()):
            pass

    loop = asyncio.get_running_loop()
    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    tasks = [asyncio.ensure_future(keys()), asyncio.ensure_future(beside())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
