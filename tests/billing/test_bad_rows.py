"""Every kind of bad row: its line, its column, its reason. The data files say what is expected in their last column."""

import codecs
from pathlib import Path

import pytest

from core.billing.importing import Import
from core.billing.kinds import Options
from core.billing.problems import Problem
from core.storage.database import Database
from core.storage.tables import account, meter
from tests.billing.world import (
    ACCOUNTS,
    BRANCHES,
    DATA,
    Noon,
    an_account,
    expected,
    import_accounts,
    import_meters,
    on_file,
    take,
    take_meters,
    write,
)


def compare(problems: list[Problem], wanted: dict[int, list[str]]) -> None:
    """Each line's problems begin as the data file says, and there are no others."""
    told: dict[int, list[str]] = {}
    for problem in problems:
        told.setdefault(problem.line, []).append(f"{problem.column}: {problem.reason}".strip())
    assert sorted(told) == sorted(wanted)
    for line, reasons in wanted.items():
        assert len(told[line]) == len(reasons), line
        for reason, beginning in zip(told[line], reasons, strict=True):
            assert reason.startswith(beginning), line


def names(folder: Path) -> list[str]:
    """The files in a folder, hidden ones included, but for the database."""
    return sorted(item.name for item in folder.iterdir() if "meterline.db" not in item.name)


@pytest.fixture
def all_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep all problems in the report instead of the first twenty."""
    monkeypatch.setattr("core.billing.report.LISTED", 10_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866"])
@pytest.mark.usefixtures("all_listed")
async def test_bad_accounts(database: Database, tmp_path: Path, encoding: str) -> None:
    """The same lines are bad for the same reasons in every encoding; the good ones are in."""
    text = (DATA / "accounts-bad.csv").read_text(encoding="utf-8")
    path = tmp_path / "accounts.csv"
    path.write_text(text, encoding=encoding, newline="\r\n")
    report = await import_accounts(database, path)
    wanted = expected(DATA / "accounts-bad.csv")
    compare(report.problems, wanted)
    assert (report.rejected, report.rows) == (len(wanted), len(wanted) + report.changes.new)
    numbers = ["1000000001", "1000000007", "1000000012", "1000000013", "1000000015", "1000000017"]
    assert [row[0] for row in await on_file(database, account, "number")] == numbers
    assert report.ignored_columns == ("expect",)


@pytest.mark.usefixtures("all_listed")
async def test_bad_meters(database: Database, tmp_path: Path) -> None:
    """The good ones are in, with values cut to whole numbers and zeros for absent zones taken as nothing."""
    await take(database, tmp_path, an_account("1000000001", old="500000001"))
    path = tmp_path / "meters.csv"
    path.write_bytes((DATA / "meters-bad.csv").read_bytes())
    report = await import_meters(database, path)
    compare(report.problems, expected(path))
    rows = await on_file(database, meter, "serial", "serial_key", "zones", "t1", "t2", "t3", "automatic")
    assert rows == [
        ("00123", "123", 1, 5000, None, None, False),
        ("00124", "124", 2, 5000, 200, None, True),
        ("00125", "125", 3, 5000, 200, 0, False),
        ("00126", "126", 1, 5000, None, None, True),
        ("2", "2", 1, 99999, None, None, False),
    ]


@pytest.mark.parametrize(
    "style",
    [
        ("utf-8", b"", "\n", ";"),
        ("utf-8", codecs.BOM_UTF8, "\r\n", ","),
        ("cp1251", b"", "\r\n", "\t"),
        ("cp866", b"", "\n", ";"),
    ],
)
async def test_quarantine(database: Database, tmp_path: Path, style: tuple[str, bytes, str, str]) -> None:
    """Rejected rows stand as they were, with the reason, in the file's own encoding; mended, they go in."""
    encoding, mark, line_break, delimiter = style
    good = ["1000000001", "khb", "ул. Ленина", "", "1.5", "", "", ""]
    bad = ["1000000002", "хаб", '"ул. ""Заря"""', "", "x", "", "", ""]
    rows = [ACCOUNTS.split(";"), good, bad]
    path = tmp_path / "from billing.csv"
    path.write_bytes(mark + line_break.join(delimiter.join(row) for row in rows).encode(encoding))
    report = await import_accounts(database, path)
    assert (report.changes.new, report.rejected) == (1, 1)
    quarantine = tmp_path / "from billing.rejected.csv"
    assert report.quarantine == str(quarantine)
    content = quarantine.read_bytes()
    assert content.startswith(mark)
    header, row, end = content.removeprefix(mark).decode(encoding).split(line_break)
    assert (header, end) == (delimiter.join([*rows[0], "reason"]), "")
    assert row.startswith(delimiter.join(bad) + delimiter)
    assert "branch: 'хаб' is not a branch" in row
    assert "balance: 'x' is not an amount" in row

    quarantine.write_bytes(
        content.replace("хаб".encode(encoding), b"khb").replace(b"x" + delimiter.encode(), b"1" + delimiter.encode())
    )
    mended = await import_accounts(database, quarantine)
    assert (mended.changes.new, mended.rejected, mended.ignored_columns) == (1, 0, ())
    assert names(tmp_path) == ["from billing.csv", "from billing.rejected.csv"]


