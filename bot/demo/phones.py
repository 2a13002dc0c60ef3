"""The phones on the page: what was texted from each number, and what came back through the emulated gateway."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from sqlalchemy import Connection, select

from bot.demo.household import OUR_NUMBER
from channels.sms.emulator import IncomingSms, SentSms, SmsEmulator
from core.domain.decisions import Outcome
from core.domain.lengths import segments
from core.domain.messages import Delivery
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.tables import event

KEPT: Final = 200
"""Messages remembered for a number."""
WATCH_SECONDS: Final = 3600.0


class State(StrEnum):
    """How far a message has come."""

    SENT = "sent"
    """The network has it."""
    DELIVERED = "delivered"
    """The service answered that it is durable; or, for a reply, the phone has it and the service knows."""
    REFUSED = "refused"
    """The service did not take it."""


@dataclass(slots=True, kw_only=True)
class Message:
    """One SMS as a phone shows it."""

    id: int
    mine: bool
    text: str
    at: datetime
    parts: int
    state: State = State.SENT
    silence: str = ""
    """The outcome's code where the service deliberately does not answer."""


class Phones:
    """Texts go through the emulator to the real hook; replies are what the service asked the emulator to send."""

    def __init__(self, emulator: SmsEmulator, database: Database, clock: Clock) -> None:
        self._emulator = emulator
        self._database = database
        self._clock = clock
        self.changed: Callable[[], None] = lambda: None
        """Called whenever a conversation has grown."""
        self._threads: defaultdict[str, list[Message]] = defaultdict(list)
        self._ids = itertools.count(1)
        self._task: asyncio.Task[None] | None = None
        self._heard = 0
        self._settled = asyncio.Condition()

    def start(self) -> None:
        """Begin to listen for replies; from inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._listen(), name="demo phones")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def thread(self, number: str) -> list[Message]:
        """The conversation of a number, oldest first."""
        return self._threads.get(number, [])

    async def text(self, number: str, words: str) -> Message:
        """Send an SMS to the service; returns when the hook has answered."""
        message = self._add(number, mine=True, text=words, parts=segments(words))
        sms = IncomingSms(sender=number, text=words, sent_at=message.at, to=OUR_NUMBER)
        status = await self._emulator.deliver("kannel", sms)
        if status == HTTPStatus.OK:
            message.state = State.DELIVERED
            message.silence = await self._database.read(lambda connection: _silence(connection, sms.id))
        else:
            message.state = State.REFUSED
        self.changed()
        return message

    async def settle(self) -> None:
        """Wait until every reply that was sent is on its phone, and reported."""
        async with self._settled:
            await self._settled.wait_for(lambda: self._heard == len(self._emulator.sent))

    def _add(self, number: str, *, mine: bool, text: str, parts: int) -> Message:
        message = Message(id=next(self._ids), mine=mine, text=text, parts=parts, at=self._clock.now())
        thread = self._threads[number]
        thread.append(message)
        del thread[:-KEPT]
        self.changed()
        return message

    async def _listen(self) -> None:
        while True:
            with suppress(TimeoutError):
                await self._emulator.wait_for(self._heard + 1, WATCH_SECONDS)
            for sms in self._emulator.sent[self._heard :]:
                await self._receive(sms)
                async with self._settled:
                    self._heard += 1
                    self._settled.notify_all()

    async def _receive(self, sms: SentSms) -> None:
        """Show a reply, and report it as a network does: taken, then delivered."""
        message = self._add(sms.to, mine=False, text=sms.text, parts=sms.parts)
        await self._emulator.report(sms, Delivery.BUFFERED)
        if await self._emulator.report(sms, Delivery.DELIVERED) == HTTPStatus.OK:
            message.state = State.DELIVERED
            self.changed()


def _silence(connection: Connection, sms_id: str) -> str:
    """The code of an event that was deliberately not answered, else nothing."""
    query = select(event.c.outcome, event.c.code).where(event.c.channel == "sms", event.c.event_id.endswith(sms_id))
    row = connection.execute(query).first()
    return str(row.code) if row is not None and row.outcome == Outcome.IGNORED.value else ""
