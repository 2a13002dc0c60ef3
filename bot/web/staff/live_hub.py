"""What happens in the queue, to every browser that looks at it: one follower for all of them, while there are any."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import structlog

from core.domain.staff import Member
from core.ports.clock import Clock
from core.storage import cases
from core.storage.cases import Case, Count, Filters, Mark, News
from core.storage.database import Database, Unavailable
from core.storage.store import SUBSCRIBER

LOOK: Final = 0.3
"""Seconds between looks at the queue; each is four range scans of keys or moments."""
RECOUNT: Final = 1.0
"""Seconds between two counts while things happen: each looks at every open case."""
COUNT: Final = 20.0
"""Seconds after which cases are counted anew although nothing has happened: they grow old by themselves."""
PATIENCE: Final = 1.0
"""Seconds that a stop waits for a look under way."""
HELD: Final = 100
"""News that a browser is told of one by one. Where more has happened at once, it fetches its list again."""
OPENED: Final = "opened"
SETTLED: Final = "settled"
"""The subscriber has settled it himself."""

log = structlog.get_logger()


def payload(item: News) -> dict[str, Any]:
    """What browsers are told of news. Nothing personal: whoever may see the case asks for it."""
    case = item.entry.case
    what = OPENED
    if item.action is not None:
        what = SETTLED if item.action.moderator == SUBSCRIBER else item.action.action
    return {
        "ref": case.reference,
        "case": case.long_reference,
        "what": what,
        "who": item.action.moderator if item.action else "",
        "version": case.version,
        "at": item.at.isoformat(),
        "state": case.state,
        "kind": case.kind,
        "branch": case.branch,
        "channel": case.address.channel,
    }


def figures(counts: Iterable[Count]) -> dict[str, Any]:
    """Counts as the page shows them: by kind, and all together by age."""
    return {
        "kinds": {count.kind: [count.total, count.overdue] for count in counts},
        "total": sum(count.total for count in counts),
        "hour": sum(count.within_hour for count in counts),
        "day": sum(count.within_day for count in counts),
        "older": sum(count.older for count in counts),
        "overdue": sum(count.overdue for count in counts),
        "claimed": sum(count.claimed for count in counts),
    }


def event(name: str, data: object) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def within(happened: asyncio.Event, seconds: float) -> None:
    """Wait for it, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await happened.wait()
    except TimeoutError:
        pass


class Watcher:
    """A browser that looks on: what it must be told, never more than `HELD` news."""

    def __init__(self, member: Member, only: Case | None = None) -> None:
        """`only` limits it to one case, and spares it the counts."""
        self.member = member
        self.only = only
        self.over = asyncio.Event()
        """The service stops, or the follower has failed."""
        self.wake = asyncio.Event()
        self._news: dict[tuple[int, str], str] = {}
        self._is_behind = False
        self._counts = ""
        self._counts_are_told = True

    @property
    def wants_counts(self) -> bool:
        """Whether it shows a list."""
        return self.only is None

    def concerns(self, case: Case) -> bool:
        """Whether he may see the case and looks at it."""
        return self.member.sees(case.branch) and (self.only is None or self.only.id == case.id)

    def tell(self, item: News, said: str) -> None:
        """Keep news until the browser takes them."""
        self._news[item.entry.case.id, item.action.action if item.action else OPENED] = said
        if len(self._news) > HELD:
            self._news.clear()
            self._is_behind = True
        self.wake.set()

    def count(self, said: str) -> None:
        """Keep the counts, of which only the latest matter."""
        if said != self._counts:
            self._counts, self._counts_are_told = said, False
            self.wake.set()

    def end(self) -> None:
        """Nothing more will come."""
        self.over.set()
        self.wake.set()

    def take(self) -> str:
        """All that has gathered, as events; empty where nothing has."""
        self.wake.clear()
        told = event("refresh", {}) if self._is_behind else ""
        told += "".join(self._news.values())
        if not self._counts_are_told:
            told += self._counts
            self._counts_are_told = True
        self._news.clear()
        self._is_behind = False
        return told


class Hub:
    """Follows the queue while somebody listens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._watchers: set[Watcher] = set()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._pause = asyncio.Event()
        """Set to cut the follower's pause short."""

    def __len__(self) -> int:
        return len(self._watchers)

    async def join(self, watcher: Watcher) -> None:
        """Tell this browser, too. What is committed after this returns is told for certain. Raises `Unavailable`."""
        async with self._starting:
            if self._task is None:
                self._pause.clear()
                seen = await self._database.read(cases.mark)
                self._task = asyncio.get_running_loop().create_task(self._follow(seen), name="live queue")
                # The task looks for watchers only after its first pause.
            self._watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """It is gone; with the last one the follower ends."""
        self._watchers.discard(watcher)

    async def end(self) -> None:
        """Send everybody away, at once."""
        for watcher in tuple(self._watchers):
            watcher.end()
        self._watchers.clear()
        task = self._task
        if task is not None:
            self._pause.set()
            # Not cancelled at once: a look at the database that is cut off leaves its connection behind.
            await asyncio.wait([task], timeout=PATIENCE)
            task.cancel()

    async def _follow(self, seen: Mark) -> None:
        loop = asyncio.get_running_loop()
        counted, is_stale = loop.time() - COUNT, False
        try:
            while True:
                await within(self._pause, LOOK)
                if not self._watchers:
                    break
                try:
                    news = await self._database.read(partial(cases.since, seen=seen))
                    self._spread(news)
                    is_stale = is_stale or bool(news)
                    if loop.time() - counted >= (RECOUNT if is_stale else COUNT):
                        counted, is_stale = loop.time(), False
                        await self._count()
                except Unavailable as error:
                    log.warning("live_queue_waits", reason=str(error))
        except Exception:
            log.exception("live_queue_failed")
            for watcher in tuple(self._watchers):
                watcher.end()
        finally:
            if self._task is asyncio.current_task():
                self._task = None

    def _spread(self, news: Iterable[News]) -> None:
        for item in news:
            said = ""
            for watcher in self._watchers:
                if watcher.concerns(item.entry.case):
                    said = said or event("case", payload(item))
                    watcher.tell(item, said)

    async def _count(self) -> None:
        """Count once for all who see the same branches."""
        alike: dict[frozenset[str], list[Watcher]] = defaultdict(list)
        for watcher in self._watchers:
            if watcher.wants_counts:
                alike[watcher.member.branches].append(watcher)
        for branches, watchers in alike.items():
            counts = await self._database.read(
                partial(cases.count, filters=Filters(branches=branches), now=self._clock.now())
            )
            said = event("counts", figures(counts))
            for watcher in watchers:
                watcher.count(said)
