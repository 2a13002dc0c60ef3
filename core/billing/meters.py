"""The import of `meters.csv`."""

from array import array
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from core.billing import cells
from core.billing.kinds import Cells, Doubts, Options, Outcome, Run, is_suspicious
from core.billing.problems import Problem, Rejected
from core.billing.report import Changes, Report
from core.billing.seen import Seen
from core.billing.sheet import Row
from core.domain.accounts import search_key
from core.storage import imports
from core.storage.imports import KnownMeter, MeterRow, Transaction

COLUMNS: Final = (
    "account",
    "meter",
    "zones",
    "digits",
    "ratio",
    "t1",
    "t2",
    "t3",
    "read_on",
    "verification_due",
    "automatic",
)
_HEADINGS: Final = ("account", "meter", "", *COLUMNS[2:])
"""The columns of a `MeterRow` as the file calls them."""
ACCOUNTS_AT_ONCE: Final = 2000
CLOSED_AT_ONCE: Final = 1000
_EARLIEST: Final = date(1990, 1, 1)
_VERIFICATION: Final = timedelta(days=40 * 366)
"""The longest interval between verifications of an electricity meter is 16 years; 40 is a slip of the pen."""
_ACCOUNT: Final = 0
_METER: Final = 1
_ZONES: Final = ("t1", "t2", "t3")


class Candidate(NamedTuple):
    """A row that is right in itself; the account's key is found with the chunk."""

    line: int
    raw: str
    account_key: str
    values: tuple[Any, ...]
    """A `MeterRow` without its account."""


