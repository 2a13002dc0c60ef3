"""Updates on their way to us: by the webhook, repeated on Telegram's schedule, or kept until we ask.

The schedule is that of `WebhookActor.cpp` in https://github.com/tdlib/telegram-bot-api: the first repetition at once,
then after 2, 4, 8 ... seconds, at most a random 60 to 120, for 24 hours; `Retry-After` is obeyed up to an hour. Updates
of one chat wait for each other.
"""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import aiohttp

from channels.telegram.emulator.faults import Refusal
from channels.telegram.emulator.updates import Update
from core.ports.clock import Clock

FIRST_UPDATE: Final = 872_041_001
LIFETIME: Final = timedelta(hours=24)
LONGEST_PAUSE: Final = 60.0
LONGEST_RETRY_AFTER: Final = 3600.0
SUCCESS: Final = range(200, 300)
HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
CONFLICT: Final = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OVERTAKEN: Final = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class Deliveries:
    """Brings each update to us once it is acknowledged, and not before."""

    def __init__(
        self,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Nothing is sent before `start`.

        Args:
            clock: says when an update is too old to be repeated.
            sleep: waits between repetitions.
            chance: of the longest pause.
        """
        self.hooks = ""
        self.secret = ""
        self.allowed: frozenset[str] = frozenset()
        """The kinds of updates that are asked for; none named means all."""
        self.last_error = ""
        self.last_error_at = 0
        self.pauses: list[float] = []
        """Seconds between the repetitions, as they came."""
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._called: Callable[[Mapping[str, Any]], object] | None = None
        self._next = FIRST_UPDATE
        self._waiting: dict[int, Update] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._arrived = asyncio.Condition()
        self._asked = 0
        self._session: aiohttp.ClientSession | None = None

    @property
    def waiting(self) -> int:
        """How many updates were not acknowledged yet."""
        return len(self._waiting)

    def start(self, *, called: Callable[[Mapping[str, Any]], object]) -> None:
        """Make ready to call us; `called` does what the body of a successful answer asks for."""
        self._called = called
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))

    async def stop(self) -> None:
        """Hang up."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def deliver(self, chat: int, update: Update) -> int:
        """Bring one update to us; gives our last status, 0 for none. Without a webhook the update waits for a poll."""
        if self.allowed and not self.allowed & update.keys():
            return 0
        number = self._next
        self._next += 1
        full = {"update_id": number, **update}
        async with self._arrived:
            self._waiting[number] = full
            self._arrived.notify_all()
        if not self.hooks:
            return 0
        async with self._turns[chat]:
            return await self._repeat(number, full)

    async def _repeat(self, number: int, update: Update) -> int:
        """Call us until we acknowledge it, or it is too old, or we stop listening altogether."""
        expires_at = self._clock.now() + LIFETIME
        pause, failed = 1.0, 0
        while True:
            status, retry_after = await self.call(update)
            if status in SUCCESS:
                self._waiting.pop(number, None)
                return status
            wait = min(retry_after, LONGEST_RETRY_AFTER)
            if not wait and failed:
                pause = wait = min(pause * 2, LONGEST_PAUSE * (1 + self._chance()))
            failed += 1
            if self._session is None or not self.hooks:
                return status
            if self._clock.now() + timedelta(seconds=wait) > expires_at:
                self._waiting.pop(number, None)
                return status
            self.pauses.append(wait)
            await self._sleep(wait)

    async def call(self, update: Update) -> tuple[int, float]:
        """Make one call to us; gives the status, 0 when nobody was there, and the seconds of `Retry-After`."""
        if self._session is None:
            return 0, 0.0
        headers = {"Content-Type": "application/json"} | ({HEADER: self.secret} if self.secret else {})
        body = json.dumps(update, ensure_ascii=False).encode()
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.post(self.hooks, data=body, headers=headers) as response:
                if response.status in SUCCESS:
                    self._answered(await response.read(), response.content_type)
                else:
                    self._failed(f"Wrong response from the webhook: {response.status} {response.reason}")
                retry_after = response.headers.get("Retry-After", "")
                return response.status, float(retry_after) if retry_after.isdecimal() else 0.0
        self._failed("Webhook connection closed")
        return 0, 0.0

    def _answered(self, body: bytes, content_type: str) -> None:
        """A successful answer may be a call of a method; `get...` and the webhook's own methods are ignored there."""
        if content_type != "application/json" or not body or self._called is None:
            return
        method = json.loads(body)
        name = str(method.get("method", "")).lower()
        if name and not name.startswith("get") and name not in {"setwebhook", "deletewebhook", "close", "logout"}:
            self._called(method)

    def _failed(self, words: str) -> None:
        self.last_error, self.last_error_at = words, int(self._clock.now().timestamp())

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Update]:
        """`getUpdates`: confirm what is before the offset, and wait for something to tell.

        Raises:
            Refusal: a webhook is set, or another poll came.
        """
        if self.hooks:
            raise Refusal(409, CONFLICT)
        self._asked += 1
        turn = self._asked
        async with self._arrived:
            self._arrived.notify_all()
            for number in [number for number in self._waiting if number < offset]:
                del self._waiting[number]
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._arrived.wait_for(lambda: self._waiting or self._asked != turn)
            if self._asked != turn:
                raise Refusal(409, OVERTAKEN)
            return [self._waiting[number] for number in sorted(self._waiting)][:limit]
