"""The optional columns of accounts.csv: the tariff group and the number of residents."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.billing.importing import Import
from core.billing.kinds import Options
from core.billing.problems import UnreadableFile
from core.billing.report import Report
from core.domain.tariffs import Group, Range, Tariffs, Version
from core.storage.database import Database
from core.storage.tables import account
from tests.billing.world import ACCOUNTS, BRANCHES, Noon, an_account, on_file, write

PRICES = Range(prices={1: (Decimal("5.38"),)})
TARIFFS = Tariffs(
    versions=(
        Version(
            valid_from=date(2026, 1, 1),
            groups={"city": Group(ranges=(PRICES,)), "village": Group(ranges=(PRICES,))},
        ),
    ),
    default="city",
)
PRICED = {**BRANCHES, "khb": replace(BRANCHES["khb"], tariffs=TARIFFS)}
"""Of the two branches, Khabarovsk has price lists."""
BOTH = f"{ACCOUNTS};tariff;residents"


async def take(database: Database, folder: Path, header: str, rows: Iterable[str], **options: Any) -> Report:
    work = Import(database=database, clock=Noon(), options=Options(**options))
    return await work.accounts(write(folder / "accounts.csv", header, rows), PRICED)


async def groups(database: Database) -> list[tuple[Any, ...]]:
    return await on_file(database, account, "number", "tariff", "residents")


async def test_both_columns_are_taken(database: Database, tmp_path: Path) -> None:
    """Spaces and leading zeros do not matter; neither empty nor 0 says how many live there."""
    cells = {"1000": "village;3", "1001": " city ;007", "1002": ";", "1003": "city;0"}
    report = await take(database, tmp_path, BOTH, [f"{an_account(number)};{more}" for number, more in cells.items()])
    assert report.clean
    assert not report.warned
    assert not report.ignored_columns
    assert await groups(database) == [
        ("1000", "village", 3),
        ("1001", "city", 7),
        ("1002", "", None),
        ("1003", "city", None),
    ]


async def test_a_file_without_the_columns_leaves_them(database: Database, tmp_path: Path) -> None:
    """An old file changes what it has, adds accounts with the defaults, and knows nothing of groups."""
    await take(database, tmp_path, BOTH, [f"{an_account('1000')};village;3"])
    report = await take(database, tmp_path, ACCOUNTS, [an_account("1000", balance="7"), an_account("1001")])
    assert (report.changes.new, report.changes.columns) == (1, {"balance": 1})
    assert await groups(database) == [("1000", "village", 3), ("1001", "", None)]
    again = await take(database, tmp_path, ACCOUNTS, [an_account("1000", balance="7"), an_account("1001")])
    assert again.changes.unchanged == 2


async def test_a_file_with_one_of_them_leaves_the_other(database: Database, tmp_path: Path) -> None:
    """Each stands for itself."""
    await take(database, tmp_path, BOTH, [f"{an_account('1000')};village;3"])
    report = await take(database, tmp_path, f"{ACCOUNTS};residents", [f"{an_account('1000')};4"])
    assert report.changes.columns == {"residents": 1}
    await take(database, tmp_path, f"{ACCOUNTS};tariff", [f"{an_account('1000')};city"])
    assert await groups(database) == [("1000", "city", 4)]


async def test_an_empty_cell_empties(database: Database, tmp_path: Path) -> None:
    """A file that has a column says all of it."""
    await take(database, tmp_path, BOTH, [f"{an_account('1000')};village;3"])
    report = await take(database, tmp_path, BOTH, [f"{an_account('1000')};;"])
    assert report.changes.columns == {"tariff": 1, "residents": 1}
    assert await groups(database) == [("1000", "", None)]


async def test_a_renamed_account_keeps_its_group(database: Database, tmp_path: Path) -> None:
    """The number is new, the household is not."""
    await take(database, tmp_path, BOTH, [f"{an_account('1000')};village;3"])
    report = await take(database, tmp_path, ACCOUNTS, [an_account("1001", old="1000")])
    assert report.changes.renamed == 1
    assert await groups(database) == [("1001", "village", 3)]


async def test_an_unknown_group_is_a_warning(database: Database, tmp_path: Path) -> None:
    """The account goes in as billing has it; where a branch has no price lists, any name is as good as another."""
    rows = [f"{an_account('1000')};vilage;", f"{an_account('1001', branch='amur')};vilage;", f"{an_account('1002')};x;"]
    report = await take(database, tmp_path, BOTH, rows)
    assert report.clean
    assert [(warning.line, warning.column) for warning in report.warnings] == [(2, "tariff"), (4, "tariff")]
    first, last = (warning.reason for warning in report.warnings)
    assert "'vilage' is no group of the tariffs of branch khb: no estimate will be shown; is it 'village'?" in first
    assert last.endswith("no estimate will be shown")
    assert [group for _, group, _ in await groups(database)] == ["vilage", "vilage", "x"]


@pytest.mark.parametrize(
    ("cell", "column"), [("x" * 41 + ";", "tariff"), (";many", "residents"), (";1000", "residents")]
)
async def test_what_cannot_be_is_a_bad_row(database: Database, tmp_path: Path, cell: str, column: str) -> None:
    """As in the other columns: the row is listed with its column."""
    report = await take(database, tmp_path, BOTH, [f"{an_account('1000')};{cell}"])
    assert [problem.column for problem in report.problems] == [column]
    assert await groups(database) == []


async def test_a_column_that_stands_twice_is_refused(database: Database, tmp_path: Path) -> None:
    """Nobody knows which of the two counts."""
    with pytest.raises(UnreadableFile, match="the header names a column twice: tariff"):
        await take(database, tmp_path, f"{BOTH};tariff", [f"{an_account('1000')};city;1;city"])
