"""Answers pictures that wait: fetches each from its vendor, and brings the desk what bill's code is in it.

What waits stands in the database (`core.storage.photos`), and what comes of it goes through the inbox under an
`event_id` made of the picture's: after a crash a picture is looked at again, and answered once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from core.domain.bill_codes import Bill, NotABill, read
from core.domain.messages import PhotoRead, photo_read_id
from core.ports.channel import (
    Accept,
    ContentRejected,
    Fetches,
    NotAccepted,
    RecipientUnavailable,
    SendFailure,
    UnsupportedContent,
)
from core.ports.clock import Clock
from core.services.photos.scanning import scan
from core.storage.database import Database, Unavailable
from core.storage.photos import Waiting, waiting

log = structlog.get_logger()

Scan = Callable[[bytes], Awaitable[list[bytes]]]

AT_ONCE: Final = 3
"""Pictures fetched at a time. They are scanned one by one: each takes some hundred megabytes for a moment."""
FETCH_SECONDS: Final = 20.0
WAITS: Final = (5.0, 15.0)
"""Seconds between tries to fetch. Then the subscriber has waited long enough, and a person looks at the picture."""
IDLE_SECONDS: Final = 30.0
"""How soon a picture that another process has accepted, and not answered, is found."""
UNANSWERED: Final = timedelta(days=7)
"""How old a picture may be that was left over when we stopped."""
OVERLAP: Final = timedelta(seconds=10)
"""An event may become visible after a younger one."""
_FOR_GOOD: Final = (ContentRejected, RecipientUnavailable, UnsupportedContent)
"""What no second try changes: the picture is gone, or too large."""


class Photos:
    """Looks at the pictures of all channels that can fetch them."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Fetches],
        accept: Accept,
        clock: Clock,
        *,
        scan: Scan = scan,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`scan` and `sleep` are replaced by tests."""
        self._database = database
        self._channels = channels
        self._accept = accept
        self._clock = clock
        self._scan = scan
        self._sleep = sleep
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._scanner = asyncio.Lock()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._since = clock.now() - UNANSWERED

    def wake(self) -> None:
        """There may be a picture. Cheap; from the loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Look at pictures for ever. What a stop cuts off is looked at after the next start."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self.begin()
                except Unavailable as problem:
                    log.warning("photos_wait", reason=str(problem))
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._woken.wait()
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self) -> list[asyncio.Task[None]]:
        """Begin with every picture that waits; gives what is under way."""
        # Before we ask: what is answered while the database looks still seems to wait.
        since, now, known = self._since, self._clock.now(), set(self._under_way)
        found = await self._database.read(lambda connection: waiting(connection, self._channels, since))
        self._since = min((each.received_at for each in found), default=now) - OVERLAP
        for each in found:
            if each.key not in known:
                task = asyncio.get_running_loop().create_task(self._answer(each))
                self._under_way[each.key] = task
                task.add_done_callback(partial(self._done, each.key))
        return list(self._under_way.values())

    def _done(self, key: int, _task: asyncio.Task[None]) -> None:
        del self._under_way[key]
        if not self._under_way:
            # More may wait than were found at a time.
            self._woken.set()

    async def _answer(self, photo: Waiting) -> None:
        """Tell the desk what is in a picture, when it is known or will not be."""
        answer = PhotoRead(
            event_id=photo_read_id(photo.event_id),
            address=photo.address,
            sent_at=photo.sent_at,
            photo=photo.photo,
            caption=photo.caption,
            bill=await self._bill_in(photo),
        )
        while True:
            try:
                await self._accept([answer])
            except NotAccepted:
                await self._sleep(WAITS[0])
            else:
                return

    async def _bill_in(self, photo: Waiting) -> Bill | None:
        """What bill is in the picture; None where there is none, or the picture cannot be had."""
        channel = photo.address.channel
        for wait in (*WAITS, None):
            try:
                async with self._slots:
                    async with asyncio.timeout(FETCH_SECONDS):
                        picture = await self._channels[channel].fetch(photo.photo)
                    async with self._scanner:
                        return bill_in(await self._scan(picture))
            except (SendFailure, TimeoutError) as failure:
                log.info("photo_not_fetched", channel=channel, reason=type(failure).__name__, detail=str(failure))
                if wait is None or isinstance(failure, _FOR_GOOD):
                    return None
            except Exception:
                # Our mistake; the subscriber is answered all the same.
                log.exception("photo_failed", channel=channel)
                return None
            await self._sleep(wait)
        return None


def bill_in(payloads: Iterable[bytes]) -> Bill | None:
    """The bill among the codes of one picture, one that names an account before any other."""
    bills = []
    for payload in payloads:
        with suppress(NotABill):
            bills.append(read(payload))
    return min(bills, key=lambda bill: not bill.account, default=None)
