"""The emulated Bots Long Poll: a queue of updates, and a key that may expire."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from channels.vk.emulator.updates import Update

HISTORY_LOST, KEY_EXPIRED, SESSION_LOST = 1, 2, 3
LONGEST_WAIT: Final = 90.0


class Queue:
    """The updates since the beginning. `ts` is how many of them a client has."""

    def __init__(self) -> None:
        self._updates: list[Update] = []
        self._key = 1
        self._failures: deque[int] = deque()
        self._news = asyncio.Condition()
        self.asked: list[str] = []
        """The `ts` of each poll."""

    async def put(self, update: Update) -> None:
        """One more update."""
        async with self._news:
            self._updates.append(update)
            self._news.notify_all()

    async def wait_for(self, polls: int, seconds: float = 10) -> None:
        """Wait until we were asked so often."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= polls)

    def fail(self, failed: int) -> None:
        """Answer the next poll with this `failed`; 2 and 3 change the key."""
        self._failures.append(failed)

    def server(self, url: str) -> Update:
        """What groups.getLongPollServer gives: `ts` is the newest."""
        return {"server": f"{url}/poll", "key": f"key{self._key}", "ts": str(len(self._updates))}

    async def poll(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        """What came after `ts`, when there is something or `wait` seconds are over."""
        ts = query.get("ts", "")
        async with self._news:
            self.asked.append(ts)
            self._news.notify_all()
        failed = self._failures.popleft() if self._failures else 0
        if failed in {KEY_EXPIRED, SESSION_LOST}:
            self._key += 1
        if failed == HISTORY_LOST or not ts.isdecimal() or int(ts) > len(self._updates):
            return {"failed": HISTORY_LOST, "ts": len(self._updates)}
        if failed or query.get("key") != f"key{self._key}":
            return {"failed": failed or KEY_EXPIRED}
        with suppress(TimeoutError):
            async with asyncio.timeout(min(float(query.get("wait", "25")), LONGEST_WAIT)), self._news:
                await self._news.wait_for(lambda: len(self._updates) > int(ts))
        return {"ts": str(len(self._updates)), "updates": self._updates[int(ts) :]}
