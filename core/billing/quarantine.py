"""The file of rejected rows: as they stood, with the reason behind them, ready to be mended and imported."""

from pathlib import Path
from typing import ClassVar, Self

from core.billing.problems import Problem, Rejected
from core.billing.safefile import SafeFile
from core.billing.sheet import Sheet


class Quarantine:
    """`accounts.rejected.csv` beside `accounts.csv`, in the same encoding, with the same delimiter.

    It appears only when there are rejected rows, and only when the import has come to its end.
    """

    COLUMN: ClassVar = "reason"

    def __init__(self, path: Path, sheet: Sheet, *, enabled: bool) -> None:
        self._path = path
        self._sheet = sheet
        self._enabled = enabled
        self._file: SafeFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.discard()

    def put(self, rejected: Rejected) -> None:
        """Write a row."""
        if not self._enabled:
            return
        if self._file is None:
            self._file = SafeFile(self._path)
            if self._sheet.has_mark:
                self._file.write(b"\xef\xbb\xbf")
            self._write(self._sheet.header, self.COLUMN)
        self._write(rejected.raw, "; ".join(map(_told, rejected.problems)))

    def keep(self) -> str:
        """Finish the file; its path, or nothing when no row was rejected."""
        if self._file is None:
            return ""
        self._file.keep()
        return str(self._path)

    def _write(self, raw: str, reason: str) -> None:
        sheet = self._sheet
        quoted = '"' + reason.replace('"', '""') + '"' if set(reason) & set(f'{sheet.delimiter}"\n') else reason
        line = f"{raw}{sheet.delimiter}{quoted}\n".replace("\n", sheet.line_break)
        self._file_now().write(line.encode(sheet.encoding.removesuffix("-sig"), errors="replace"))

    def _file_now(self) -> SafeFile:
        if self._file is None:  # pragma: no cover - `put` opens it
            raise AssertionError("the quarantine is not open")
        return self._file


def quarantine_of(path: Path) -> Path:
    """Where the rejected rows of a file go unless told otherwise."""
    return path.with_name(f"{path.stem}.rejected.csv")


def _told(problem: Problem) -> str:
    return f"{problem.column}: {problem.reason}" if problem.column else problem.reason
