"""Handles batches of events: load, decide, store, in one transaction each."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

from core.domain.decisions import FAILED_EVENT, PHOTO_WAITS, Decision, NewCase, Outcome
from core.domain.keys import Keys
from core.domain.messages import Arrival, TextReceived
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.services.calculating import Calculating
from core.services.desk.decide import DEFAULT_LANGUAGE, Incoming, decide, needs_of, read
from core.services.desk.scene import Draw, Rules
from core.storage.database import Database, Unavailable
from core.storage.load import load
from core.storage.questions import overdue
from core.storage.store import store
from parsers import RejectCode, Rejected

log = structlog.get_logger()

Nudge = Callable[[AbstractSet[str]], None]
"""Told the names of the channels that have something to send."""
Look = Callable[[], None]

CODES: Final = 1_000_000
TOKEN_BYTES: Final = 24


class Desk:
    """Turns accepted events into readings, cases and replies.

    `handle` returns when everything is durable. It is called with one batch at a time.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        watch: Watch | None = None,
        *,
        nudge: Nudge | None = None,
        look: Look | None = None,
        draw: Draw | None = None,
        calculating: Calculating | None = None,
    ) -> None:
        """`nudge` is called after a commit that left something in the outbox, `look` after one with pictures that wait.

        `draw` is replaced by tests. `calculating` asks billing what readings cost, where it can be asked.
        """
        self._database = database
        self._rules = rules
        self._clock = clock
        self._watch = watch or Unwatched()
        self._nudge = nudge or _nothing
        self._look = look or _nobody
        self._keys = Keys()
        self._calculating = calculating
        self._draw = draw or Draw(code=_code, token=lambda: secrets.token_urlsafe(TOKEN_BYTES))

    async def handle(self, arrivals: Sequence[Arrival]) -> list[bool]:
        """Handle a batch; tells of each event whether it is durable. What is not, the vendor must deliver again.

        A batch that the database refuses for what is in it is halved until the guilty event is alone; that one is
        stored as failed, without its text, and a case is opened.
        """
        return await self._handle([self._read(arrival) for arrival in arrivals])

    def _read(self, arrival: Arrival) -> Incoming:
        try:
            return read(arrival.event, arrival.received_at)
        except Exception:
            log.exception("event_unreadable", channel=arrival.event.address.channel, event_id=arrival.event.event_id)
            return Incoming(arrival.event, arrival.received_at, None, unreadable=True)

    async def _handle(self, batch: Sequence[Incoming]) -> list[bool]:
        started = time.perf_counter()
        try:
            decisions = await self._database.write(lambda connection: self._work(connection, batch, frozenset()))
        except Unavailable as problem:
            log.warning("batch_refused", size=len(batch), reason=str(problem))
            self._watch.refused(len(batch))
            return [False] * len(batch)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the other events must not suffer
            if len(batch) > 1:
                half = len(batch) // 2
                return await self._handle(batch[:half]) + await self._handle(batch[half:])
            return [await self._bury(batch[0], problem)]
        self._report(decisions, len(batch), time.perf_counter() - started)
        return [True] * len(batch)

    async def sweep(self) -> int:
        """Hand questions that nobody answered in time to the moderators. Called once a minute; returns how many."""
        now = self._clock.now()
        return await self._database.write(lambda connection: overdue(connection, lambda: self._keys.new(now), now))

    def _work(self, connection: Any, batch: Sequence[Incoming], poison: frozenset[int]) -> list[Decision]:  # noqa: ANN401 - storage's Connection, which services may not import
        """Load, decide, store; in the writer's thread. `poison`: the events that decide has failed on."""
        now = self._clock.now()
        new_key = partial(self._keys.new, now)
        facts = load(connection, needs_of(batch, self._rules), now)
        decisions: list[Decision] = []
        for index, incoming in enumerate(batch):
            key = (incoming.event.address.channel, incoming.event.event_id)
            if key in facts.known_events:
                continue
            facts.known_events.add(key)
            if index in poison or incoming.unreadable:
                decisions.append(self._failed(incoming, now))
                continue
            try:
                decisions.append(decide(incoming, facts, now, self._rules, new_key, draw=self._draw))
            except Exception:
                log.exception("event_failed", channel=key[0], event_id=key[1])
                # The facts may be half changed: nothing is written yet, so begin again without this one.
                return self._work(connection, batch, poison | {index})
        if self._calculating is not None:
            self._calculating.hold(decisions)
        store(connection, decisions, new_key, now)
        return decisions

    def _failed(self, incoming: Incoming, now: datetime) -> Decision:
        """What is kept of an event that we cannot handle: a case, and an honest answer."""
        event = incoming.event
        text = event.text if isinstance(event, TextReceived) else ""
        holds_card = isinstance(incoming.parsed, Rejected) and incoming.parsed.code is RejectCode.CARD_NUMBER
        kept = "" if holds_card else text
        return Decision(
            key=self._keys.new(now),
            event=event,
            received_at=incoming.received_at,
            sent_at=incoming.received_at,
            outcome=Outcome.FAILED,
            code=FAILED_EVENT,
            text=kept,
            keep_raw=not holds_card,
            cases=[NewCase(kind=FAILED_EVENT, text=kept)],
            reply=self._rules.texts.render(DEFAULT_LANGUAGE, "failed") if text else None,
        )

    async def _bury(self, incoming: Incoming, problem: Exception) -> bool:
        """Keep an event that the database will not take as it is: without its text and payload."""
        log.error("event_unstorable", channel=incoming.event.address.channel, problem=type(problem).__name__)
        now = self._clock.now()
        decision = self._failed(incoming, now)
        decision.text, decision.keep_raw = "", False
        decision.cases = [NewCase(kind=FAILED_EVENT)]
        try:
            await self._database.write(
                lambda connection: store(connection, [decision], lambda: self._keys.new(now), now)
            )
        except Exception:
            log.exception("event_refused", channel=incoming.event.address.channel)
            self._watch.refused(1)
            return False
        self._report([decision], 1, 0)
        return True

    def _report(self, decisions: Sequence[Decision], size: int, seconds: float) -> None:
        self._watch.accepted(size, size - len(decisions), seconds)
        outcomes = Counter((decision.event.address.channel, decision.code) for decision in decisions)
        for (channel, code), count in outcomes.items():
            self._watch.outcome(channel, code, count)
        channels = {decision.event.address.channel for decision in decisions if decision.reply is not None}
        channels.update(notice.to.channel for decision in decisions for notice in decision.notices)
        if channels:
            self._nudge(channels)
        if any(decision.code == PHOTO_WAITS for decision in decisions):
            self._look()
        if self._calculating is not None:
            self._calculating.ask(decisions)


def _code() -> str:
    return f"{secrets.randbelow(CODES):06d}"


def _nothing(_channels: AbstractSet[str]) -> None:
    """Nobody waits for replies."""


def _nobody() -> None:
    """Nobody looks at pictures."""
