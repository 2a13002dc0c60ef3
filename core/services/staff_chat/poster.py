"""Keeps the group as the queue is: posts new cases, and changes posts whose case was decided, wherever that was.

What is to be done follows from the rows alone, so nothing is lost with the process. A call whose outcome nobody knows
leaves its row as `sending`: where the vendor knows our key, it is made again; where not, it is made again too, and the
post says that it may be a repetition. A case that nobody hears of costs more than one that stands there twice.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from core.domain.keys import Keys
from core.domain.posts import Post
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from core.ports.posts import GroupHasMoved
from core.services.staff_chat.room import Answer, Redraw, Room, Say
from core.services.staff_chat.wording import Wording
from core.storage.cases import OPEN, Entry
from core.storage.staff_chat import (
    Group,
    PostState,
    StaffPost,
    entry_of,
    fresh,
    record,
    stale,
    take_up,
    unposted,
)

PERIOD: Final = 2.0
"""Seconds between two looks at the queue."""
FRESH: Final = timedelta(days=1)
"""Cases that are older were missed for so long that the queue itself is the place for them."""
MANY: Final = 1000
"""Cases that one digest can count."""
MINUTE: Final = timedelta(minutes=1)
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(minutes=5)

log = structlog.get_logger()


class Pace:
    """How many calls a minute may still have. Half of them are for posts, so that changes are never kept waiting."""

    def __init__(self, per_minute: int) -> None:
        self._all, self._for_posts = per_minute, max(1, per_minute // 2)
        self._calls: deque[datetime] = deque()
        self._posts: deque[datetime] = deque()

    def free(self, now: datetime) -> int:
        """How many calls may be made."""
        return self._all - _within(self._calls, now)

    def free_posts(self, now: datetime) -> int:
        """How many of them may be posts."""
        return min(self.free(now), self._for_posts - _within(self._posts, now))

    def count(self, now: datetime, *, post: bool) -> None:
        """One was made."""
        self._calls.append(now)
        if post:
            self._posts.append(now)


def _within(calls: deque[datetime], now: datetime) -> int:
    while calls and now - calls[0] >= MINUTE:
        calls.popleft()
    return len(calls)


class Poster:
    """The background work of the staff chat."""

    def __init__(self, room: Room, wording: Wording, kinds: frozenset[str]) -> None:
        self._room = room
        self._wording = wording
        self._kinds = kinds
        self._keys = Keys()
        self._pace = Pace(room.posts.posts_per_minute)
        self._digested: datetime | None = None
        self._rests_until: datetime | None = None
        self._failed = 0

    async def run(self) -> None:
        """Work for ever, until cancelled."""
        await self._room.enter()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer_all())
            while True:
                self._room.awake.clear()
                await self.step()
                try:
                    async with asyncio.timeout(PERIOD):
                        await self._room.awake.wait()
                except TimeoutError:
                    pass

    async def _answer_all(self) -> None:
        while True:
            await self.answer(await self._room.answers.get())

    async def answer(self, answer: Answer) -> None:
        """Tell the person who pressed. An app that hears nothing gives up by itself, so nothing is repeated."""
        try:
            await self._room.posts.answer(answer.press, answer.text, alert=answer.alert)
        except SendFailure as failure:
            log.info("staff_chat_unanswered", why=failure.detail)

    async def step(self) -> None:
        """Do all that is to be done now, as far as the vendor's limit lets us."""
        if self._rests_until is not None and self._now() < self._rests_until:
            return
        try:
            await self._do_jobs()
            await self._change()
            await self._post_waiting()
            await self._post_new()
        except GroupHasMoved as failure:
            await self._room.move(failure.to)
        except SendFailure as failure:
            self._rest(failure)
        else:
            self._failed, self._rests_until = 0, None

    def _rest(self, failure: SendFailure) -> None:
        self._failed += 1
        wait = min(FIRST_WAIT * 2 ** min(self._failed, 10), LONGEST_WAIT)
        if isinstance(failure, RateLimited):
            wait = max(wait, timedelta(seconds=failure.retry_after))
        elif isinstance(failure, Misconfigured | RecipientUnavailable):
            wait = LONGEST_WAIT
            log.error("staff_chat_closed", why=failure.detail, todo="`meterline doctor` says what is wrong")
        else:
            log.warning("staff_chat_waits", why=failure.detail)
        self._rests_until = self._now() + wait

    async def _do_jobs(self) -> None:
        jobs = self._room.jobs
        while not jobs.empty() and self._pace.free(self._now()) > 0:
            job = jobs.get_nowait()
            try:
                await self._do(job)
            except (RateLimited, OutcomeUnknown, TemporarilyUnavailable):
                self._room.do(job)
                raise

    async def _do(self, job: Redraw | Say) -> None:
        posts = self._room.posts
        self._pace.count(self._now(), post=False)
        if isinstance(job, Say):
            try:
                await posts.post(job.chat, Post(job.text), job.key)
            except (RecipientUnavailable, ContentRejected) as failure:
                log.info("staff_chat_unsaid", why=failure.detail)
            return
        entry = await self._room.database.read(partial(entry_of, case_id=job.case_id))
        if entry is not None:
            shown = self._wording.menu(entry) if job.menu else self._wording.post(entry)
            await self._edit(job.number, shown)

    async def _change(self) -> None:
        """Bring posts to what has become of their cases."""
        now, group = self._now(), self._room.group
        free = self._pace.free(now)
        if free <= 0:
            return
        for post in await self._room.database.read(partial(stale, group=group, now=now, limit=free)):
            self._pace.count(self._now(), post=False)
            stands = await self._edit(post.number, self._wording.post(post.entry))
            open_ = post.entry.case.state == OPEN
            state = PostState.GONE if not stands else PostState.POSTED if open_ else PostState.DONE
            await self._record(post.id, state, version=post.entry.case.version)

    async def _edit(self, number: str, post: Post) -> bool:
        """Change a post; False where it cannot be changed any more."""
        try:
            return await self._room.posts.edit(self._room.group.chat, number, post)
        except (ContentRejected, UnsupportedContent) as failure:
            log.warning("staff_chat_unchanged", why=failure.detail)
            return False

    async def _post_waiting(self) -> None:
        """Posts that were begun, and did not arrive for certain."""
        for post in await self._room.database.read(partial(unposted, group=self._room.group)):
            is_open, is_lost = post.entry.case.state == OPEN, not self._room.posts.posts_once
            if not is_open and (post.state is PostState.WAITING or is_lost):
                await self._record(post.id, PostState.GONE)
            elif self._pace.free_posts(self._now()) > 0:
                await self._post(self._room.group, post)

    async def _post(self, group: Group, post: StaffPost) -> None:
        repeated = post.state is PostState.SENDING and not self._room.posts.posts_once
        await self._record(post.id, PostState.SENDING)
        self._pace.count(self._now(), post=True)
        try:
            number = await self._room.posts.post(group.chat, self._wording.post(post.entry, repeated=repeated), post.id)
        except (ContentRejected, UnsupportedContent) as failure:
            log.warning("staff_chat_refused", why=failure.detail)
            await self._record(post.id, PostState.GONE)
            return
        except OutcomeUnknown:
            raise
        except SendFailure:
            # This call certainly did nothing; an earlier one may have.
            await self._record(post.id, post.state)
            raise
        state = PostState.POSTED if post.entry.case.state == OPEN else PostState.DONE
        await self._record(post.id, state, number=number, version=post.entry.case.version)

    async def _post_new(self) -> None:
        now, group = self._now(), self._room.group
        new = await self._room.database.read(
            partial(fresh, group=group, kinds=self._kinds, since=now - FRESH, until=now, limit=MANY)
        )
        free = self._pace.free_posts(now)
        if not new or free <= 0:
            return
        if len(new) > free:
            if self._digested is not None and now - self._digested < MINUTE:
                return
            await self._post_digest(group, new[free - 1 :])
            new = new[: free - 1]
        await self._take_up(group, new, PostState.WAITING)
        await self._post_waiting()

    async def _post_digest(self, group: Group, entries: Sequence[Entry]) -> None:
        """Count in one post what would be too many. Noted when it stands there: rather twice than never.

        Its key is the first case's: it is the first again if this is repeated.
        """
        now = self._now()
        self._pace.count(now, post=True)
        await self._room.posts.post(group.chat, self._wording.digest(entries), entries[0].case.id)
        self._digested = now
        await self._take_up(group, entries, PostState.DIGEST)

    async def _take_up(self, group: Group, entries: Sequence[Entry], state: PostState) -> None:
        now = self._now()

        def job(connection: Any) -> None:  # noqa: ANN401 - storage's Connection, which services may not import
            take_up(connection, group, self._keys, entries, state=state, now=now)

        await self._room.database.write(job)

    async def _record(
        self, key: int, state: PostState, *, number: str | None = None, version: int | None = None
    ) -> None:
        now = self._now()
        await self._room.database.write(
            lambda connection: record(connection, key, state, now, number=number, version=version)
        )

    def _now(self) -> datetime:
        return self._room.clock.now()
