"""Asks billing what readings cost, and has the replies that wait for it name that sum.

Nothing here must survive a crash: a reply is stored with our own sum and the moment until which it waits, and goes out
then, whether billing has answered or nobody has asked it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

import structlog

from core.domain.calculations import Calculated, Calculation, Told
from core.domain.decisions import Decision
from core.ports.calculation import Calculates, CalculationFailed
from core.ports.clock import Clock
from core.ports.watch import Unwatched, Watch
from core.storage.database import Database, Unavailable
from core.storage.retelling import Retold, retell

QUEUED: Final = 4
"""Replies that wait for each call that can be under way: as many as are answered within a reply's patience."""
MARGIN: Final = 0.9
"""Of that patience, what the call may take; the rest is for writing its answer down."""
FAILURES: Final = 5
"""In a row: then billing is taken for ill, and replies do not wait for it."""
PAUSE_SECONDS: Final = 30.0
"""How long. After that one reply tries whether it is well."""

log = structlog.get_logger()


class Calculating:
    """The one who asks. `hold` and `ask` are the desk's, `run` works for ever."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        billing: Calculates,
        *,
        patience: timedelta,
        at_once: int,
        nudge: Callable[[AbstractSet[str]], None] = lambda _: None,
        watch: Watch | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: how long a reply waits. `nudge` is told the channels whose replies wait no more."""
        self._database = database
        self._clock = clock
        self._billing = billing
        self._patience = patience
        self._at_once = at_once
        self._lines = asyncio.Semaphore(at_once)
        self._nudge = nudge
        self._watch = watch or Unwatched()
        self._timer = timer
        self._asking: set[asyncio.Task[None]] = set()
        self._results: list[Retold] = []
        self._woken = asyncio.Event()
        self._writing = asyncio.Lock()
        self._answers = self._failures = 0
        self._ill_until = 0.0

    def hold(self, decisions: Sequence[Decision]) -> None:
        """Before a batch is stored: let as many of its replies wait as billing can be asked about now."""
        wanting = [each for each in decisions if each.calculation is not None]
        room = self._room() if wanting else 0
        for decision in wanting[:room]:
            decision.patience = self._patience

    def ask(self, decisions: Sequence[Decision]) -> None:
        """After it is stored: ask about those that wait."""
        for decision in decisions:
            if decision.calculation is not None and not decision.patience:
                self._watch.calculated("unasked")
            elif decision.calculation is not None:
                task = asyncio.get_running_loop().create_task(self._ask(decision, decision.calculation))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def run(self) -> None:
        """Write the answers down, all that have come meanwhile at once. Cancelling it ends the calls under way."""
        try:
            await self._billing.open()
            while True:
                await self._woken.wait()
                await self.flush()
        finally:
            await self.close()

    async def settled(self) -> None:
        """Wait until nothing is asked any more, and write down what has come."""
        await asyncio.gather(*self._asking)
        await self.flush()

    async def flush(self) -> None:
        """Write down what has come. What the database does not take is lost, and its replies say our sum."""
        async with self._writing:
            self._woken.clear()
            results, self._results = self._results, []
            if not results:
                return
            now = self._clock.now()
            try:
                await self._database.write(lambda connection: retell(connection, results, now))
            except Unavailable as problem:
                log.warning("calculations_unwritten", count=len(results), reason=str(problem))
                return
        self._nudge({result.channel for result in results})

    def _room(self) -> int:
        waits = self._timer() < self._ill_until
        most = 0 if waits else 1 if self._failures >= FAILURES else QUEUED * self._at_once
        return max(0, most - len(self._asking))

    async def _ask(self, decision: Decision, calculation: Calculation) -> None:
        """Ask billing about one reply. Whatever comes of it, the reply waits no longer than that."""
        said: Calculated | None = None
        told, answers = stored(decision), self._answers
        try:
            async with asyncio.timeout(self._patience.total_seconds() * MARGIN), self._lines:
                said = await self._billing.calculate(calculation.question)
        except (CalculationFailed, TimeoutError) as failure:
            # Who has answered others meanwhile is busy, not ill: most of what is out of time then was never asked.
            self._fail(failure, busy=isinstance(failure, TimeoutError) and self._answers > answers)
        except Exception:
            log.exception("calculation_broken")
            self._watch.calculated("unanswered")
        else:
            self._answers, self._failures = self._answers + 1, 0
            self._watch.calculated(_result(said, calculation.ours))
        new = told
        if said is not None:
            try:
                new = calculation.retell(told, said)
            except Exception:
                log.exception("calculation_untold")
        self._results.append(Retold(decision.key, decision.event.address.channel, new))
        self._woken.set()

    def _fail(self, failure: Exception, *, busy: bool) -> None:
        self._failures += not busy
        self._watch.calculated("unanswered")
        words = str(failure) or "no answer in time"
        if not busy and self._failures >= FAILURES:
            self._ill_until = self._timer() + PAUSE_SECONDS
            log.error("billing_not_asked", seconds=PAUSE_SECONDS, failure=words)
        else:
            log.warning("calculation_unanswered", failure=words)

    async def close(self) -> None:
        """End the calls under way; their replies go out with our sum. Harmless when called twice."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._billing.close()


def stored(decision: Decision) -> Told:
    """The decision's reply as a calculation sees it."""
    return Told(decision.reply or "", decision.buttons, decision.link, decision.link_label)


def _result(said: Calculated | None, ours: int | None) -> str:
    """How billing's sum stands to ours: lists that are out of date show here first."""
    if said is None:
        return "unknown"
    if ours is None:
        return "alone"
    return "agrees" if said.charge == ours else "differs"
