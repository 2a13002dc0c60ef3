"""The loop of an import: rows in chunks, each chunk one short transaction, bad rows put aside."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from core.billing.accounts import Accounts
from core.billing.kinds import Kind, Options, Outcome, Run
from core.billing.meters import Meters
from core.billing.problems import Rejected
from core.billing.quarantine import Quarantine, quarantine_of
from core.billing.report import Report
from core.billing.sheet import Sheet
from core.domain.accounts import Branches
from core.domain.keys import Keys
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.imports import Transaction

C = TypeVar("C")
Progress = Callable[[int, int, int], None]
"""Told after each chunk: bytes read, bytes in all, rows read."""

TARGET_SECONDS: Final = 0.04
"""How long a chunk may hold the writer: a running service waits behind it."""
FIRST_CHUNK: Final = 250
SMALLEST_CHUNK: Final = 100
LARGEST_CHUNK: Final = 4000
"""More rows at once are not faster."""


@dataclass
class Pace:
    """How many rows go into a chunk, so that it takes about `TARGET_SECONDS` on this machine."""

    rows: int = FIRST_CHUNK

    def note(self, rows: int, seconds: float) -> None:
        """Learn from a chunk: at most twice as many rows next time, or half."""
        fitting = rows * TARGET_SECONDS / max(seconds, 1e-6)
        self.rows = int(min(max(fitting, self.rows / 2, SMALLEST_CHUNK), self.rows * 2, LARGEST_CHUNK))


@dataclass(kw_only=True)
class Import:
    """What both imports need."""

    database: Database
    clock: Clock
    options: Options = Options()
    rejected_to: Path | None = None
    """Where rejected rows go, if not beside the file."""
    progress: Progress = lambda _done, _size, _rows: None
    stopwatch: Callable[[], float] = time.perf_counter

    async def accounts(self, path: Path, branches: Branches) -> Report:
        """Import `accounts.csv`.

        Raises:
            UnreadableFile: nothing was read or changed.
        """
        return await self._run(path, Accounts(branches, Keys().new, self.options, self._today()))

    async def meters(self, path: Path) -> Report:
        """Import `meters.csv`.

        Raises:
            UnreadableFile: nothing was read or changed.
        """
        return await self._run(path, Meters(Keys().new, self.options, self._today()))

    def _today(self) -> date:
        return self.clock.now().date()

    async def _run(self, path: Path, kind: Kind[C]) -> Report:
        begun = self.stopwatch()
        report = Report(kind=kind.name, dry_run=self.options.dry_run)
        run: Run = self.database.read if self.options.dry_run else self.database.write
        with Sheet(path, kind.columns) as sheet:
            report.encoding, report.delimiter = sheet.encoding, sheet.delimiter
            report.ignored_columns = tuple(name for name in sheet.ignored if name != Quarantine.COLUMN)
            await kind.begin(self.database.read)
            with Quarantine(self.rejected_to or quarantine_of(path), sheet, enabled=not self.options.dry_run) as quarantine:
                await self._chunks(sheet, kind, run, report, quarantine)
                await kind.finish(run, report, self._today())
                report.quarantine = quarantine.keep()
        report.seconds = self.stopwatch() - begun
        return report

    async def _chunks(self, sheet: Sheet, kind: Kind[C], run: Run, report: Report, quarantine: Quarantine) -> None:
        pace = Pace()
        batch: list[C] = []
        rejected: list[Rejected] = []
        for row in sheet:
            report.rows += 1
            parsed = kind.parse(row)
            if isinstance(parsed, Rejected):
                rejected.append(parsed)
            else:
                batch.append(parsed)
            if len(batch) + len(rejected) >= pace.rows:
                await self._chunk(kind, run, batch, rejected, report, quarantine, pace)
                self.progress(sheet.position, sheet.size, report.rows)
        await self._chunk(kind, run, batch, rejected, report, quarantine, pace)
        self.progress(sheet.size, sheet.size, report.rows)

    async def _chunk(
        self,
        kind: Kind[C],
        run: Run,
        batch: list[C],
        rejected: list[Rejected],
        report: Report,
        quarantine: Quarantine,
        pace: Pace,
    ) -> None:
        if batch:
            outcome, held = await self._timed(run, partial(kind.store, batch=batch, now=self.clock.now()))
            pace.note(len(batch), held)
            report.changes.add(outcome.changes)
            if outcome.rejected:
                rejected.extend(outcome.rejected)
                rejected.sort(key=lambda item: item.problems[0].line)
        for item in rejected:
            report.reject(item.problems)
            quarantine.put(item)
        for problem in kind.warnings():
            report.warn(problem)
        batch.clear()
        rejected.clear()

    async def _timed(self, run: Run, job: Callable[[Transaction], Outcome]) -> tuple[Outcome, float]:
        """Run a job; with its outcome, how long it held the database, without the wait for its turn."""
        begun = 0.0

        def timed(connection: Transaction) -> Outcome:
            nonlocal begun
            begun = self.stopwatch()
            return job(connection)

        outcome = await run(timed)
        return outcome, self.stopwatch() - begun
