"""Reads a delimited text file with a header row: rows with their line numbers, as they stood in the file."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, Self, TextIO

from core.billing.charset import detect
from core.billing.problems import Problem, Rejected, UnreadableFile

DELIMITERS: Final = ";,\t"
HEADER_LIMIT: Final = 1 << 16
QUOTED_LINES: Final = 10
"""A quoted cell may go on over so many lines; beyond that its quote was never closed."""


class Row(NamedTuple):
    """A row: the line it begins on, its text without the line break, its cells in the order asked for."""

    line: int
    raw: str
    cells: Sequence[str]


class Block(NamedTuple):
    """Some rows, and those that fall apart before their cells can be looked at."""

    rows: list[Row]
    broken: list[Rejected]

    def __len__(self) -> int:
        return len(self.rows) + len(self.broken)


class Sheet:
    """An open file. The encoding and the delimiter are found out; columns may stand in any order."""

    def __init__(self, path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Open the file and read its header.

        Raises:
            UnreadableFile: there is no header with all the columns but the optional ones.
        """
        self._path = path
        self.encoding = detect(path)
        self.size = path.stat().st_size
        self.has_mark = _begins_with_mark(path)
        self._binary = path.open("rb")
        self._text: TextIO = io.TextIOWrapper(self._binary, encoding=self.encoding, errors="replace", newline=None)
        try:
            self.header = self._text.readline(HEADER_LIMIT).rstrip("\n")
            self.delimiter = _delimiter(self.header, columns)
            names = _names(self.header, self.delimiter)
            _check(names, columns, optional)
        except BaseException:
            self._text.close()
            raise
        self.columns = (*columns, *(name for name in optional if name in names))
        """Those of its cells, in the order asked for."""
        self.ignored = tuple(name for name in names if name and name not in self.columns)
        self._width = len(names)
        self._line = 2
        self._ahead: deque[str] = deque()
        self._pick: Callable[[Sequence[str]], Sequence[str]] = itemgetter(*map(names.index, self.columns))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    @property
    def line_break(self) -> str:
        """How the file ends its lines."""
        found = getattr(self._text, "newlines", None)
        return found if isinstance(found, str) else "\n"

    @property
    def rows_about(self) -> int:
        """How many rows there are, guessed from the length of the first lines."""
        with self._path.open("rb") as file:
            sample = file.read(HEADER_LIMIT)
        return self.size * sample.count(b"\n") // max(len(sample), 1)

    @property
    def position(self) -> int:
        """Bytes read so far, for a progress bar."""
        return 0 if self._binary.closed else self._binary.tell()

    def read(self, count: int) -> Block:
        """About so many of the next rows, blank lines left out; none at the end of the file."""
        block = Block([], [])
        while not len(block) and self._fill(count):
            self._read_ahead(block)
        return block

    def _fill(self, count: int) -> bool:
        self._ahead.extend(islice(self._text, count))
        return bool(self._ahead)

    def _read_ahead(self, block: Block) -> None:
        ahead, rows, width, delimiter, pick = self._ahead, block.rows, self._width, self.delimiter, self._pick
        while ahead:
            text = ahead.popleft()
            line, fault = self._line, ""
            self._line += 1
            raw = text.rstrip("\n")
            if '"' in raw:
                cells, raw, fault = self._quoted(text)
            else:
                cells = raw.split(delimiter)
            while len(cells) > width and not cells[-1].strip():
                cells.pop()  # Excel pads rows with empty cells.
            if len(cells) == width and any(cells):
                rows.append(Row(line, raw, pick(cells)))
            elif fault or any(map(str.strip, cells)):
                fault = fault or f"{len(cells)} cells where the header has {width}"
                block.broken.append(Rejected(raw, (Problem(line, "", fault),)))

    def _quoted(self, text: str) -> tuple[list[str], str, str]:
        """The cells of a row with quotes, its whole text, and a fault if its quotes do not match."""
        taken: list[str] = []
        while True:
            try:
                cells = next(csv.reader((text,), delimiter=self.delimiter, strict=True))
            except csv.Error as error:
                if "end of data" not in str(error):
                    fault = "a quote inside quotes is not doubled"
                    break
            else:
                self._line += len(taken)
                return cells, text.rstrip("\n"), ""
            if len(taken) >= QUOTED_LINES or not (self._ahead or self._fill(1)):
                fault = "a quote is never closed"
                break
            taken.append(self._ahead.popleft())
            text += taken[-1]
        # The lines after the first are rows of their own.
        self._ahead.extendleft(reversed(taken))
        return [], text[: len(text) - sum(map(len, taken))].rstrip("\n"), fault


def _begins_with_mark(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _delimiter(header: str, columns: Sequence[str]) -> str:
    """The delimiter that makes the most of the header; in doubt the first of `DELIMITERS`."""
    known = set(columns)
    return max(DELIMITERS, key=lambda mark: len(known.intersection(_names(header, mark))))


def _names(header: str, delimiter: str) -> list[str]:
    cells = next(csv.reader((header,), delimiter=delimiter), [])
    return [name.strip().lower() for name in cells]


def _check(names: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    present = [name for name in columns if name in names]
    if not present:
        raise UnreadableFile(f"the first line should name the columns: {';'.join(columns)}")
    twice = sorted({name for name in (*present, *optional) if names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"the header names a column twice: {', '.join(twice)}")
    missing = [name for name in columns if name not in names]
    if missing:
        extra = [name for name in names if name not in columns]
        raise UnreadableFile(f"columns are missing: {', '.join(_with_nearest(name, extra) for name in missing)}")


def _with_nearest(name: str, extra: list[str]) -> str:
    nearest = get_close_matches(name, extra, n=1, cutoff=0.6)
    return f"{name} (is it '{nearest[0][:40]}'?)" if nearest else name
