"""What the two kinds of import have in common: how a row is parsed, and what the loop asks of a kind."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol, TypeVar

from core.billing.cells import number
from core.billing.problems import BadCell, Problem, Rejected
from core.billing.report import Changes, Report
from core.billing.sheet import Block, Row, Sheet
from core.domain.accounts import search_key
from core.domain.keys import Keys
from core.storage.imports import Transaction

T = TypeVar("T")
C = TypeVar("C")
Parsers = Mapping[str, Callable[[str], Any]]

BAD_ROWS_REMEMBERED: Final = 10_000
"""Beyond so many bad rows a file is taken to be damaged: nothing is concluded from what is missing in it."""
FEW: Final = 10
"""So many missing accounts or replaced meters are never suspicious."""
SHARE: Final = 0.10
"""A larger part than this that is missing or replaced makes a file suspicious."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the operator allows."""

    dry_run: bool = False
    allow_short: bool = False
    """The file is known to be a part, or a great replacement of meters is meant."""
    allow_moves: bool = False
    """Accounts may move to another branch."""


@dataclass
class Outcome:
    """What became of a chunk."""

    changes: Changes = field(default_factory=Changes)
    rejected: list[Rejected] = field(default_factory=list)


class Run(Protocol):
    """Runs a job on the database: `Database.write`, or `Database.read` for a dry run."""

    def __call__(self, job: Callable[[Transaction], T]) -> Awaitable[T]:
        """Run it in a transaction of its own."""


class Kind(Protocol[C]):
    """One kind of file."""

    name: str
    columns: tuple[str, ...]
    optional: tuple[str, ...]
    """Columns that a file may be without; then what is on file stays."""

    async def begin(self, run: Run, sheet: Sheet) -> bool:
        """Look at the database before the first row; whether it holds nothing of this kind yet."""

    def parse(self, block: Block) -> tuple[list[C], list[Rejected]]:
        """Rows to candidates, and what is wrong with the others. Touches no database."""

    def warnings(self) -> list[Problem]:
        """What was left out of rows parsed since the last call."""

    def store(self, connection: Transaction, batch: Sequence[C], now: datetime) -> Outcome:
        """Compare a chunk with what is on file and write the difference. Runs in one transaction."""

    async def finish(self, run: Run, report: Report, today: date) -> None:
        """Judge what the file does not hold."""


class Cells:
    """Parses cells with their column's parser: a column of many rows at a time, which is twice as fast as by rows."""

    def __init__(self, parsers: Parsers) -> None:
        self.columns = tuple(parsers)
        self._parsers = tuple(parsers.values())

    def read(self, rows: Sequence[Row]) -> tuple[list[Row], list[list[Any]], list[tuple[Row, Rejected]]]:
        """The good rows, the values of their columns, and the bad rows."""
        try:
            return list(rows), self._by_columns(rows), []
        except ValueError:
            bad = [(row, Rejected(row.raw, problems)) for row in rows if (problems := self._problems(row))]
            refused = {row.line for row, _ in bad}
            good = [row for row in rows if row.line not in refused]
            return good, self._by_columns(good), bad

    def _by_columns(self, rows: Sequence[Row]) -> list[list[Any]]:
        if not rows:
            return [[] for _ in self._parsers]
        columns = zip(*(row.cells for row in rows), strict=True)
        return [list(map(parse, column)) for parse, column in zip(self._parsers, columns, strict=True)]

    def _problems(self, row: Row) -> tuple[Problem, ...]:
        problems = []
        for column, parse, cell in zip(self.columns, self._parsers, row.cells, strict=True):
            try:
                parse(cell)
            except BadCell as bad:
                problems.append(Problem(row.line, column, str(bad)))
        return tuple(problems)


class NewKeys:
    """Keys for many rows at once: a block in sequence costs a hundredth of as many single ones."""

    def __init__(self) -> None:
        self._keys = Keys()
        self._next = 0

    def block(self, count: int, now: datetime) -> Iterator[int]:
        """So many new keys, larger than all before."""
        first = max(self._keys.new(now), self._next)
        self._next = first + count
        return iter(range(first, self._next))


class Doubts:
    """Search keys of rows that were not taken, as far as they can be read: nothing is concluded about those."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.many = False
        """There were more than we remember."""

    def note(self, text: str) -> None:
        """Remember a cell with an account's or a meter's number."""
        if len(self.keys) >= BAD_ROWS_REMEMBERED:
            self.many = True
            return
        try:
            self.keys.add(search_key(number(text)))
        except BadCell:
            return


def is_suspicious(missing: int, present: int) -> bool:
    """Whether so much is missing that the file, rather than the world, is to blame."""
    return missing > FEW and missing > SHARE * (missing + present)
