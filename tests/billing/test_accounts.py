"""Accounts: what changes, old numbers, other branches, and accounts that are missing from a file."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from core.storage.database import Database
from core.storage.tables import account, account_alias
from tests.billing.world import ACCOUNTS, an_account, everything, import_accounts, on_file, take, write


async def test_a_row_becomes_an_account(database: Database, tmp_path: Path) -> None:
    """Kopecks, E.164, the number as on the bill."""
    row = "0012345678;KHB; г. Хабаровск,  ул. Ленина ;8 (914) 123-45-67;-1 234,5;22.11.2026;;'7-7"
    report = await take(database, tmp_path, row)
    assert report.clean
    names = ("number", "number_key", "branch", "address", "phone", "balance", "balance_date", "bill_code", "closed_on")
    assert await on_file(database, account, *names) == [
        (
            "0012345678",
            "12345678",
            "khb",
            "г. Хабаровск,  ул. Ленина",
            "+79141234567",
            -123450,
            date(2026, 11, 22),
            "'7-7",
            None,
        )
    ]


async def test_differences_are_told_truly(database: Database, tmp_path: Path) -> None:
    """Only rows that differ are written, and the summary says in which columns."""
    rows = [an_account(f"{number}") for number in range(1000, 1050)]
    first = await take(database, tmp_path, *rows)
    assert (first.changes.new, first.changes.unchanged) == (50, 0)
    runs = await on_file(database, account, "number", "import_id")

    again = await take(database, tmp_path, *rows)
    assert (again.changes.new, again.changes.changed, again.changes.unchanged) == (0, 0, 50)
    assert await on_file(database, account, "number", "import_id") == runs

    rows[7] = an_account("1007", balance="0", phone="89141234567")
    rows[9] = an_account("01009", balance="0")
    report = await take(database, tmp_path, *rows, an_account("2000"))
    assert (report.changes.new, report.changes.changed, report.changes.unchanged) == (1, 2, 48)
    assert report.changes.columns == {"balance": 2, "phone": 1, "account": 1}
    written = set(await on_file(database, account, "number", "import_id")) - set(runs)
    assert {number for number, _ in written} == {"1007", "01009", "2000"}


async def test_a_file_of_last_month_is_noticed(database: Database, tmp_path: Path) -> None:
    """Balances dated before those on file are counted, and taken all the same: billing is right."""
    await take(database, tmp_path, "1000;khb;;;5;2026-11-01;;")
    report = await take(database, tmp_path, "1000;khb;;;6;2026-10-01;;")
    assert (report.changes.older, report.changes.changed) == (1, 1)


async def test_an_old_number_renames_the_account(database: Database, tmp_path: Path) -> None:
    """The account keeps its key, so its history stays; its old number keeps working; again changes nothing."""
    await take(database, tmp_path, an_account("0500001"), an_account("1001"))
    keys = dict(await on_file(database, account, "number", "id"))
    rows = [an_account("1002", old="500001"), an_account("1001")]
    report = await take(database, tmp_path, *rows)
    assert (report.changes.renamed, report.changes.aliases, report.changes.new, report.changes.changed) == (1, 1, 0, 1)
    assert (report.vanished, report.changes.columns) == (0, {"account": 1})
    assert dict(await on_file(database, account, "number", "id"))["1002"] == keys["0500001"]
    assert await on_file(database, account_alias, "old_key", "old_number", "account_id") == [
        ("500001", "0500001", keys["0500001"])
    ]

    again = await take(database, tmp_path, *rows)
    assert (again.changes.unchanged, again.changes.aliases, again.rejected) == (2, 0, 0)


async def test_an_old_number_of_a_new_account_is_kept(database: Database, tmp_path: Path) -> None:
    """Where nobody has the old number, it is just another name; and one account may have had several."""
    await take(database, tmp_path, an_account("1001", old="A-17"), an_account("1002", old="1002"))
    report = await take(database, tmp_path, an_account("1001", old="А-18"), an_account("1002"))
    assert (report.changes.aliases, report.changes.unchanged) == (1, 2)
    assert await on_file(database, account_alias, "old_key", "old_number") == [("A17", "A-17"), ("A18", "А-18")]


@pytest.mark.parametrize(
    ("before", "row", "problem"),
    [
        (["1001", "1002"], an_account("1001", old="1002"), "old_account: and the new number are both accounts"),
        (["1001:500"], an_account("1002", old="500"), "old_account: is the old number of another account"),
        (["1001:5000"], an_account("5000"), "account: is the old number of another account"),
        (["1001"], an_account("1001", branch="amur"), "branch: the account is on file in khb"),
        (["1001"], an_account("1002", old="1001", branch="amur"), "branch: the account is on file in khb"),
    ],
)
async def test_contradictions_are_bad_rows(
    database: Database, tmp_path: Path, before: Sequence[str], row: str, problem: str
) -> None:
    """A row that contradicts what is on file changes nothing."""
    rows = [an_account(*item.split(":")[:1], old=item.partition(":")[2]) for item in before]
    await take(database, tmp_path, *rows)
    stood = await everything(database)
    report = await take(database, tmp_path, row)
    ((line, column, reason),) = report.problems
    assert line == 2
    assert f"{column}: {reason}".startswith(problem)
    assert await everything(database) == stood


async def test_accounts_may_move_when_allowed(database: Database, tmp_path: Path) -> None:
    """--allow-moves: the branch changes, the account stays the same one."""
    await take(database, tmp_path, an_account("1001"))
    report = await take(database, tmp_path, an_account("1001", branch="amur"), allow_moves=True)
    assert report.changes.columns == {"branch": 1}
    assert await on_file(database, account, "branch") == [("amur",)]


async def test_missing_accounts_stay(database: Database, tmp_path: Path) -> None:
    """They are counted, in the file's branches only; a bad row's account is not missing."""
    rows = [an_account(f"{number}") for number in range(1000, 1030)]
    await take(database, tmp_path, *rows, an_account("9000", branch="amur"))
    report = await take(database, tmp_path, *rows[:25], an_account("1025", balance="x"))
    assert (report.vanished, report.rejected, report.guard) == (4, 1, "")
    assert len(await on_file(database, account, "id")) == 31


async def test_a_short_file_is_told(database: Database, tmp_path: Path) -> None:
    """More than a tenth is missing: the good rows go in, nothing is deleted, and the import is not clean."""
    rows = [an_account(f"{number}") for number in range(1000, 1100)]
    await take(database, tmp_path, *rows)
    short = [*rows[:80], an_account("2000")]
    report = await take(database, tmp_path, *short)
    assert (report.vanished, report.changes.new, report.clean) == (20, 1, False)
    assert "the file is short: 20 accounts" in report.guard
    assert len(await on_file(database, account, "id")) == 101
    assert (await take(database, tmp_path, *short, allow_short=True)).clean


async def test_a_closed_account_comes_back(database: Database, tmp_path: Path) -> None:
    """An account in the file is open."""
    await take(database, tmp_path, an_account("1001"))
    await database.write(lambda connection: connection.execute(update(account).values(closed_on=date(2026, 1, 1))))
    report = await take(database, tmp_path, an_account("1001"))
    assert (report.changes.reopened, report.changes.changed, report.vanished) == (1, 1, 0)
    assert await on_file(database, account, "closed_on") == [(None,)]


async def test_the_same_content_in_all_encodings(database: Database, tmp_path: Path) -> None:
    """One import, then the same in other encodings and delimiters: nothing changes."""
    rows = [an_account("1001", phone="+79141234567", balance="-1234.50"), an_account("1002", balance="0.01")]
    await take(database, tmp_path, *rows)
    for encoding in ("utf-8-sig", "cp1251", "cp866"):
        for delimiter in (";", ",", "\t"):
            lines = [row.replace(", ", " ").replace(";", delimiter) for row in rows]
            path = write(tmp_path / "again.csv", ACCOUNTS.replace(";", delimiter), lines, encoding)
            report = await import_accounts(database, path, allow_short=True)
            assert report.encoding == encoding
            assert (report.changes.new, report.rejected) == (0, 0)
            assert await on_file(database, account, "address") == [("ул. Ленина 1",)] * 2


async def test_numbers_that_grow_do_not_collide(database: Database, tmp_path: Path) -> None:
    """Keys made in blocks under a clock that stands still are all different, over several imports."""
    for first in (1000, 2000, 3000):
        rows = [an_account(f"{number}") for number in range(first, first + 900)]
        await take(database, tmp_path, *rows, allow_short=True)

    def count(connection: Connection) -> int:
        return len(connection.execute(select(account.c.id)).all())

    assert await database.read(count) == 2700
