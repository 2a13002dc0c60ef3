"""Drops what was kept long enough: once a day, when it is night in all branches, in short writes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Final

import structlog

from core.domain.retention import Periods
from core.ports.clock import Clock
from core.services.chunks import Chunks
from core.storage.database import Database, Unavailable
from core.storage.retention import STEPS, Step, clear, count, due, moments

LOOK_SECONDS: Final = 600.0
NIGHT: Final = 3
"""The hour when nobody writes."""
HOURS: Final = 24

log = structlog.get_logger()

Progress = Callable[[str, int], None]
"""Told the name of a step, and how many more of its rows are done."""


def quiet_hour(zones: Iterable[tzinfo], day: datetime) -> int:
    """The hour of UTC that is nearest to three in the night for all branches, the farthest one counting."""
    offsets = {_hour(day.astimezone(zone)) - _hour(day) for zone in zones}

    def unrest(hour: int) -> float:
        return max((_apart(hour + offset, NIGHT) for offset in offsets), default=_apart(hour, NIGHT))

    return min(range(HOURS), key=unrest)


class Retention:
    """Carries out the table of `core.storage.retention`. A step that was cut off goes on where it stopped."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        periods: Periods,
        *,
        zones: Iterable[tzinfo] = (),
        chunks: Chunks | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`zones` are the branches'. `chunks` and `sleep` are replaced by tests."""
        self._database = database
        self._clock = clock
        self._periods = periods
        self._zones = tuple(zones)
        self._chunks = chunks or Chunks(database)
        self._sleep = sleep
        self._last: date | None = None

    async def run(self) -> None:
        """Work once a day in the quiet hour, for ever."""
        while True:
            now = self._clock.now()
            if now.hour == quiet_hour(self._zones, now) and now.date() != self._last:
                try:
                    done = await self.work()
                except Unavailable as problem:
                    log.warning("retention_waits", reason=str(problem))
                else:
                    self._last = now.date()
                    log.info("retention_done", **{name.replace(" ", "_"): rows for name, rows in done.items() if rows})
            await self._sleep(LOOK_SECONDS)

    async def count(self) -> Mapping[str, int]:
        """How many rows are due, by step; changes nothing."""
        since = moments(self._periods, self._clock.now())
        return {step.name: await self._database.read(partial(count, step=step, since=since)) for step in STEPS}

    async def work(self, told: Progress | None = None) -> Mapping[str, int]:
        """Do all that is due now; how many rows were changed, by step."""
        since = moments(self._periods, self._clock.now())
        return {step.name: await self._step(step, since, told) for step in STEPS}

    async def _step(self, step: Step, since: dict[str, object], told: Progress | None) -> int:
        changed, after = 0, None
        while keys := await self._database.read(partial(due, step=step, since=since, after=after)):
            tell = None if told is None else partial(told, step.name)
            changed += await self._chunks.write(keys, partial(clear, step=step, since=since), tell)
            after = keys[-1]
        return changed


def _hour(moment: datetime) -> float:
    return moment.toordinal() * HOURS + moment.hour + moment.minute / 60


def _apart(hour: float, other: float) -> float:
    """Hours between two times of day, the short way round."""
    distance = (hour - other) % HOURS
    return min(distance, HOURS - distance)
