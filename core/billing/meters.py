"""The import of `meters.csv`."""

from array import array
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from core.billing import cells
from core.billing.kinds import Cells, Doubts, NewKeys, Options, Outcome, Run, is_suspicious
from core.billing.problems import Problem, Rejected
from core.billing.report import Changes, Report
from core.billing.seen import Seen
from core.billing.sheet import Block, Sheet
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
_T1: Final = 5
"""Where the registers begin in a candidate's values."""
_LIMITS: Final = {digits: 10**digits for digits in range(4, 10)}
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
    columns: tuple[str, ...] = COLUMNS
    optional: tuple[str, ...] = ()

    def __init__(self, options: Options, today: date) -> None:
        self._keys = NewKeys()
        self._options = options
        self._run = 0
        self._seen = Seen()
        self._accounts = Seen()
        self._doubtful_accounts = Doubts()
        self._doubtful_serials = Doubts()
        self._empty = False
        self._open_on_file = 0
        self._met = 0
        tomorrow = today + timedelta(days=1)
        self._cells = Cells(
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
                "verification_due": cells.Memo(cells.day(_EARLIEST, today + _VERIFICATION, optional=True)).__getitem__,
                "automatic": cells.Memo(cells.flag).__getitem__,
            }
        )

    async def begin(self, run: Run, sheet: Sheet) -> bool:
        """Count what is on file."""
        self._empty = await run(imports.has_no_meters)
        self._seen.reserve(sheet.rows_about)
        self._read = run
        self._open_on_file = await run(imports.count_open_meters)
        return self._empty

    def parse(self, block: Block) -> tuple[list[Candidate], list[Rejected]]:
        """Rows to candidates."""
        rows, columns, bad = self._cells.read(block.rows)
        accounts, serials, zones, digits, ratios, *registers, read_on, verification_due, automatic = columns
        good = []
        account_keys, serial_keys = map(search_key, accounts), map(search_key, serials)
        details = zip(serials, serial_keys, zones, digits, ratios, *registers, strict=True)
        rest = zip(read_on, verification_due, automatic, strict=True)
        for row, account_key, detail, more in zip(rows, account_keys, details, rest, strict=True):
            _, _, count, width, _, t1, t2, t3 = detail
            values = detail
            if count != 1 or t2 is not None or t3 is not None or t1 is None or t1 >= _LIMITS[width]:
                problems = _misfits(count, _LIMITS[width], detail[_T1:])
                if problems:
                    bad.append((row, Rejected(row.raw, tuple(Problem(row.line, *problem) for problem in problems))))
                    continue
                values = (*detail[: _T1 + count], *(None,) * (3 - count))
            good.append(Candidate(row.line, row.raw, account_key, values + more))
        for row, _ in bad:
            self._doubtful_accounts.note(row.cells[_ACCOUNT])
            self._doubtful_serials.note(row.cells[_METER])
        return good, [rejected for _, rejected in bad]

    def warnings(self) -> list[Problem]:
        """Nothing is ever left out of a meter's row."""
        return []

    def store(self, connection: Transaction, batch: Sequence[Candidate], now: datetime) -> Outcome:
        """Compare with what is on file, write the difference."""
        new_keys = self._keys.block(len(batch) + 1, now)
        self._run = self._run or next(new_keys)
        good, rejected = self._with_account(connection, batch)
        known = {} if self._empty else imports.meters_on_file(connection, {row.account_id for row in good})
        changes = Changes()
        add: list[tuple[int, MeterRow]] = []
        change: list[tuple[int, MeterRow]] = []
        for row in good:
            was = known.get((row.account_id, row.serial_key))
            if was is None:
                add.append((next(new_keys), row))
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

    def _with_account(
        self, connection: Transaction, batch: Sequence[Candidate]
    ) -> tuple[list[MeterRow], list[Rejected]]:
        """The rows whose account is on file and that are the first about their meter."""
        ids = imports.account_ids(connection, {candidate.account_key for candidate in batch})
        found = [candidate for candidate in batch if candidate.account_key in ids]
        rejected = []
        if len(found) < len(batch):
            for candidate in batch:
                if candidate.account_key not in ids:
                    self._doubtful_serials.note(candidate.values[0])
                    rejected.append(_rejected(candidate, "account", "is not on file"))
        rows = [MeterRow(ids[candidate.account_key], *candidate.values) for candidate in found]
        lines = [candidate.line for candidate in found]
        firsts = self._seen.add_all([hash((row.account_id, row.serial_key)) for row in rows], lines)
        if not self._empty:
            self._accounts.add_all([row.account_id for row in rows], lines)
        if any(firsts):
            reason = "of this account stands in line {} already"
            rejected += [
                _rejected(candidate, "meter", reason.format(first))
                for candidate, first in zip(found, firsts, strict=True)
                if first
            ]
            rows = [row for row, first in zip(rows, firsts, strict=True) if not first]
        return rows, rejected

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


def _rejected(candidate: Candidate, column: str, reason: str) -> Rejected:
    return Rejected(candidate.raw, (Problem(candidate.line, column, reason),))


def _misfits(zones: int, limit: int, registers: Sequence[int | None]) -> list[tuple[str, str]]:
    """What is wrong between the cells of a row."""
    problems = []
    for place, value in enumerate(registers):
        if value is None and place < zones:
            problems.append((_ZONES[place], f"is empty, but the meter has {zones} zones" if zones > 1 else "is empty"))
        elif value and place >= zones:
            problems.append((_ZONES[place], f"is {value}, but zones is {zones}"))
        elif value is not None and place < zones and value >= limit:
            problems.append((_ZONES[place], f"{value} has more than {len(str(limit)) - 1} digits"))
    return problems
