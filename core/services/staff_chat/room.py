"""What the parts of the staff chat share: which group it is now, and what waits to be said there."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from core.domain.posts import StaffPressed
from core.ports.clock import Clock
from core.ports.posts import Posts
from core.storage.database import Database
from core.storage.staff_chat import Group, move, present

QUEUED: Final = 1000
"""Answers and small changes that wait. They live as long as the process; what must not be lost is in the database."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person who pressed is told."""

    press: StaffPressed
    text: str
    alert: bool


@dataclass(frozen=True, slots=True)
class Redraw:
    """A post is to show its case as it is now, or the reasons to reject it with."""

    case_id: int
    number: str
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence for a group or for one person."""

    chat: str
    text: str
    key: int


@dataclass(slots=True)
class Room:
    """The group, and what waits."""

    database: Database
    posts: Posts
    clock: Clock
    group: Group
    answers: asyncio.Queue[Answer] = field(default_factory=lambda: asyncio.Queue(QUEUED))
    jobs: asyncio.Queue[Redraw | Say] = field(default_factory=lambda: asyncio.Queue(QUEUED))
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self) -> None:
        """Find the group under the number that it has now."""
        self.group = await self.database.read(partial(present, group=self.group))
        self.posts.attend(self.group.chat)

    async def move(self, to: str) -> None:
        """Follow the group to another number; the same news again changes nothing."""
        old = self.group
        if to in {"", old.chat}:
            return
        now = self.clock.now()
        await self.database.write(lambda connection: move(connection, old, to, now))
        self.group = Group(old.channel, to)
        self.posts.attend(to)
        log.warning("staff_chat_moved", channel=old.channel, todo="set chat in [staff_chat] to the new one", chat=to)
        self.awake.set()

    def tell(self, press: StaffPressed, text: str, *, alert: bool) -> None:
        """Answer a press; where a thousand wait, this one's app gives up by itself."""
        if not self.answers.full():
            self.answers.put_nowait(Answer(press, text, alert))

    def do(self, job: Redraw | Say) -> None:
        """Have something small done in the group."""
        if not self.jobs.full():
            self.jobs.put_nowait(job)
        self.awake.set()
