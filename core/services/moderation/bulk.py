"""One decision about many cases: looked at beforehand, taken in short writes, and undone whole while nobody has heard.

The messages of a bulk decision wait in the outbox until the time to undo is over; that is all there is to undoing in
time. Each write holds some cases, their messages and what they were before, so a crash leaves cases that are decided
and undoable, and cases that are as they were.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from core.domain.keys import reference
from core.ports.clock import Clock
from core.services.chunks import Told
from core.services.moderation.ledger import Batch, Outcome
from core.services.moderation.requests import Approve, Close, Refused, Reject, Reply, Request
from core.services.moderation.service import ATTEMPTS, Moderation
from core.services.moderation.tidying import tidy
from core.storage import cases
from core.storage.cases import Bulk, Case, Filters, Undone
from core.storage.database import Database

MOST: Final = 500
"""Cases at once: as many as can be taken back in one short write."""
UNDO: Final = timedelta(seconds=60)
"""How long a bulk decision can be undone, where nothing else is set: a message later than that is felt."""

BulkRequest = Approve | Reject | Reply | Close
"""What can be said about many cases in the same words."""

Selection = Filters | Sequence[str] | Sequence[Case]
"""Which cases: all that filters let pass, those that references name, or these."""

HOLD: Final = 0.02
"""Seconds for which a write goes on with one more case; a message that comes in meanwhile waits as long."""

TOO_LATE: Final = "its turn did not come before the messages of the others went out; decide about it again"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What became of a selection, or would: those decided, and those refused with the reason."""

    decided: tuple[Outcome, ...]
    refused: tuple[tuple[Case, Refused], ...]


