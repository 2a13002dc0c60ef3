"""The import of `accounts.csv`."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import partial
from itertools import repeat
from typing import Final, NamedTuple

from core.billing import cells
from core.billing.kinds import Cells, Doubts, NewKeys, Options, Outcome, Parsers, Run, is_suspicious
from core.billing.problems import BadCell, Problem, Rejected, quoted
from core.billing.report import Changes, Report
from core.billing.seen import Seen
from core.billing.sheet import Block, Row, Sheet
from core.domain.accounts import Branch, Branches, search_key
from core.storage import imports
from core.storage.imports import AccountRow, KnownAccount, Transaction

COLUMNS: Final = ("account", "branch", "address", "phone", "balance", "balance_date", "old_account", "bill_code")
OPTIONAL: Final = ("tariff", "residents")
_HEADINGS: Final = ("account", "", "branch", "address", "phone", "balance", "balance_date", "bill_code", *OPTIONAL)
"""The columns of an `AccountRow` as the file calls them."""
_EARLIEST: Final = date(2000, 1, 1)
_ACCOUNT: Final = 0
_PHONE: Final = 3
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
    columns: tuple[str, ...] = COLUMNS
    optional: tuple[str, ...] = OPTIONAL

    def __init__(self, branches: Branches, options: Options, today: date) -> None:
        self._keys = NewKeys()
        self._options = options
        self._branches = {code.casefold(): branch for code, branch in branches.items()}
        self._patterns = {code: re.compile(branch.account_pattern).fullmatch for code, branch in branches.items()}
        self._run = 0
        self._seen = Seen()
        self._former = Seen()
        self._doubts = Doubts()
        self._warnings: list[Problem] = []
        self._empty = False
        self._on_file: dict[str, int] = {}
        self._met: Counter[str] = Counter()
        self._in_file: set[str] = set()
        self._groups = {code: branch.tariffs.groups for code, branch in branches.items() if branch.tariffs}
        self._parsers: Parsers = {
            "account": cells.number,
            "branch": cells.Memo(self._branch).__getitem__,
            "address": cells.line_of_text,
            "phone": cells.phone,
            "balance": cells.amount,
            "balance_date": cells.Memo(cells.day(_EARLIEST, today + timedelta(days=1), optional=True)).__getitem__,
            "old_account": cells.optional_number,
            "bill_code": cells.short_text,
            "tariff": cells.Memo(cells.short_text).__getitem__,
            "residents": cells.Memo(cells.residents).__getitem__,
        }
        self._cells = Cells(self._parsers)
        self._untold: frozenset[str] = frozenset()

    async def begin(self, run: Run, sheet: Sheet) -> bool:
        """Count what is on file; see which of the optional columns the file has."""
        self._cells = Cells({name: self._parsers[name] for name in sheet.columns})
        self._untold = frozenset(self._parsers).difference(sheet.columns)
        self._on_file = await run(imports.count_accounts)
        self._empty = await run(imports.has_no_accounts)
        self._seen.reserve(sheet.rows_about)
        return self._empty

    def parse(self, block: Block) -> tuple[list[Candidate], list[Rejected]]:
        """Rows to candidates."""
        rows, columns, bad = self._cells.read(block.rows)
        numbers, branches, addresses, phones, balances, dates, old_numbers, bill_codes, *more = columns
        told = dict(zip(self._cells.columns[len(COLUMNS) :], more, strict=True))
        tariffs, residents = told.get("tariff", repeat("")), told.get("residents", repeat(None))
        keys = list(map(search_key, numbers))
        old_keys = [search_key(old) if old else "" for old in old_numbers]
        texts = (numbers, keys, branches, addresses, phones, balances, dates, bill_codes)
        taken = map(AccountRow, *texts, tariffs, residents)
        parsed = [
            Candidate(row.line, row.raw, account, old_number, old_key)
            for row, account, old_number, old_key in zip(rows, taken, old_numbers, old_keys, strict=True)
        ]
        self._warn_of_phones(rows, phones)
        self._warn_of_groups(rows, branches, told.get("tariff", ()))
        problems = self._problems(parsed)
        bad += [
            (row, Rejected(row.raw, (Problem(row.line, *problem),)))
            for row, problem in zip(rows, problems, strict=True)
            if problem
        ]
        for row, _ in bad:
            self._doubts.note(row.cells[_ACCOUNT])
        good = [candidate for candidate, problem in zip(parsed, problems, strict=True) if problem is None]
        self._in_file.update(candidate.row.branch for candidate in good)
        return good, [rejected for _, rejected in bad]

    def warnings(self) -> list[Problem]:
        """Bad telephone numbers, and groups without prices, since the last call."""
        noted, self._warnings = self._warnings, []
        return noted

    def store(self, connection: Transaction, batch: Sequence[Candidate], now: datetime) -> Outcome:
        """Compare with what is on file, write the difference."""
        new_keys = self._keys.block(len(batch) + 1, now)
        self._run = self._run or next(new_keys)
        chunk = _Chunk(connection, [] if self._empty else batch, self._options)
        changes, rejected = Changes(), []
        add: list[tuple[int, AccountRow]] = []
        change: list[tuple[int, AccountRow]] = []
        for candidate in batch:
            row = candidate.row
            was = chunk.known.get(row.number_key)
            if (
                candidate.old_key not in {"", row.number_key}
                or row.number_key in chunk.aliases
                or (was and was.row.branch != row.branch)
            ):
                try:
                    was = chunk.resolve(candidate, was)
                except BadCell as bad:
                    self._met.update([was.row.branch] if was and was.closed_on is None else ())
                    rejected.append(Rejected(candidate.raw, (Problem(candidate.line, *bad.args),)))
                    continue
            if self._untold and was is not None and (was.row.tariff or was.row.residents):
                row = row._replace(**{name: getattr(was.row, name) for name in self._untold})
            key = next(new_keys) if was is None else was.id
            if candidate.old_key not in {"", row.number_key}:
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
                f"the file is short: {report.vanished} accounts of its branches are on file but not in it. "
                "They stay as they are; --allow-short says that this is meant"
            )

    def _branch(self, text: str) -> str:
        branch: Branch | None = self._branches.get(text.strip().casefold())
        if branch is None:
            known = ", ".join(sorted(self._patterns))
            raise BadCell(f"{quoted(text)} is not a branch; the configuration knows {known}")
        return branch.code

    def _warn_of_phones(self, rows: Sequence[Row], phones: Sequence[str | None]) -> None:
        for row, phone in zip(rows, phones, strict=True):
            if phone is None and (text := row.cells[_PHONE]) and not text.isspace():
                reason = f"{quoted(text)} is not a telephone number; the account goes in without one"
                self._warnings.append(Problem(row.line, "phone", reason))

    def _warn_of_groups(self, rows: Sequence[Row], branches: Sequence[str], groups: Sequence[str]) -> None:
        """Groups that the branch's price lists do not know: no estimate is shown to these accounts."""
        pairs = set(zip(branches, groups, strict=True)) if groups else set()
        unknown = {(code, name) for code, name in pairs if name and name not in self._groups.get(code, {name})}
        if not unknown:
            return
        for row, code, name in zip(rows, branches, groups, strict=True):
            if (code, name) in unknown:
                nearest = get_close_matches(name, self._groups[code], n=1)
                hint = f"; is it {quoted(nearest[0])}?" if nearest else ""
                reason = f"{quoted(name)} is no group of the tariffs of branch {code}: no estimate will be shown{hint}"
                self._warnings.append(Problem(row.line, "tariff", reason))

    def _problems(self, batch: Sequence[Candidate]) -> "list[tuple[str, str] | None]":
        """What is wrong between the cells of each row, and between rows of the file."""
        rows = [candidate.row for candidate in batch]
        fits = self._patterns
        fit = all(fits[row.branch](row.number) for row in rows)
        if fit and not self._former and not any(candidate.old_key for candidate in batch):
            lines = [candidate.line for candidate in batch]
            firsts = self._seen.add_all([hash(row.number_key) for row in rows], lines)
            return [_twice(first) if first else None for first in firsts]
        return [
            self._misfit(candidate.row.number, candidate.row.branch) or self._clash(candidate) for candidate in batch
        ]

    def _misfit(self, number: str, branch: str) -> tuple[str, str] | None:
        fits = self._patterns[branch]
        if fits(number):
            return None
        longer = range(len(number) + 1, _LONGEST_NUMBER + 1)
        lost = number.isdecimal() and any(fits(number.zfill(length)) for length in longer)
        hint = "; are its leading zeros lost?" if lost else ""
        pattern = self._branches[branch.casefold()].account_pattern
        return "account", f"{quoted(number)} does not fit {pattern} of branch {branch}{hint}"

    def _clash(self, candidate: Candidate) -> tuple[str, str] | None:
        """Rows of the file that contradict each other; of two the later is the bad one."""
        line, key, old_key = candidate.line, hash(candidate.row.number_key), hash(candidate.old_key)
        renames = candidate.old_key not in {"", candidate.row.number_key}
        if first := self._former.find(key):
            return "account", f"is given as old_account in line {first}"
        if renames and (first := self._seen.find(old_key)):
            return "old_account", f"is itself an account in line {first}"
        if renames and (first := self._former.find(old_key)):
            return "old_account", f"is given in line {first} already"
        if first := self._seen.add(key, line):
            return _twice(first)
        if renames:
            self._former.add(old_key, line)
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


class _Chunk:
    """What is on file about the accounts of a chunk, and the rules of former numbers."""

    def __init__(self, connection: Transaction, batch: Sequence[Candidate], options: Options) -> None:
        keys = [candidate.row.number_key for candidate in batch]
        keys += [candidate.old_key for candidate in batch if candidate.old_key]
        self._options = options
        self.known = imports.accounts_on_file(connection, keys) if keys else {}
        self.aliases = imports.aliases_on_file(connection, keys) if keys else {}
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


def _twice(first: int) -> tuple[str, str]:
    return "account", f"stands in line {first} already"
