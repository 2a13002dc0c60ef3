"""Sends a channel's outbox: at the vendor's pace, with patience, and telling apart what is known and what is not."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from core.domain.keys import Keys
from core.domain.messages import Outbound
from core.ports.channel import (
    Channel,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
)
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.services.spacing import Spacing
from core.storage.database import Database, Unavailable
from core.storage.outbox import BROADCAST, Queued, Sent, State, claim, record, recover

log = structlog.get_logger()

Sleep = Callable[[float], Awaitable[None]]

FIRST_WAIT: Final = 5.0
LONGEST_WAIT: Final = 900.0
"""Seconds; a gateway that was down for a night is asked every quarter of an hour."""
MISCONFIGURED_WAIT: Final = 60.0
"""Staff must act; until then we ask once a minute and say so in the log."""
IDLE_WAIT: Final = 1.0
"""How long a row queued by another process, or due for a retry, may go unnoticed."""
AT_ONCE: Final = 8
"""Sends under way at a time: a vendor that answers in a second is still used at eight a second."""
FOR_REPLIES: Final = 2
"""Of these, so many are never given to broadcasts: a vendor that answers slowly must not make a reply wait for them."""
AHEAD_SECONDS: Final = 0.5
"""Broadcasts are taken for so long ahead, or one at a time: a reply that comes meanwhile waits no longer than that."""
SEND_SECONDS: Final = 30.0
"""A send that takes longer has an unknown outcome."""


def backoff(attempts: int, chance: float) -> float:
    """Seconds to wait after so many attempts: doubling from 5 to 900, of which a random half, so that senders spread.

    `chance` is between 0 and 1.
    """
    ceiling: float = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    return ceiling * (0.5 + chance / 2)


class Dispatcher:
    """The one sender of a channel."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        clock: Clock,
        *,
        per_second: float,
        per_address_seconds: float = 0.0,
        watch: Watch | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`per_second` is the vendor's limit, `per_address_seconds` what he wants between two messages to one address.

        `sleep` and `chance` are replaced by tests.
        """
        self._database = database
        self._channel = channel
        self._clock = clock
        self._interval = 1 / per_second
        self._broadcasts_at_once = max(1, min(AT_ONCE - FOR_REPLIES, int(per_second * AHEAD_SECONDS)))
        self._spacing = Spacing(per_address_seconds)
        self._watch = watch or Unwatched()
        self._sleep = sleep
        self._chance = chance
        self._keys = Keys()
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()
        self._results: list[Sent] = []
        self._broadcasting = 0
        self._pause = 0.0
        self._postponed: list[datetime] = []
        self._is_recovered = False

    def wake(self) -> None:
        """There may be something to send. Cheap; from the loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever. Cancelling it stops taking new rows; `drain` then waits for those under way."""
        await self._patiently(self._recover)
        while True:
            self._woken.clear()
            if not await self._patiently(self.send_due):
                await self._idle()

    async def drain(self, seconds: float) -> None:
        """Let the sends under way finish, at most so long; what is cut off stays `sending` and is recovered later."""
        if self._sending:
            _, late = await asyncio.wait(set(self._sending), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._flush()

    async def send_due(self) -> int:
        """Take what is due and begin to send it; returns how many rows were taken.

        Rows that a pause or a stop overtakes go back, so that they are not taken for sent after a crash. So do those
        whose address had a message just now.
        """
        await self._hold()
        await self._flush()
        async with self._slots:
            free = AT_ONCE - len(self._sending)
        room = AT_ONCE - FOR_REPLIES - self._broadcasting
        rows = await self._claim(free, max(0, min(room, self._broadcasts_at_once)))
        waiting = deque(rows)
        try:
            while waiting and not self._pause:
                wait = self._spacing.wait(waiting[0].to, self._clock.now())
                if wait:
                    self._postpone(waiting.popleft(), wait)
                    continue
                await self._slots.acquire()
                self._begin(waiting.popleft())
                await self._sleep(self._interval)
        finally:
            self._put_back(waiting)
        return len(rows)

    def _begin(self, row: Queued) -> None:
        self._spacing.begun(row.to)
        self._broadcasting += row.priority == BROADCAST
        task = asyncio.get_running_loop().create_task(self._send(row))
        self._sending.add(task)
        task.add_done_callback(lambda task: self._done(task, row))

    def _postpone(self, row: Queued, seconds: float) -> None:
        self._results.append(self._again(row, "", seconds, counts=False))
        self._postponed.append(self._clock.now() + timedelta(seconds=seconds))

    async def _claim(self, limit: int, broadcasts: int) -> list[Queued]:
        """Take due rows. A stop that comes meanwhile does not lose those that the database has marked already."""
        name, now = self._channel.name, self._clock.now()
        claiming = asyncio.ensure_future(
            self._database.write(lambda connection: claim(connection, name, limit, now, broadcasts=broadcasts)),
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            if await _succeeds(claiming):
                self._put_back(claiming.result())
            raise

    def _put_back(self, rows: Iterable[Queued]) -> None:
        """Rows that were taken and not sent; the next flush writes it down."""
        self._results += [Sent(row, State.QUEUED, counts=False) for row in rows]

    async def _hold(self) -> None:
        """Keep still while the vendor wants the channel to."""
        while self._pause > 0:
            await self._flush()
            pause, self._pause = self._pause, 0.0
            await self._sleep(pause)

    def _done(self, task: asyncio.Task[None], row: Queued) -> None:
        self._sending.discard(task)
        self._broadcasting -= row.priority == BROADCAST
        self._spacing.ended(row.to, self._clock.now())
        self._slots.release()
        self._woken.set()

    async def _send(self, row: Queued) -> None:
        started = time.perf_counter()
        if row.expires_at <= self._clock.now():
            result = Sent(row, State.EXPIRED, error="it waited too long")
        else:
            result = await self._attempt(row)
        self._results.append(result)
        self._watch.sent(self._channel.name, result.state.value, time.perf_counter() - started)

    async def _attempt(self, row: Queued) -> Sent:
        outbound = Outbound(
            to=row.to,
            text=row.text,
            buttons=row.extra.buttons,
            link=row.extra.link,
            link_label=row.extra.link_label,
            idempotency_key=str(row.id),
            expires_at=row.expires_at,
        )
        try:
            async with asyncio.timeout(SEND_SECONDS):
                receipt = await self._channel.send(outbound)
        except TimeoutError:
            return self._after(row, OutcomeUnknown("no answer in time"))
        except SendFailure as failure:
            return self._after(row, failure)
        except Exception as problem:
            log.exception("send_failed", channel=self._channel.name)
            return self._after(row, OutcomeUnknown(type(problem).__name__))
        return Sent(row, State.SENT, vendor_id=receipt.vendor_id)

    def _after(self, row: Queued, failure: SendFailure) -> Sent:
        """What a failure means for the message, and for the channel."""
        detail = f"{type(failure).__name__}: {failure.detail}"
        match failure:
            case RateLimited():
                self._pause = max(self._pause, failure.retry_after)
                return self._again(row, detail, failure.retry_after, counts=False)
            case Misconfigured():
                log.error("channel_misconfigured", channel=self._channel.name, detail=failure.detail)
                self._pause = max(self._pause, MISCONFIGURED_WAIT)
                return self._again(row, detail, MISCONFIGURED_WAIT, counts=False)
            case OutcomeUnknown() if not self._channel.capabilities.idempotent_send:
                return Sent(row, State.UNKNOWN, error=detail)
            case TemporarilyUnavailable() | OutcomeUnknown():
                return self._again(row, detail, backoff(row.attempts, self._chance()))
            case RecipientUnavailable():
                return Sent(row, State.UNREACHABLE, error=detail)
        return Sent(row, State.DEAD, error=detail)

    def _again(self, row: Queued, error: str, seconds: float, *, counts: bool = True) -> Sent:
        due_at = self._clock.now() + timedelta(seconds=seconds)
        return Sent(row, State.QUEUED, error=error, due_at=due_at, counts=counts)

    async def _flush(self) -> None:
        """Write down the outcomes that came in."""
        if not self._results:
            return
        results, self._results = self._results, []
        now = self._clock.now()
        recording = asyncio.ensure_future(
            self._database.write(lambda connection: record(connection, results, lambda: self._keys.new(now), now)),
        )
        try:
            await asyncio.shield(recording)
        except BaseException:
            if not await _succeeds(recording):
                # They are known and must not be forgotten: the next flush writes them.
                self._results = results + self._results
            raise

    async def _recover(self) -> int:
        if self._is_recovered:
            # Begun again after a fault of ours: what is under way is known here.
            return 1
        name, resend = self._channel.name, self._channel.capabilities.idempotent_send
        left = await self._database.write(lambda connection: recover(connection, name, resend=resend))
        if left:
            log.warning("sends_interrupted", channel=name, count=left, resent=resend)
        self._is_recovered = True
        return 1

    async def _patiently(self, step: Callable[[], Awaitable[int]]) -> int:
        """Do a step; a database that is down stops nothing but this moment's sending."""
        while True:
            try:
                return await step()
            except Unavailable as problem:
                log.warning("outbox_waits", channel=self._channel.name, reason=str(problem))
                await self._sleep(IDLE_WAIT)

    async def _idle(self) -> None:
        now = self._clock.now()
        self._postponed = [at for at in self._postponed if at > now]
        seconds = min([IDLE_WAIT, *((at - now).total_seconds() for at in self._postponed)])
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


async def _succeeds(writing: "asyncio.Future[Any]") -> bool:
    """Wait for a write that a stop has overtaken, and tell whether it was done."""
    await asyncio.wait([writing])
    return not writing.cancelled() and writing.exception() is None
