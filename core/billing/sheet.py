"""Reads a delimited text file with a header row: rows with their line numbers, as they stood in the file."""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from core.billing.charset import detect
from core.billing.problems import UnreadableFile

DELIMITERS: Final = ";,\t"
HEADER_LIMIT: Final = 1 << 16
QUOTED_LINES: Final = 10
"""A quoted cell may go on over so many lines; beyond that its quote was never closed."""


class Row(NamedTuple):
    """A row: the line it begins on, its text without the line break, its cells in the order asked for."""

    line: int
    raw: str
    cells: Sequence[str]
    fault: str
    """Why there are no cells, or empty."""


class Sheet:
    """An open file. The encoding and the delimiter are found out; columns may stand in any order."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Open the file and read its header.

        Raises:
            UnreadableFile: there is no header with all the columns.
        """
        self.encoding = detect(path)
        self.size = path.stat().st_size
        self._binary = path.open("rb")
        self._text: TextIO = _reader(self._binary, self.encoding)
        try:
            self.header = self._text.readline(HEADER_LIMIT).rstrip("\n")
            self.delimiter = _delimiter(self.header, columns)
            names = _names(self.header, self.delimiter)
            _check(names, columns)
        except BaseException:
            self._text.close()
            raise
        self.ignored = tuple(name for name in names if name and name not in columns)
        self._width = len(names)
        self._pick: Callable[[Sequence[str]], Sequence[str]] = itemgetter(*(names.index(name) for name in columns))

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    @property
    def line_break(self) -> str:
        """How the file ends its lines."""
        found = getattr(self._text, "newlines", None)
        return found if isinstance(found, str) else "\n"

    @property
    def position(self) -> int:
        """Bytes read so far, for a progress bar."""
        return 0 if self._binary.closed else self._binary.tell()

    def __iter__(self) -> Iterator[Row]:
        """The rows below the header, blank lines left out."""
        width, delimiter, pick = self._width, self.delimiter, self._pick
        ahead: deque[str] = deque()
        line = 2
        while text := (ahead.popleft() if ahead else self._text.readline()):
            begun, fault = line, ""
            line += 1
            raw = text.rstrip("\n")
            if '"' in raw:
                cells, more, fault = _quoted_cells(text, delimiter, ahead, self._text)
                line += len(more)
                raw = "\n".join((raw, *more))
            else:
                cells = raw.split(delimiter)
            if len(cells) > width:
                cells = _without_empty_end(cells, width)
            if len(cells) == width:
                yield Row(begun, raw, pick(cells), "")
            elif any(cell and not cell.isspace() for cell in cells) or fault:
                yield Row(begun, raw, (), fault or f"{len(cells)} cells where the header has {width}")


def _reader(binary: object, encoding: str) -> TextIO:
    import io  # noqa: PLC0415

    return io.TextIOWrapper(binary, encoding=encoding, errors="replace", newline=None)  # type: ignore[arg-type]


def _quoted_cells(text: str, delimiter: str, ahead: deque[str], file: TextIO) -> tuple[list[str], list[str], str]:
    """The cells of a row with quotes, the further lines it takes, and a fault if its quotes do not match.

    Lines that turn out not to belong to it are put back in `ahead`.
    """
    taken: list[str] = []
    while True:
        try:
            cells = next(csv.reader((text,), delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "end of data" not in str(error):
                ahead.extendleft(reversed(taken))
                return [], [], "a quote inside quotes is not doubled"
        else:
            return cells, [line.rstrip("\n") for line in taken], ""
        following = "" if len(taken) >= QUOTED_LINES else (ahead.popleft() if ahead else file.readline())
        if not following:
            ahead.extendleft(reversed(taken))
            return [], [], "a quote is never closed"
        taken.append(following)
        text += following


def _without_empty_end(cells: list[str], width: int) -> list[str]:
    """Excel pads rows with empty cells."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """The delimiter that makes the most of the header; in doubt the first of `DELIMITERS`."""
    known = set(columns)
    return max(DELIMITERS, key=lambda mark: len(known.intersection(_names(header, mark))))


def _names(header: str, delimiter: str) -> list[str]:
    cells = next(csv.reader((header,), delimiter=delimiter), [])
    return [name.strip().lower() for name in cells]


def _check(names: list[str], columns: Sequence[str]) -> None:
    present = [name for name in columns if name in names]
    if not present:
        raise UnreadableFile(f"the first line should name the columns: {';'.join(columns)}")
    twice = sorted({name for name in present if names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"the header names a column twice: {', '.join(twice)}")
    missing = [name for name in columns if name not in names]
    if missing:
        extra = [name for name in names if name not in columns]
        raise UnreadableFile(f"columns are missing: {', '.join(_with_nearest(name, extra) for name in missing)}")


def _with_nearest(name: str, extra: list[str]) -> str:
    nearest = get_close_matches(name, extra, n=1, cutoff=0.6)
    return f"{name} (is it '{nearest[0][:40]}'?)" if nearest else name
