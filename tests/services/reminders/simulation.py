"""A whole round in simulated time: planner, dispatchers and three messengers, with replies that come in between."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from core.domain.keys import Keys
from core.services.outbox import Dispatcher
from core.services.reminders import Planner, Route
from core.storage.database import SqliteDatabase, connect
from core.storage.tables import campaign, outbox
from tests.services.reminders.scene import CHAT, MORNING_OF_THE_25TH, rules, tower
from tests.services.reminders.vendors import TELEGRAM, VIBER, VK, Emulated, Vendor
from tests.virtual import InLoop, VirtualClock, run

VENDORS = (TELEGRAM, VK, VIBER)
SHARE = 0.5


@dataclass
class Outcome:
    """What became of a round."""

    sent: int = 0
    twice: int = 0
    breaches: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds that replies waited, to addresses without a message in the second before."""
    waits_same_chat: list[float] = field(default_factory=list)
    """The same to addresses that had a reminder in the very moment."""
    hours: float = 0.0


def simulate(url: str, reminders: int, replies: int, *, down: timedelta = timedelta(), seed: int = 1) -> Outcome:
    """Remind so many subscribers on the last day, while so many others are answered.

    The messengers are `down` for a time soon after the beginning, so that what is due meanwhile comes all at once.
    """
    inner = connect(url)
    assert isinstance(inner, SqliteDatabase)
    database = InLoop(inner)
    inner.write_now(tower(reminders, *(vendor.name for vendor in VENDORS)))
    return run(_Simulation(database, replies, down, random.Random(seed)).play())  # noqa: S311 - a test's dice


class _Simulation:
    def __init__(self, database: InLoop, replies: int, down: timedelta, chance: random.Random) -> None:
        self.database, self.replies, self.chance = database, replies, chance
        self.clock = VirtualClock(MORNING_OF_THE_25TH)
        fails_from = MORNING_OF_THE_25TH + timedelta(minutes=3)
        self.fails_until = fails_from + down
        is_down: Callable[[datetime], bool] = lambda now: fails_from <= now < self.fails_until  # noqa: E731 - one use
        self.channels = {each.name: Emulated(each, self.clock, chance, is_down) for each in VENDORS}
        self.dispatchers = {each.name: self._dispatcher(each) for each in VENDORS}
        self.asked: dict[str, tuple[str, datetime, bool]] = {}

    def _dispatcher(self, vendor: Vendor) -> Dispatcher:
        return Dispatcher(
            self.database,
            self.channels[vendor.name],
            self.clock,
            per_second=vendor.per_second,
            per_address_seconds=vendor.per_address_seconds,
            chance=self.chance.random,
        )

    async def play(self) -> Outcome:
        routes = {each.name: Route(CHAT, each.per_second * SHARE) for each in VENDORS}
        planner = Planner(self.database, replace(rules(), routes=routes), self.clock)
        tasks = [asyncio.create_task(each.run()) for each in (planner, *self.dispatchers.values())]
        tasks.append(asyncio.create_task(self._ask()))
        while not await self._is_over():
            await asyncio.sleep(60)
            for task in tasks[:-1]:
                assert not task.done(), task
        hours = asyncio.get_running_loop().time() / 3600
        await tasks[-1]
        await asyncio.sleep(10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in self.dispatchers.values():
            await each.drain(5)
        await self.database.close()
        return self._outcome(hours)

    async def _is_over(self) -> bool:
        def job(connection: Connection) -> bool:
            waiting = connection.execute(
                select(func.count()).where(outbox.c.state.in_(("queued", "sending")), outbox.c.priority == 1)
            ).scalar_one()
            planning = connection.execute(select(func.count()).where(campaign.c.state != "done")).scalar_one()
            begun = connection.execute(select(func.count()).select_from(campaign)).scalar_one()
            return bool(begun) and not waiting and not planning

        return await self.database.read(job)

    async def _ask(self) -> None:
        """Put replies into the outbox at random moments, as the desk does, once the messengers are up."""
        await asyncio.sleep(max(0.0, (self.fails_until - self.clock.now()).total_seconds()) + 1)
        keys, names = Keys(), sorted(self.channels)
        for number in range(self.replies):
            await asyncio.sleep(self.chance.expovariate(4))
            name = names[number % len(names)]
            now = self.clock.now()
            key = keys.new(now)
            channel = self.channels[name]
            same = number % 10 == 0 and bool(channel.addresses)
            to = next(reversed(channel.addresses)) if same else f"stranger{number}"
            row: dict[str, Any] = {"id": key, "channel": name, "external_id": to, "priority": 0, "text": "Принято"}
            row |= {"state": "queued", "attempts": 0, "created_at": now, "due_at": now}
            row |= {"expires_at": now + timedelta(days=3)}
            await self.database.write(lambda connection, row=row: connection.execute(insert(outbox).values(row)))
            self.asked[str(key)] = (name, now, same)
            self.dispatchers[name].wake()

    def _outcome(self, hours: float) -> Outcome:
        found = Outcome(hours=hours)
        for channel in self.channels.values():
            found.breaches += channel.breaches
            found.twice += sum(count > 1 for count in channel.taken.values())
            found.sent += sum(key not in self.asked for key in channel.taken)
        for key, (name, asked_at, same) in self.asked.items():
            wait = (self.channels[name].moments[key] - asked_at).total_seconds()
            (found.waits_same_chat if same else found.waits).append(wait)
        return found
