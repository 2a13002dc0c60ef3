"""The loop of an import: rows in chunks, each chunk one short transaction, bad rows put aside."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from core.billing.accounts import Accounts
from core.billing.kinds import Kind, Options, Outcome, Run
from core.billing.meters import Meters
from core.billing.problems import Rejected
from core.billing.quarantine import Quarantine, quarantine_of
from core.billing.report import Report
from core.billing.sheet import Sheet
from core.domain.accounts import Branches
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.imports import Transaction, prepare_first_load
from core.storage.pace import Pace

C = TypeVar("C")
Progress = Callable[[int, int, int], None]
"""Told after each chunk: bytes read, bytes in all, rows read."""

FIRST_LOAD: Final = Pace(seconds=0.25, largest=5_000)
"""Into an empty database, where no service has anybody to serve yet."""


@dataclass(kw_only=True)
class Import:
    """What both imports need."""

    database: Database
    clock: Clock
    options: Options = field(default_factory=Options)
    rejected_to: Path | None = None
    """Where rejected rows go, if not beside the file."""
    progress: Progress = lambda _done, _size, _rows: None
    stopwatch: Callable[[], float] = time.perf_counter

    async def accounts(self, path: Path, branches: Branches) -> Report:
        """Import `accounts.csv`.

        Raises:
            UnreadableFile: nothing was read or changed.
        """
        return await self._run(path, Accounts(branches, self.options, self._today()))

    async def meters(self, path: Path) -> Report:
        """Import `meters.csv`.

        Raises:
            UnreadableFile: nothing was read or changed.
        """
        return await self._run(path, Meters(self.options, self._today()))

    def _today(self) -> date:
        return self.clock.now().date()

    async def _run(self, path: Path, kind: Kind[C]) -> Report:
        begun = self.stopwatch()
        report = Report(kind=kind.name, dry_run=self.options.dry_run)
        run: Run = self.database.read if self.options.dry_run else self.database.write
        with Sheet(path, kind.columns, kind.optional) as sheet:
            report.encoding, report.delimiter = sheet.encoding, sheet.delimiter
            report.ignored_columns = tuple(name for name in sheet.ignored if name != Quarantine.COLUMN)
            first_load = await kind.begin(self.database.read, sheet)
            if first_load and not self.options.dry_run:
                await self.database.write(prepare_first_load)
            with (
                _quiet_collector(),
                Quarantine(
                    self.rejected_to or quarantine_of(path), sheet, enabled=not self.options.dry_run
                ) as quarantine,
            ):
                pace = replace(FIRST_LOAD) if first_load else Pace()
                await self._chunks(sheet, kind, _Into(run, report, quarantine, pace))
                await kind.finish(run, report, self._today())
                report.quarantine = quarantine.keep()
        report.seconds = self.stopwatch() - begun
        return report

    async def _chunks(self, sheet: Sheet, kind: Kind[C], into: "_Into") -> None:
        report = into.report
        while block := sheet.read(into.pace.rows):
            gc.collect()
            report.rows += len(block)
            batch, rejected = kind.parse(block)
            rejected += block.broken
            if batch:
                outcome, held = await self._timed(into.run, partial(kind.store, batch=batch, now=self.clock.now()))
                into.pace.note(len(batch), held)
                report.changes.add(outcome.changes)
                rejected += outcome.rejected
            for item in sorted(rejected, key=_line):
                report.reject(item.problems)
                into.quarantine.put(item)
            for problem in kind.warnings():
                report.warn(problem)
            self.progress(sheet.position, sheet.size, report.rows)

    async def _timed(self, run: Run, job: Callable[[Transaction], Outcome]) -> tuple[Outcome, float]:
        """Run a job; with its outcome, how long it held the database, without the wait for its turn."""
        begun = 0.0

        def timed(connection: Transaction) -> Outcome:
            nonlocal begun
            begun = self.stopwatch()
            return job(connection)

        outcome = await run(timed)
        return outcome, self.stopwatch() - begun


class _Into(NamedTuple):
    """Where the rows of a file go."""

    run: Run
    report: Report
    quarantine: Quarantine
    pace: Pace


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Rows make no reference cycles, yet so many small objects that looking for cycles takes a fifth of the time."""
    active = gc.isenabled()
    gc.disable()
    gc.freeze()  # What was there before is not looked at, so that the collection after each chunk is quick.
    try:
        yield
    finally:
        gc.unfreeze()
        if active:
            gc.enable()


def _line(rejected: Rejected) -> int:
    return rejected.problems[0].line
