"""The emulated Callback API: calls us, and calls again until we say `ok`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, NamedTuple

import aiohttp
from yarl import URL

from channels.vk.emulator.updates import Update
from core.ports.clock import Clock

PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0)
"""Seconds between the attempts. VK publishes no schedule: this one is ours."""
LONGEST_DELAY: Final = timedelta(hours=3)
DELAYING: Final = frozenset({410, 429, 503})
"""With these statuses VK heeds a `Retry-After` that is a date in the next three hours (callback/callback.go and its
documentation in https://github.com/SevereCloud/vksdk)."""

Sleep = Callable[[float], Awaitable[None]]


class Attempt(NamedTuple):
    """One call: its `X-Retry-Counter` (0: none was sent), our status (0: nobody answered), and our answer."""

    counter: int
    status: int
    body: bytes = b""
    delay: float = 0


class Callbacks:
    """The way to one address."""

    def __init__(self, hooks: str, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self.hooks = hooks
        self.attempts: list[Attempt] = []
        self._clock = clock
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Make ready to call."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        """Hang up."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def deliver(self, update: Update) -> int:
        """Call until the answer is `ok`, at most eleven times; `remove` deletes the address. Gives the last status.

        An update given again is a repeated one. Without an address nobody is asked: 0.
        """
        status = 0
        for number, pause in enumerate((*PAUSES, None)):
            if not self.hooks:
                break
            attempt = await self.call(self.hooks, update, number)
            status = attempt.status
            if attempt.body == b"remove":
                self.hooks = ""
            if attempt.body == b"ok" or pause is None:
                break
            await self._sleep(attempt.delay or pause)
        return status

    async def call(self, url: str, update: Update, number: int = 0) -> Attempt:
        """One attempt. Only an answer of 200 has a body."""
        assert self._session is not None, "start the emulator first"  # noqa: S101 - a mistake in a test, not a state
        attempt = Attempt(number, 0)
        headers = {"X-Retry-Counter": str(number)} if number else {}
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.post(URL(url), json=update, headers=headers) as answer:
                body = await answer.read()
                delay = self._delay(answer.headers.get("Retry-After", "")) if answer.status in DELAYING else 0
                attempt = Attempt(number, answer.status, body if answer.status == HTTPStatus.OK else b"", delay)
        self.attempts.append(attempt)
        return attempt

    def _delay(self, retry_after: str) -> float:
        """Seconds until a date in the next three hours; 0 for anything else."""
        with suppress(ValueError, TypeError):
            delay = parsedate_to_datetime(retry_after) - self._clock.now()
            if timedelta() < delay < LONGEST_DELAY:
                return delay.total_seconds()
        return 0
