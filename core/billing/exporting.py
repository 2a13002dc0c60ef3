"""The export of readings: one snapshot to one file, whole or not at all; then the readings are marked."""

import csv
import io
import time
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from core.billing.safefile import SafeFile
from core.domain.accounts import Branches
from core.domain.readings import Code, Status
from core.storage.database import Database
from core.storage.exports import ExportRow, mark_exported, readings_of
from core.storage.imports import Transaction
from core.storage.pace import Pace

COLUMNS: Final = ("reading_id", "account", "meter", "period", "t1", "t2", "t3", "sent_at", "channel", "status")
DELIMITER: Final = ";"
LINE_BREAK: Final = "\n"
CORRECTION: Final = "correction"
"""The status of a reading that replaces one of an earlier export; all others are `accepted`."""
_FORMULA: Final = tuple("=+-@\t\r\n")


class UnwritableFile(Exception):
    """The export cannot be written as asked; nothing was written or marked."""


@dataclass(kw_only=True)
class Totals:
    """What the file holds, for the operator to compare with what billing took."""

    readings: int = 0
    corrections: int = 0
    t1: int = 0
    t2: int = 0
    t3: int = 0
    kwh: int = 0
    without_kwh: int = 0
    """Readings whose consumption is not known, so not in `kwh`."""

    def add(self, row: ExportRow) -> None:
        """Count a reading."""
        self.readings += 1
        self.corrections += row.code == Code.CORRECTION_AFTER_EXPORT.value
        self.t1 += row.t1
        self.t2 += row.t2 or 0
        self.t3 += row.t3 or 0
        if row.consumption is None:
            self.without_kwh += 1
        else:
            self.kwh += row.consumption


@dataclass(kw_only=True)
class Exported:
    """What an export did, or would do."""

    totals: Totals = field(default_factory=Totals)
    sha256: str = ""
    new: int = 0
    """Readings that no export held before."""
    marked: int = 0


@dataclass(kw_only=True)
class Export:
    """Writes the readings of a period."""

    database: Database
    branches: Branches
    period: int
    branch: str | None = None
    encoding: str = "utf-8"
    stopwatch: Callable[[], float] = time.perf_counter

    async def to_file(self, path: Path) -> Exported:
        """Write `path` and `path.sha256`, then mark the readings in it.

        A crash before the mark leaves the readings accepted: the next export gives the same file.

        Raises:
            UnwritableFile: a number does not fit the encoding.
            OSError: the place cannot be written.
        """
        file = SafeFile(path)
        try:
            done, new = await self._write(file.write)
            file.keep()
        finally:
            file.discard()
        done.sha256 = file.sha256
        digest = SafeFile(path.with_name(f"{path.name}.sha256"))
        digest.write(f"{file.sha256}  {path.name}\n".encode())
        digest.keep()
        done.marked = await self._mark(new)
        return done

    async def to_stream(self, stream: BinaryIO) -> Exported:
        """Write to a stream and mark nothing, for nobody knows what becomes of it."""
        done, _ = await self._write(stream.write)
        stream.flush()
        return done

    async def rehearse(self) -> Exported:
        """Only count."""
        done, _ = await self._write(len)
        return done

    async def _write(self, write: Callable[[bytes], Any]) -> tuple[Exported, "array[int]"]:
        done = Exported()
        new = array("q")

        def job(connection: Transaction) -> None:
            write(self._bytes([COLUMNS]))
            for page in readings_of(connection, self.period, self.branch):
                write(self._bytes(map(self._cells, page)))
                for row in page:
                    done.totals.add(row)
                new.extend(row.id for row in page if row.status == Status.ACCEPTED.value)

        await self.database.read(job)
        done.new = len(new)
        return done, new

    async def _mark(self, ids: "array[int]") -> int:
        pace = Pace()
        start = marked = 0
        while start < len(ids):
            chunk = ids[start : start + pace.rows].tolist()
            begun = self.stopwatch()
            marked += await self.database.write(partial(mark_exported, ids=chunk))
            pace.note(len(chunk), self.stopwatch() - begun)
            start += len(chunk)
        return marked

    def _cells(self, row: ExportRow) -> tuple[object, ...]:
        branch = self.branches.get(row.branch)
        sent_at = row.sent_at.astimezone(branch.timezone if branch else UTC)
        return (
            row.id,
            guarded(row.account),
            guarded(row.meter),
            f"{row.period // 100:04}-{row.period % 100:02}",
            row.t1,
            row.t2,
            row.t3,
            sent_at.isoformat(timespec="seconds"),
            guarded(row.channel),
            CORRECTION if row.code == Code.CORRECTION_AFTER_EXPORT.value else Status.ACCEPTED.value,
        )

    def _bytes(self, rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=DELIMITER, lineterminator=LINE_BREAK).writerows(rows)
        try:
            return text.getvalue().encode(self.encoding)
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise UnwritableFile(f"{letter!r} cannot be written in {self.encoding}; choose utf-8") from error


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading apostrophe, as Excel itself marks text."""
    line = text.replace("\r", " ").replace("\n", " ")
    return f"'{line}" if text.startswith(_FORMULA) else line
