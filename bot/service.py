"""The running service: everything starts in order, and stops in reverse without losing what it has taken on."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog

from bot.neighbours import Neighbours
from bot.web.health import Health
from bot.web.server import Listener
from core.bus.local import LocalInbox
from core.ports.channel import Channel
from core.services.desk.desk import Desk
from core.services.outbox import Dispatcher
from core.services.payments import Payments
from core.services.reminders import Planner
from core.storage.database import Database

SWEEP_SECONDS: Final = 60.0
"""How long a question that nobody answered in time may wait for a moderator to hear of it."""
RESTART_SECONDS: Final = 5.0
"""How soon a background task that failed begins again."""
REQUESTS_SHARE: Final = 0.4
"""Of the time for a stop, what messages on their way in get to arrive and be stored."""
SENDERS_SHARE: Final = 0.5
"""Of the time that is left then, what sends under way get; the rest is for closing."""
FORCED: Final = 1
COLLECT_EVERY: Final = 50_000
"""New objects between two looks of the garbage collector: a second or two of full load."""

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Minding:
    """Background tasks that are begun again when they fail, and what is wrong with them meanwhile."""

    faults: dict[str, str] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, name: str, work: Work) -> None:
        """Begin a task."""
        self.tasks.append(asyncio.get_running_loop().create_task(self._mind(name, work), name=name))

    async def check(self) -> str:
        """What is wrong now."""
        return "; ".join(f"{name}: {fault}" for name, fault in self.faults.items())

    async def stop(self) -> None:
        """Cancel all."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    async def _mind(self, name: str, work: Work) -> None:
        while True:
            begun = time.monotonic()
            try:
                await work()
            except Exception as error:
                log.exception("background_task_failed", task=name)
                self.faults[name] = type(error).__name__
            if time.monotonic() - begun > RESTART_SECONDS:
                self.faults.pop(name, None)
            await asyncio.sleep(RESTART_SECONDS)


@dataclass(slots=True, kw_only=True)
class Service:
    """All parts, put together by `bot.assembly`."""

    host: str
    port: int
    stop_seconds: float
    database: Database
    channels: Sequence[Channel]
    inbox: LocalInbox
    desk: Desk
    dispatchers: Sequence[tuple[str, Dispatcher]]
    pollers: Sequence[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]
    planner: Planner
    neighbours: Neighbours
    background: Mapping[str, Work]
    """What else goes on for ever, by name."""
    payments: Payments
    listener: Listener
    health: Health
    minding: Minding

    async def run(self, stop: asyncio.Event, greet: Callable[[], Awaitable[None]] | None = None) -> None:
        """Start, work until `stop` is set, stop. `greet` is awaited when we listen."""
        try:
            await self.start()
            if greet is not None:
                await greet()
            await stop.wait()
        finally:
            await self.stop()

    async def start(self) -> tuple[str, int]:
        """Start what hears last, so that nothing is heard before it can be handled; returns where we listen."""
        self.inbox.start()
        for channel, (name, dispatcher) in zip(self.channels, self.dispatchers, strict=True):
            self.minding.start(f"sender of {name}", partial(_send, channel, dispatcher))
        for name, poll in self.pollers:
            self.minding.start(f"poller of {name}", poll)
        self.minding.start("neighbours", self.neighbours.watch)
        self.minding.start("sweep", self._sweep)
        self.minding.start("reminders", self.planner.run)
        self.minding.start("payments", self.payments.run)
        for name, work in self.background.items():
            self.minding.start(name, work)
        host, port = await self.listener.start(self.host, self.port, stop_seconds=self.stop_seconds)
        shown = f"[{host}]" if ":" in host else host
        spare_the_collector()
        log.info("listening", url=f"http://{shown}:{port}", host=host, port=port, pid=os.getpid())
        return host, port

    async def stop(self) -> None:
        """Stop hearing, finish what was heard, finish what is being sent, close. Never longer than `stop_seconds`."""
        deadline = time.monotonic() + self.stop_seconds
        self.health.draining = True
        log.info("stopping")
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("finish requests", lambda: self.listener.drain(self.stop_seconds * REQUESTS_SHARE)),
            ("close connections", self.listener.stop),
            ("finish the inbox", self.inbox.close),
            ("end background tasks", self.minding.stop),
            ("finish payments", self.payments.close),
            ("finish sending", lambda: self._drain(deadline)),
            *[(f"close {channel.name}", channel.close) for channel in self.channels],
            ("close the database", self.database.close),
        ]
        for name, step in steps:
            try:
                async with asyncio.timeout(max(0.1, deadline - time.monotonic())):
                    await step()
            except TimeoutError:
                log.warning("stop_cut_short", step=name)
            except Exception:
                log.exception("stop_failed", step=name)
        log.info("stopped")

    async def _drain(self, deadline: float) -> None:
        seconds = max(0.0, (deadline - time.monotonic()) * SENDERS_SHARE)
        await asyncio.gather(*(dispatcher.drain(seconds) for _, dispatcher in self.dispatchers))

    async def _sweep(self) -> None:
        while True:
            if await self.desk.sweep():
                log.info("questions_handed_over")
            await asyncio.sleep(SWEEP_SECONDS)


async def _send(channel: Channel, dispatcher: Dispatcher) -> None:
    """Open the channel and send for ever. Hearing need not wait for it: a vendor's library may take long to load."""
    await channel.open()
    await dispatcher.run()


def spare_the_collector() -> None:
    """Keep the garbage collector from walking the program itself: what start-up made never becomes garbage.

    A message makes a few hundred objects that live for one batch; with the usual threshold of 700 the collector would
    run several times a batch and look at a hundred thousand objects each time (measured: a tenth of the processor).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, 20, 50)


def obey_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT stop the service; the second one ends it at once, losing nothing that was acknowledged."""

    def heard(name: str) -> None:
        if stop.is_set():
            log.warning("forced_to_end", signal=name)
            os._exit(FORCED)
        log.info("asked_to_stop", signal=name)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heard, number.name)
