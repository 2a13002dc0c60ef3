"""Messengers' documented limits as channels in this process, for simulated time: they take messages, and mind the pace.

Sources: Telegram, https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (30 messages a second
over all, one a second to a chat). VK, https://dev.vk.com/api/api-requests (20 requests a second for a community's
token). Viber, https://developers.viber.com/docs/api/rest-bot-api/ (100 messages an hour to a subscriber who does not
answer; for requests in all 500 within 10 seconds).
"""

import asyncio
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.messages import Capabilities, Outbound, Receipt
from core.ports.channel import TemporarilyUnavailable
from core.ports.clock import Clock
from tests.services.reminders.scene import CHAT

GRAIN = timedelta(microseconds=10)
"""Twenty times 1/20 s in floating point may end a moment before a second is over."""


@dataclass(frozen=True)
class Limit:
    """So many messages within a time, over all or to one address."""

    count: int
    within: timedelta


@dataclass(frozen=True)
class Vendor:
    """What a messenger documents, and how it is configured here."""

    name: str
    per_second: float
    overall: tuple[Limit, ...] = ()
    per_address: tuple[Limit, ...] = ()
    per_address_seconds: float = 0.0
    idempotent: bool = False


SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TELEGRAM = Vendor("telegram", 30, (Limit(30, SECOND),), (Limit(1, SECOND),), per_address_seconds=1.0)
VK = Vendor("vk", 20, (Limit(20, SECOND),), idempotent=True)
VIBER = Vendor("viber", 50, (Limit(500, 10 * SECOND),), (Limit(100, HOUR),))


@dataclass
class Emulated:
    """A messenger that answers after 20 to 300 ms, counts breaches of its limits, and may be down for a while."""

    vendor: Vendor
    clock: Clock
    chance: random.Random
    down: Callable[[datetime], bool] = lambda _: False
    capabilities: Capabilities = CHAT
    breaches: list[str] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    """Messages by our key."""
    addresses: Counter[str] = field(default_factory=Counter)
    moments: dict[str, datetime] = field(default_factory=dict)
    _lately: dict[tuple[str, Limit], deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    @property
    def name(self) -> str:
        return self.vendor.name

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, outbound: Outbound) -> Receipt:
        now = self.clock.now()
        to = outbound.to.external_id
        for limit in self.vendor.overall:
            self._count("", limit, now)
        for limit in self.vendor.per_address:
            self._count(to, limit, now)
        if self.down(now):
            raise TemporarilyUnavailable("down")
        self.taken[outbound.idempotency_key] += 1
        self.addresses[to] += 1
        self.moments[outbound.idempotency_key] = now
        await asyncio.sleep(self.chance.uniform(0.02, 0.3))
        return Receipt(f"v{outbound.idempotency_key}")

    def _count(self, whose: str, limit: Limit, now: datetime) -> None:
        lately = self._lately[whose, limit]
        while lately and lately[0] + limit.within <= now + GRAIN:
            lately.popleft()
        lately.append(now)
        if len(lately) > limit.count:
            self.breaches.append(f"{len(lately)} within {limit.within} at {now} to {whose or 'all'}")
