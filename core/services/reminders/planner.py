"""Plans reminders in the background: begins rounds in their time, queues messages shortly before they are due."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from core.domain.accounts import Branch
from core.domain.keys import Keys
from core.domain.prospects import Chunk
from core.domain.reminders import Progress, Span, days, due, is_over
from core.domain.windows import local_day
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.services.reminders.choosing import gather
from core.services.reminders.pacing import TURN, Pace, portion
from core.services.reminders.rules import Rules
from core.services.reminders.wording import extra, wording
from core.storage.database import Database, Unavailable
from core.storage.prospects import chunk
from core.storage.reminders import Campaign, Message, begin, campaigns, finish, put, taken_until, totals

log = structlog.get_logger()

CHUNK: Final = 250
"""Accounts in one write: a few milliseconds of the 50 that a write may take."""
CHUNK_SECONDS: Final = 30
"""The longest that the slowest channel should need for the messages of one chunk."""
RECOUNT: Final = timedelta(minutes=10)
"""How long the number of accounts is taken to be the same: it only shapes the spread."""


class Planner:
    """The one who plans all rounds. Beside another one it is harmless: each chunk is queued by one of them only."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        *,
        watch: Watch | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`sleep` is replaced by tests."""
        self._database = database
        self._rules = rules
        self._clock = clock
        self._watch = watch or Unwatched()
        self._sleep = sleep
        self._keys = Keys()
        self._pace = Pace({channel: route.per_second for channel, route in rules.routes.items()})
        slowest = min((route.per_second for route in rules.routes.values()), default=1.0)
        self._most = max(1, min(CHUNK, int(slowest * CHUNK_SECONDS)))
        self._totals: dict[str, int] = {}
        self._counted_at: datetime | None = None
        self._turn = 0

    async def run(self) -> None:
        """Plan for ever; a database that is down stops nothing but this moment's planning."""
        while True:
            try:
                await self.plan()
            except Unavailable as problem:
                log.warning("reminders_wait", reason=str(problem))
            await self._sleep(TURN.total_seconds())

    async def plan(self) -> None:
        """One turn: begin what is due, and go on a little with each round under way."""
        now = self._clock.now()
        under_way = await self._begin(now)
        if not under_way:
            return
        if self._counted_at is None or now - self._counted_at >= RECOUNT:
            if self._counted_at is None:
                self._pace.resume(await self._database.read(taken_until))
            self._totals, self._counted_at = await self._database.read(totals), now
        # Each turn another one goes first, so that none takes all the room of a channel.
        self._turn += 1
        first = self._turn % len(under_way)
        for campaign in under_way[first:] + under_way[:first]:
            await self._go_on(campaign, self._clock.now())

    async def _begin(self, now: datetime) -> list[Campaign]:
        rules = self._rules
        rounds = [which for branch in rules.branches.values() for which in due(branch, rules.kinds, rules.hours, now)]
        keys = [which.key for which in rounds]
        known = await self._database.read(lambda connection: campaigns(connection, keys))
        new = [which for which in rounds if which.key not in {each.round.key for each in known}]
        if new:
            await self._database.write(lambda connection: [begin(connection, which, now) for which in new])
            log.info("reminders_begun", rounds=[which.key for which in new])
            known = await self._database.read(campaigns)
        return [each for each in known if each.state is Progress.PLANNING]

    async def _go_on(self, campaign: Campaign, now: datetime) -> None:
        which, hours = campaign.round, self._rules.hours
        branch = self._rules.branches.get(which.branch)
        if branch is None or is_over(branch, which.kind, which.period, hours, now):
            await self._finish(campaign, Progress.PASSED)
            return
        today = local_day(branch, now)
        span = hours.on(branch, today)
        if today not in days(branch, which.kind, which.period) or not span.has(now):
            return
        left = max(1, self._totals.get(which.branch, 0) - campaign.queued - campaign.skipped)
        whole = wanted = portion(left, now, campaign.started_at, span, self._rules.spread)
        turn = Span(now, min(now + TURN, span.ends))
        # Where few can be reached the channels never fill: the next round has its turn, too.
        while wanted > 0 and turn.has(self._clock.now()) and not self._pace.is_full(self._clock.now()):
            size = min(wanted, self._most)
            part = await self._read(campaign, size)
            if not part.ids:
                await self._finish(campaign, Progress.DONE)
                return
            begins = now + TURN * ((whole - wanted) / whole)
            messages = self._messages(part, campaign, branch, Span(begins, begins + TURN * (size / whole)), span.ends)
            queued = await self._put(campaign, part, messages)
            if queued is None:
                return
            self._watch.reminded(which.kind, queued, len(part.ids) - queued)
            campaign = replace(
                campaign,
                cursor=part.ids[-1],
                queued=campaign.queued + queued,
                skipped=campaign.skipped + len(part.ids) - queued,
            )
            wanted -= len(part.ids)

    async def _read(self, campaign: Campaign, size: int) -> Chunk:
        which, phone_channel = campaign.round, self._rules.phone_channel
        return await self._database.read(
            lambda connection: chunk(
                connection,
                which.branch,
                which.period,
                cursor=campaign.cursor,
                most=size,
                phone_channel=phone_channel,
            )
        )

    def _messages(self, part: Chunk, campaign: Campaign, branch: Branch, within: Span, ends: datetime) -> list[Message]:
        """The chunk's messages, spread `within` a time as far as the channels have room; `ends` is the day's end."""
        which, rules = campaign.round, self._rules
        wanted, _ = gather(part, branch, which.period, rules.routes)
        messages = []
        for place, each in enumerate(wanted):
            address = each.to.address
            capabilities = rules.routes[address.channel].capabilities
            due_at = self._pace.take(
                address.channel, within.begins + (within.ends - within.begins) * (place / len(wanted))
            )
            messages.append(
                Message(
                    to=address,
                    text=wording(each, which, branch, rules.texts, capabilities),
                    due_at=min(due_at, ends),
                    expires_at=ends,
                    extra=extra(each, rules.texts, capabilities),
                )
            )
        return messages

    async def _put(self, campaign: Campaign, part: Chunk, messages: list[Message]) -> int | None:
        now = self._clock.now()
        return await self._database.write(
            lambda connection: put(
                connection, campaign, part.ids, messages, new_key=lambda: self._keys.new(now), now=now
            )
        )

    async def _finish(self, campaign: Campaign, state: Progress) -> None:
        key, now = campaign.round.key, self._clock.now()
        if await self._database.write(lambda connection: finish(connection, key, state, now)):
            log.info("reminders_ended", round=key, state=state.value, queued=campaign.queued, skipped=campaign.skipped)
