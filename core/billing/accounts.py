"""The import of `accounts.csv`."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from core.billing import cells
from core.billing.kinds import Cells, Doubts, Options, Outcome, Run, is_suspicious
from core.billing.problems import BadCell, Problem, Rejected, quoted
from core.billing.report import Changes, Report
from core.billing.seen import Seen
from core.billing.sheet import Row
from core.domain.accounts import Branch, Branches, search_key
from core.domain.phones import normalise
from core.storage import imports
from core.storage.imports import AccountRow, KnownAccount, Transaction

COLUMNS: Final = ("account", "branch", "address", "phone", "balance", "balance_date", "old_account", "bill_code")
_HEADINGS: Final = ("account", "", "branch", "address", "phone", "balance", "balance_date", "bill_code")
"""The columns of an `AccountRow` as the file calls them."""
_EARLIEST: Final = date(2000, 1, 1)
_ACCOUNT: Final = 0
_PHONE: Final = 3
_PHONE_MARKS: Final = str.maketrans("", "", " ()-\xa0\t")
_LONGEST_NUMBER: Final = 20


class Candidate(NamedTuple):
    """A row that is right in itself."""

    line: int
    raw: str
    row: AccountRow
    old_number: str
    old_key: str


class Accounts:
    """Accounts of one import. See docs/files.md for what is taken and what is not."""

    name = "accounts"
    columns = COLUMNS

    def __init__(self, branches: Branches, new_key: Callable[[datetime], int], options: Options, today: date) -> None:
        self._new_key = new_key
        self._options = options
        self._branches = {code.casefold(): branch for code, branch in branches.items()}
        self._patterns = {code: re.compile(branch.account_pattern) for code, branch in branches.items()}
        self._run = 0
        self._seen = Seen()
        self._former = Seen()
        self._doubts = Doubts()
        self._warnings: list[Problem] = []
        self._on_file: dict[str, int] = {}
        self._met: Counter[str] = Counter()
        self._in_file: set[str] = set()
        self._cells: Cells[Candidate] = Cells(
            {
                "account": cells.number,
                "branch": cells.Memo(self._branch).__getitem__,
                "address": cells.line_of_text,
                "phone": _phone,
                "balance": cells.amount,
                "balance_date": cells.Memo(cells.day(_EARLIEST, today + timedelta(days=1), optional=True)).__getitem__,
                "old_account": cells.optional_number,
                "bill_code": cells.short_text,
            }
        )

    async def begin(self, run: Run) -> None:
        """Count what is on file."""
        self._on_file = await run(imports.count_accounts)

    def parse(self, row: Row) -> Candidate | Rejected:
        """A row to a candidate."""
        values = self._cells.read(row)
        if isinstance(values, Rejected):
            self._doubt(row)
            return values
        number, branch, address, phone, balance, balance_date, old_number, bill_code = values
        key = search_key(number)
        old_key = search_key(old_number) if old_number else ""
        problem = self._in_itself(number, branch) or self._in_the_file(row.line, key, old_key)
        if problem is not None:
            self._doubt(row)
            return Rejected(row.raw, (Problem(row.line, *problem),))
        if phone is None and row.cells[_PHONE].strip():
            reason = f"{quoted(row.cells[_PHONE])} is not a telephone number; the account goes in without one"
            self._warnings.append(Problem(row.line, "phone", reason))
        self._in_file.add(branch)
        taken = AccountRow(number, key, branch, address, phone, balance, balance_date, bill_code)
        return Candidate(row.line, row.raw, taken, old_number, old_key if old_key != key else "")

    def warnings(self) -> list[Problem]:
        """Bad telephone numbers since the last call."""
        noted, self._warnings = self._warnings, []
        return noted

    def store(self, connection: Transaction, batch: Sequence[Candidate], now: datetime) -> Outcome:
        """Compare with what is on file, write the difference."""
        self._run = self._run or self._new_key(now)
        chunk = _Chunk(connection, batch, self._options)
        changes, rejected = Changes(), []
        add: list[tuple[int, AccountRow]] = []
        change: list[tuple[int, AccountRow]] = []
        for candidate in batch:
            row = candidate.row
            was = chunk.known.get(row.number_key)
            if candidate.old_key or row.number_key in chunk.aliases or (was and was.row.branch != row.branch):
                try:
                    was = chunk.resolve(candidate, was)
                except BadCell as bad:
                    self._met.update([was.row.branch] if was and was.closed_on is None else ())
                    rejected.append(Rejected(candidate.raw, (Problem(candidate.line, *bad.args),)))
                    continue
            key = self._new_key(now) if was is None else was.id
            if candidate.old_key:
                chunk.add_alias(candidate, key)
            if was is None:
                add.append((key, row))
            elif self._differs(was, row, changes):
                change.append((key, row))
        changes.new, changes.changed = len(add), len(change)
        changes.aliases, changes.renamed = len(chunk.new_aliases), chunk.renamed
        if not self._options.dry_run:
            imports.change_accounts(connection, change, self._run)
            imports.add_accounts(connection, add, self._run)
            imports.add_aliases(connection, chunk.new_aliases)
        return Outcome(changes, rejected)

    async def finish(self, run: Run, report: Report, today: date) -> None:  # noqa: ARG002 - the same for all kinds
        """Count the accounts that are on file but not in the file."""
        on_file = sum(self._on_file.get(branch, 0) for branch in self._in_file)
        met = sum(self._met[branch] for branch in self._in_file)
        doubtful = [key for key in self._doubts.keys if not self._seen.find(hash(key))]
        present = await run(partial(imports.accounts_on_file, keys=doubtful))
        met += sum(known.closed_on is None and known.row.branch in self._in_file for known in present.values())
        report.vanished = max(0, on_file - met)
        taken = report.changes.taken
        if not self._options.allow_short and is_suspicious(report.vanished, taken):
            report.guard = (
                f"the file is short: {report.vanished} accounts of its branches are on file but not in it. They stay as "
                "they are; --allow-short says that this is meant"
            )

    def _branch(self, text: str) -> str:
        branch: Branch | None = self._branches.get(text.strip().casefold())
        if branch is None:
            known = ", ".join(sorted(self._patterns))
            raise BadCell(f"{quoted(text)} is not a branch; the configuration knows {known}")
        return branch.code

    def _in_itself(self, number: str, branch: str) -> tuple[str, str] | None:
        pattern = self._patterns[branch]
        if pattern.fullmatch(number):
            return None
        hint = ""
        if number.isdecimal() and any(
            pattern.fullmatch(number.zfill(length)) for length in range(len(number) + 1, _LONGEST_NUMBER + 1)
        ):
            hint = "; are its leading zeros lost?"
        return "account", f"{quoted(number)} does not fit {pattern.pattern} of branch {branch}{hint}"

    def _in_the_file(self, line: int, key: str, old_key: str) -> tuple[str, str] | None:
        if self._former and (first := self._former.find(hash(key))):
            return "account", f"is given as old_account in line {first}"
        if old_key and old_key != key:
            if first := self._seen.find(hash(old_key)):
                return "old_account", f"is itself an account in line {first}"
            if first := self._former.find(hash(old_key)):
                return "old_account", f"is given in line {first} already"
        if first := self._seen.add(hash(key), line):
            return "account", f"stands in line {first} already"
        if old_key and old_key != key:
            self._former.add(hash(old_key), line)
        return None

    def _differs(self, was: KnownAccount, row: AccountRow, changes: Changes) -> bool:
        if was.closed_on is None:
            self._met[was.row.branch] += 1
            if was.row == row:
                changes.unchanged += 1
                return False
        else:
            changes.reopened += 1
        changes.columns.update(
            name for name, old, new in zip(_HEADINGS, was.row, row, strict=True) if name and old != new
        )
        if was.row.balance_date and row.balance_date and row.balance_date < was.row.balance_date:
            changes.older += 1
        return True

    def _doubt(self, row: Row) -> None:
        if row.cells:
            self._doubts.note(row.cells[_ACCOUNT])


class _Chunk:
    """What is on file about the accounts of a chunk, and the rules of former numbers."""

    def __init__(self, connection: Transaction, batch: Sequence[Candidate], options: Options) -> None:
        keys = [candidate.row.number_key for candidate in batch]
        keys += [candidate.old_key for candidate in batch if candidate.old_key]
        self._options = options
        self.known = imports.accounts_on_file(connection, keys)
        self.aliases = imports.aliases_on_file(connection, keys)
        self.new_aliases: list[tuple[str, str, int]] = []
        self.renamed = 0

    def resolve(self, candidate: Candidate, was: KnownAccount | None) -> KnownAccount | None:
        """The account on file that the row is about: found by its number, or by its old number and then renamed.

        Raises:
            BadCell: with column and reason.
        """
        row, old_key = candidate.row, candidate.old_key
        if row.number_key in self.aliases:
            raise BadCell("account", "is the old number of another account on file")
        if old_key in self.aliases and (was is None or self.aliases[old_key] != was.id):
            raise BadCell("old_account", "is the old number of another account on file")
        old = self.known.get(old_key) if old_key else None
        if old is not None and was is not None:
            raise BadCell("old_account", "and the new number are both accounts on file")
        found = was or old
        if found and found.row.branch != row.branch and not self._options.allow_moves:
            raise BadCell("branch", f"the account is on file in {found.row.branch}; --allow-moves lets it move")
        if old is not None:
            self.renamed += 1
        return found

    def add_alias(self, candidate: Candidate, key: int) -> None:
        """Keep the old number, unless it is kept already."""
        if candidate.old_key not in self.aliases:
            old = self.known.pop(candidate.old_key, None)
            number = old.row.number if old else candidate.old_number
            self.new_aliases.append((candidate.old_key, number, key))


def _phone(text: str) -> str | None:
    return normalise(text.translate(_PHONE_MARKS)) or normalise(text) if text else None