async def test_first_twenty_are_kept_for_the_terminal(database: Database, tmp_path: Path) -> None:
    """All are counted and written, twenty are listed."""
    report = await take(database, tmp_path, *("bad;khb;;;;;;" for _ in range(70)))
    assert (report.rejected, len(report.problems)) == (70, 20)
    assert len((tmp_path / "accounts.rejected.csv").read_text().splitlines()) == 71


async def test_rejected_rows_may_go_elsewhere(database: Database, tmp_path: Path) -> None:
    """For files in a folder that is read only."""
    path = write(tmp_path / "accounts.csv", ACCOUNTS, ["bad;khb;;;;;;"])
    work = Import(database=database, clock=Noon(), options=Options(), rejected_to=tmp_path / "elsewhere.csv")
    report = await work.accounts(path, BRANCHES)
    assert report.quarantine == str(tmp_path / "elsewhere.csv")


async def test_a_bad_telephone_is_no_reason_to_lose_an_account(database: Database, tmp_path: Path) -> None:
    """The account goes in without it, also where another one was on file: that one may be somebody else's by now."""
    await take(database, tmp_path, an_account("1000000001", phone="8 (914) 123-45-67"))
    assert await on_file(database, account, "phone") == [("+79141234567",)]
    report = await take(database, tmp_path, an_account("1000000001", phone="12-34"))
    assert report.warnings == [
        Problem(2, "phone", "'12-34' is not a telephone number; the account goes in without one")
    ]
    assert report.clean
    assert await on_file(database, account, "phone") == [(None,)]


async def test_a_byte_that_the_encoding_does_not_know(database: Database, tmp_path: Path) -> None:
    """The row is told, the rest goes in."""
    path = write(tmp_path / "accounts.csv", ACCOUNTS, [an_account("1000000001"), an_account("1000000002")], "cp1251")
    path.write_bytes(path.read_bytes().replace("Ленина".encode("cp1251"), b"\x98", 1))
    report = await import_accounts(database, path)
    assert report.problems == [Problem(2, "address", "holds a byte that its encoding does not know")]
    assert report.changes.new == 1


async def test_nothing_is_done_in_a_dry_run(database: Database, tmp_path: Path) -> None:
    """A dry run finds the same as the import after it, and leaves neither rows nor files."""
    path = tmp_path / "accounts.csv"
    path.write_bytes((DATA / "accounts-bad.csv").read_bytes())
    rehearsal = await import_accounts(database, path, dry_run=True)
    assert await on_file(database, account, "number") == []
    assert names(tmp_path) == ["accounts.csv"]
    report = await import_accounts(database, path)
    assert rehearsal.problems == report.problems
    assert rehearsal.changes == report.changes


async def test_meters_in_a_dry_run(database: Database, tmp_path: Path) -> None:
    """The same for meters, replaced ones included."""
    await take(database, tmp_path, an_account("1000000001"))
    await take_meters(database, tmp_path, "1000000001;1;1;5;1;5;;;2026-10-01;;0")
    rehearsal = await take_meters(database, tmp_path, "1000000001;2;1;5;1;5;;;2026-10-01;;0", dry_run=True)
    assert (rehearsal.closed, rehearsal.changes.new) == (1, 1)
    assert await on_file(database, meter, "serial", "closed_on") == [("1", None)]
