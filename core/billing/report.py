"""What an import did, or would do."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from core.billing.problems import Problem

LISTED: Final = 20
"""Problems kept for the terminal; all of them are in the file of rejected rows."""


@dataclass(kw_only=True)
class Changes:
    """Differences between the file and the database: of one chunk, or summed over the file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    reopened: int = 0
    renamed: int = 0
    aliases: int = 0
    older: int = 0
    """Rows whose date lies before the one on file: perhaps last month's file."""
    columns: Counter[str] = field(default_factory=Counter)
    """Changed rows by column."""

    def add(self, other: "Changes") -> None:
        """Sum up."""
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.reopened += other.reopened
        self.renamed += other.renamed
        self.aliases += other.aliases
        self.older += other.older
        self.columns.update(other.columns)

    @property
    def taken(self) -> int:
        """Rows that went in, or were in already."""
        return self.new + self.changed + self.unchanged


@dataclass(kw_only=True)
class Report:
    """The summary of an import."""

    kind: str
    encoding: str = ""
    delimiter: str = ""
    ignored_columns: tuple[str, ...] = ()
    dry_run: bool = False
    rows: int = 0
    rejected: int = 0
    warned: int = 0
    changes: Changes = field(default_factory=Changes)
    vanished: int = 0
    """Accounts of the file's branches that are on file but not in it. Nothing happens to them."""
    closed: int = 0
    """Meters that were replaced: on file, but no longer in it among their account's."""
    kept_open: int = 0
    """Meters that look replaced and stay open all the same; `guard` says why."""
    guard: str = ""
    """Why a part of the work was not done or is doubtful; empty when all is well."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    quarantine: str = ""
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Every row went in and nothing was held back."""
        return not self.rejected and not self.guard

    def reject(self, problems: tuple[Problem, ...]) -> None:
        """Count a row that does not go in; keep what is wrong with the first ones."""
        self.rejected += 1
        if self.rejected <= LISTED:
            self.problems.extend(problems)

    def warn(self, problem: Problem) -> None:
        """Count a row that goes in with something left out."""
        self.warned += 1
        if self.warned <= LISTED:
            self.warnings.append(problem)

    def as_row(self) -> dict[str, Any]:
        """Everything, for `--json`."""
        changes = self.changes
        return {
            "kind": self.kind,
            "dry_run": self.dry_run,
            "encoding": self.encoding.removesuffix("-sig"),
            "delimiter": self.delimiter,
            "ignored_columns": list(self.ignored_columns),
            "rows": self.rows,
            "new": changes.new,
            "changed": changes.changed,
            "changed_columns": dict(sorted(changes.columns.items())),
            "unchanged": changes.unchanged,
            "reopened": changes.reopened,
            "renamed": changes.renamed,
            "aliases": changes.aliases,
            "older": changes.older,
            "vanished": self.vanished,
            "closed": self.closed,
            "kept_open": self.kept_open,
            "rejected": self.rejected,
            "warnings": self.warned,
            "guard": self.guard,
            "problems": [problem._asdict() for problem in self.problems],
            "warning_list": [problem._asdict() for problem in self.warnings],
            "quarantine": self.quarantine,
            "seconds": round(self.seconds, 3),
        }