class _Repeated(Exception):
    """Takes the write back, for nothing was decided in it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Bulks:
    """Bulk decisions beside a `Moderation`, under its name in the audit log."""

    def __init__(
        self,
        database: Database,
        moderation: Moderation,
        clock: Clock,
        *,
        undo: timedelta = UNDO,
        stopwatch: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`undo` is for how long a decision can be undone; `stopwatch` and `sleep` are replaced by tests."""
        self._database = database
        self._moderation = moderation
        self._clock = clock
        self._undo = undo
        self._stopwatch = stopwatch
        self._sleep = sleep
        self._keys = moderation.ledger.keys

    async def select(self, selection: Selection) -> list[Case]:
        """The cases that filters let pass or references name, or those given, at most `MOST`.

        Raises:
            Refused: there are more, or a reference names none.
        """
        if isinstance(selection, Filters):
            found = [entry.case for entry in await self._moderation.page(selection, MOST + 1)]
        else:
            given: Iterable[str | Case] = dict.fromkeys(selection)
            found = [item if isinstance(item, Case) else (await self._moderation.picture(item)).case for item in given]
        if len(found) > MOST:
            raise Refused(f"more than {MOST} cases at once cannot be undone; select fewer", "many")
        return found

    async def preview(self, selection: Selection, request: BulkRequest) -> Forecast:
        """What a decision about the selection would come to, each case for itself; changes nothing."""
        decided, refused = [], []
        for case in await self.select(selection):
            try:
                decided.append(await self._moderation.preview(case.long_reference, request))
            except Refused as error:
                refused.append((case, error))
        return Forecast(tuple(decided), tuple(refused))

    async def decide(
        self, ref: str, request: Request, *, version: int | None = None, override: bool = False
    ) -> tuple[Bulk | None, Outcome]:
        """Decide about one case, to be undone as many are: its message waits. Raises as `Moderation.decide` does.

        None to undo where the same was decided before: nothing was stored then, and what was stays as it was.
        """
        tidied = tidy(request)
        key = (await self._moderation.picture(ref)).case.id
        made = self._new(request)

        def job(connection: Any) -> Outcome:  # noqa: ANN401 - storage's Connection
            cases.begin(connection, made)
            batch = Batch(id=made.id, due_at=made.undo_until)
            outcome = self._moderation.settle(connection, key, tidied, version=version, override=override, batch=batch)
            if outcome.repeated:
                raise _Repeated(outcome)
            return outcome

        for attempt in range(1, ATTEMPTS + 1):
            try:
                return made, await self._database.write(job)
            except _Repeated as again:
                return None, again.outcome
            except cases.CaseTaken:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _new(self, request: Request) -> Bulk:
        now = self._clock.now()
        return Bulk(
            id=self._keys.new(now),
            at=now,
            who=request.moderator,
            action=type(request).__name__.lower(),
            undo_until=now + self._undo,
            undone_at=None,
        )

    async def apply(
        self, selection: Selection, request: BulkRequest, told: Told | None = None
    ) -> tuple[Bulk, Forecast]:
        """Decide. What came of each case, and the bulk decision to undo it by; `told` hears of the progress."""
        tidied = tidy(request)
        waiting = deque(await self.select(selection))
        made = self._new(request)
        await self._database.write(partial(cases.begin, item=made))
        done = Forecast((), ())
        while waiting:
            begun = self._stopwatch()
            some = await self._database.write(partial(self._some, waiting=tuple(waiting), request=tidied, made=made))
            done = Forecast(done.decided + some.decided, done.refused + some.refused)
            for _ in range(len(some.decided) + len(some.refused)):
                waiting.popleft()
            if told is not None:
                told(len(some.decided) + len(some.refused))
            await self._sleep(self._stopwatch() - begun)
        return made, done

    def _some(self, connection: Any, waiting: Sequence[Case], request: Request, made: Bulk) -> Forecast:  # noqa: ANN401 - storage's Connection
        """Decide about as many cases as fit a short write, one at least."""
        if not cases.is_open(connection, made.id, self._clock.now()):
            return Forecast((), tuple((case, Refused(TOO_LATE, "too_late")) for case in waiting))
        batch = Batch(id=made.id, due_at=made.undo_until)
        until = self._stopwatch() + HOLD
        decided, refused = [], []
        for case in waiting:
            try:
                decided.append(self._moderation.settle(connection, case.id, request, batch=batch))
            except Refused as error:
                refused.append((case, error))
            if self._stopwatch() >= until:
                break
        return Forecast(tuple(decided), tuple(refused))

    async def undo(self, moderator: str, ref: str = "", *, override: bool = False) -> Undone:
        """Take a bulk decision back, whole: cases, readings and messages; the moderator's last one if none is named.

        Cases that have moved on since stay decided; they are listed as kept.

        Raises:
            Refused: there is none, it is another's, it was undone before, or its messages have gone out.
        """
        made = await self._find(moderator, ref)
        if made.who != moderator and not override:
            raise Refused(f"{made.who} has decided that; a supervisor may undo it all the same")

        def job(connection: Any) -> Undone | None:  # noqa: ANN401 - storage's Connection
            now = self._clock.now()
            if not cases.is_open(connection, made.id, now):
                return None
            undone = cases.undo(connection, made.id, moderator, partial(self._keys.new, now), now)
            old = {"bulk": reference(made.id), "action": made.action}
            note = partial(self._moderation.ledger.record, cases.UNDONE, moderator, now, old=old)
            cases.write(connection, [note(case_id) for case_id in undone.cases])
            return undone

        undone = await self._database.write(job)
        if undone is None:
            raise Refused("it was undone already, or its messages have gone out: nothing can be undone any more")
        return undone

    async def recent(self, limit: int = 20) -> list[Bulk]:
        """The latest bulk decisions, the newest first."""
        return await self._database.read(partial(cases.bulks, limit=limit))

    async def _find(self, moderator: str, ref: str) -> Bulk:
        latest = await self.recent(MOST)
        for made in latest:
            if (reference(made.id) == ref.strip().upper()) if ref else (made.who == moderator):
                return made
        raise Refused(f"there is no bulk decision {ref!r}" if ref else f"{moderator} has decided nothing in bulk")
