"""The embedded inbox: events wait in memory for the desk, and an accept returns with the desk's commit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from core.domain.messages import Arrival, Event
from core.ports.channel import NotAccepted

BATCH_LIMIT = 200
"""The most that one transaction takes; beyond it a batch gains no more and the answers wait longer."""
QUEUE_LIMIT = 5_000
"""More waiting events than the desk handles in about a second: better that the vendor tries again."""
QUIET_ROUNDS = 3
"""Rounds of the event loop without a new arrival after which a batch begins; an idle loop makes one in 10 µs."""

Handle = Callable[[Sequence[Arrival]], Awaitable[list[bool]]]
"""The desk: tells of each event whether it is durable."""


class LocalInbox:
    """Collects what arrives while the desk works, and hands it over as the next batch: no timer, no waiting."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._waiting: deque[tuple[Arrival, asyncio.Future[bool]]] = deque()
        self._arrived = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to work; from inside the running loop."""
        self._worker = asyncio.get_running_loop().create_task(self._work(), name="inbox")

    async def accept(self, events: Sequence[Event], received_at: datetime) -> None:
        """Return when the events are durable.

        Raises:
            NotAccepted: they are not, or perhaps not: the vendor must deliver them again.
        """
        if self._closing or len(self._waiting) >= QUEUE_LIMIT:
            raise NotAccepted
        loop = asyncio.get_running_loop()
        results = []
        for event in events:
            result: asyncio.Future[bool] = loop.create_future()
            self._waiting.append((Arrival(event, received_at), result))
            results.append(result)
        self._arrived.set()
        for result in results:
            if not await result:
                raise NotAccepted

    async def close(self) -> None:
        """Take nothing more, finish what waits, stop."""
        self._closing = True
        self._arrived.set()
        if self._worker is not None:
            await self._worker
            self._worker = None

    async def _work(self) -> None:
        while True:
            if not self._waiting:
                if self._closing:
                    return
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._gather()
            batch = [self._waiting.popleft() for _ in range(min(BATCH_LIMIT, len(self._waiting)))]
            stored = await self._results([arrival for arrival, _ in batch])
            for (_, result), durable in zip(batch, stored, strict=True):
                # The vendor may have hung up meanwhile, and his request been cancelled.
                if not result.done():
                    result.set_result(durable)

    async def _gather(self) -> None:
        """Let the loop take in what has arrived by now: a few of its rounds, no timer; batches are twice as large."""
        seen = quiet = 0
        while quiet < QUIET_ROUNDS and len(self._waiting) < BATCH_LIMIT:
            quiet = quiet + 1 if len(self._waiting) == seen else 0
            seen = len(self._waiting)
            await asyncio.sleep(0)

    async def _results(self, batch: list[Arrival]) -> list[bool]:
        """What the desk says; should it raise all the same, nothing is known to be durable, and the inbox goes on."""
        try:
            return await self._handle(batch)
        except Exception:  # noqa: BLE001 - the desk logs what it knows; a dead inbox would be the end of the service
            return [False] * len(batch)