class Meters:
    """Meters of one import. See docs/files.md for what is taken and what is not."""

    name = "meters"
    columns = COLUMNS

    def __init__(self, new_key: Callable[[datetime], int], options: Options, today: date) -> None:
        self._new_key = new_key
        self._options = options
        self._run = 0
        self._seen = Seen()
        self._accounts = Seen()
        self._doubtful_accounts = Doubts()
        self._doubtful_serials = Doubts()
        self._open_on_file = 0
        self._met = 0
        tomorrow = today + timedelta(days=1)
        self._cells: Cells[Candidate] = Cells(
            {
                "account": cells.number,
                "meter": cells.number,
                "zones": cells.Memo(cells.whole(1, 3)).__getitem__,
                "digits": cells.Memo(cells.whole(4, 9)).__getitem__,
                "ratio": cells.Memo(cells.whole(1, 100_000)).__getitem__,
                "t1": cells.register,
                "t2": cells.register,
                "t3": cells.register,
                "read_on": cells.Memo(cells.day(_EARLIEST, tomorrow)).__getitem__,
                "verification_due": cells.Memo(
                    cells.day(_EARLIEST, today + _VERIFICATION, optional=True)
                ).__getitem__,
                "automatic": cells.Memo(cells.flag).__getitem__,
            }
        )

    async def begin(self, run: Run) -> None:
        """Count what is on file."""
        self._read = run
        self._open_on_file = await run(imports.count_open_meters)

    def parse(self, row: Row) -> Candidate | Rejected:
        """A row to a candidate."""
        values = self._cells.read(row)
        if isinstance(values, Rejected):
            self._doubt(row)
            return values
        account, serial, zones, digits, ratio, *registers, read_on, verification_due, automatic = values
        problems = _misfits(zones, digits, registers)
        if problems:
            self._doubt(row)
            return Rejected(row.raw, tuple(Problem(row.line, *problem) for problem in problems))
        registers[zones:] = [None] * (3 - zones)
        taken = (serial, search_key(serial), zones, digits, ratio, *registers, read_on, verification_due, automatic)
        return Candidate(row.line, row.raw, search_key(account), taken)

    def warnings(self) -> list[Problem]:
        """Nothing is ever left out of a meter's row."""
        return []

    def store(self, connection: Transaction, batch: Sequence[Candidate], now: datetime) -> Outcome:
        """Compare with what is on file, write the difference."""
        self._run = self._run or self._new_key(now)
        accounts = imports.account_ids(connection, {candidate.account_key for candidate in batch})
        known = imports.meters_on_file(connection, set(accounts.values()))
        changes, rejected = Changes(), []
        add: list[tuple[int, MeterRow]] = []
        change: list[tuple[int, MeterRow]] = []
        for candidate in batch:
            account_id = accounts.get(candidate.account_key)
            problem = self._unfit(candidate, account_id)
            if account_id is None or problem is not None:
                rejected.append(Rejected(candidate.raw, (Problem(candidate.line, *(problem or ("account", ""))),)))
                continue
            row = MeterRow(account_id, *candidate.values)
            was = known.get((account_id, row.serial_key))
            if was is None:
                add.append((self._new_key(now), row))
            elif self._differs(was, row, changes):
                change.append((was.id, row))
        changes.new, changes.changed = len(add), len(change)
        if not self._options.dry_run:
            imports.change_meters(connection, change, self._run)
            imports.add_meters(connection, add, self._run)
        return Outcome(changes, rejected)

    async def finish(self, run: Run, report: Report, today: date) -> None:
        """Close the meters that were replaced, unless that looks like a damaged file."""
        if self._open_on_file == self._met:
            return
        replaced = await self._replaced(self._read)
        if not replaced:
            return
        report.guard = self._guard(len(replaced))
        if report.guard:
            report.kept_open = len(replaced)
            return
        report.closed = len(replaced)
        if self._options.dry_run:
            return
        for start in range(0, len(replaced), CLOSED_AT_ONCE):
            keys = replaced[start : start + CLOSED_AT_ONCE].tolist()
            await run(partial(imports.close_meters, keys=keys, day=today, run=self._run))

    async def _replaced(self, run: Run) -> "array[int]":
        """Keys of open meters whose account is in the file while they are not."""
        doubtful = set((await run(partial(imports.account_ids, keys=self._doubtful_accounts.keys))).values())
        replaced = array("q")
        accounts = self._accounts.keys
        for start in range(0, len(accounts), ACCOUNTS_AT_ONCE):
            ids = accounts[start : start + ACCOUNTS_AT_ONCE].tolist()
            for item in await run(partial(imports.open_meters, account_ids=ids)):
                if (
                    not self._seen.find(hash((item.account_id, item.serial_key)))
                    and item.account_id not in doubtful
                    and item.serial_key not in self._doubtful_serials.keys
                ):
                    replaced.append(item.id)
        return replaced

    def _guard(self, replaced: int) -> str:
        stay = f"{replaced} meters that look replaced stay open"
        if self._doubtful_accounts.many or self._doubtful_serials.many:
            return f"too many rows are bad to tell what was replaced: {stay}"
        if not self._options.allow_short and is_suspicious(replaced, len(self._seen) - replaced):
            return f"{stay}: so many at once are likely a damaged file; --allow-short says that it is meant"
        return ""

    def _unfit(self, candidate: Candidate, account_id: int | None) -> tuple[str, str] | None:
        if account_id is None:
            self._doubtful_serials.note(candidate.values[0])
            return "account", "is not on file"
        if first := self._seen.add(hash((account_id, candidate.values[1])), candidate.line):
            return "meter", f"of this account stands in line {first} already"
        self._accounts.add(account_id, candidate.line)
        return None

    def _differs(self, was: KnownMeter, row: MeterRow, changes: Changes) -> bool:
        if was.closed_on is None:
            self._met += 1
            if was.row == row:
                changes.unchanged += 1
                return False
        else:
            changes.reopened += 1
        changes.columns.update(
            name for name, old, new in zip(_HEADINGS, was.row, row, strict=True) if name and old != new
        )
        if row.read_on < was.row.read_on:
            changes.older += 1
        return True

    def _doubt(self, row: Row) -> None:
        if row.cells:
            self._doubtful_accounts.note(row.cells[_ACCOUNT])
            self._doubtful_serials.note(row.cells[_METER])


def _misfits(zones: int, digits: int, registers: Sequence[int | None]) -> list[tuple[str, str]]:
    """What is wrong between the cells of a row."""
    limit = 10**digits
    problems = []
    for place, value in enumerate(registers):
        if value is None and place < zones:
            problems.append((_ZONES[place], f"is empty, but the meter has {zones} zones" if zones > 1 else "is empty"))
        elif value and place >= zones:
            problems.append((_ZONES[place], f"is {value}, but zones is {zones}"))
        elif value is not None and place < zones and value >= limit:
            problems.append((_ZONES[place], f"{value} has more than {digits} digits"))
    return problems
