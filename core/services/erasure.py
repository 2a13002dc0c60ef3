"""Fulfils wishes to be forgotten, in the background and in short writes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from core.domain.keys import Keys
from core.domain.messages import Address
from core.ports.clock import Clock
from core.services.chunks import Chunks, Told
from core.storage.database import Database, Unavailable
from core.storage.erasure import PARTS, Wish, call_off, finish, forget_reminders, pending, theirs, waiting, wipe
from core.storage.profiles import forget

LOOK_SECONDS: Final = 60.0
SETTLED: Final = timedelta(seconds=10)
"""What was being decided elsewhere when somebody asked to be forgotten is stored by then."""

log = structlog.get_logger()


class Erasure:
    """Takes names and words out of the rows of those who asked for it; each wish may be begun again at any time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        chunks: Chunks | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`chunks` and `sleep` are replaced by tests."""
        self._database = database
        self._clock = clock
        self._chunks = chunks or Chunks(database)
        self._sleep = sleep
        self._gone_over: set[int] = set()

    async def run(self) -> None:
        """Look once a minute, for ever."""
        while True:
            try:
                await self.work(self._clock.now() - SETTLED)
            except Unavailable as problem:
                log.warning("erasure_waits", reason=str(problem))
            await self._sleep(LOOK_SECONDS)

    async def work(self, until: datetime, told: Told | None = None) -> bool:
        """Go over the wishes up to a moment; tells whether all of them are fulfilled.

        While a message is still to be sent to an address, at least the one that answers the wish, the rest is done and
        the wish stays open.
        """
        now = self._clock.now()
        wishes = await self._database.read(partial(pending, until=until))
        if not wishes:
            return True
        await self._call_off(wishes, now)
        busy = {item.wish.address for item in await self._database.read(partial(waiting, wishes=wishes, now=now))}
        # Tables are read as a whole, so not once a minute for the sake of a gateway that is down.
        ripe = [wish for wish in wishes if wish.address not in busy or wish.id not in self._gone_over]
        if ripe:
            await self._go_over(ripe, now, told)
        done = [wish for wish in ripe if wish.address not in busy]
        if done:
            await self._database.write(partial(finish, wishes=done, now=now))
            log.info("subscribers_forgotten", count=len(done))
        self._gone_over = {wish.id for wish in wishes} - {wish.id for wish in done}
        return not busy

    async def forget(self, address: Address) -> None:
        """Note a wish that came by another way than the channel; `work` fulfils it."""
        now = self._clock.now()
        wish = (Keys().new(now), address)
        await self._database.write(partial(forget, wishes=[wish], now=now))

    async def _call_off(self, wishes: list[Wish], now: datetime) -> None:
        """Who was forgotten is not written to unasked."""
        found = await self._database.read(partial(waiting, wishes=wishes, now=now))
        await self._chunks.write([item.key for item in found if item.unasked], call_off)

    async def _go_over(self, wishes: list[Wish], now: datetime, told: Told | None) -> None:
        await self._database.write(partial(forget_reminders, wishes=wishes))
        for part in PARTS:
            keys = await self._database.read(partial(theirs, part=part, wishes=wishes, now=now))
            await self._chunks.write(keys, partial(wipe, part=part), told)
