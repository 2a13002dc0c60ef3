"""Meters: what changes, and which ones were replaced."""

from datetime import date
from pathlib import Path

import pytest

from core.storage.database import Database
from core.storage.tables import meter
from tests.billing.world import a_meter, an_account, on_file, take, take_meters

TODAY = date(2026, 11, 22)
NUMBERS = range(1000, 1040)


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    """Forty accounts with a meter each."""
    await take(database, tmp_path, *(an_account(f"{number}") for number in NUMBERS))
    await take_meters(database, tmp_path, *(a_meter(f"{number}", f"0{number}77") for number in NUMBERS))
    return database


async def states(database: Database) -> dict[str, date | None]:
    return dict(await on_file(database, meter, "serial", "closed_on"))  # type: ignore[arg-type]


async def test_differences_are_told_truly(filled: Database, tmp_path: Path) -> None:
    """A repeat writes nothing; a changed value is written and named."""
    rows = [a_meter(f"{number}", f"0{number}77") for number in NUMBERS]
    runs = await on_file(filled, meter, "serial", "import_id")
    again = await take_meters(filled, tmp_path, *rows)
    assert (again.changes.unchanged, again.changes.changed, again.changes.new) == (40, 0, 0)
    assert await on_file(filled, meter, "serial", "import_id") == runs
    rows[3] = a_meter("1003", "100377", t1=5100, read_on="2026-11-23")
    rows[4] = a_meter("1004", "0100477", t1=4900, read_on="2026-09-23")
    report = await take_meters(filled, tmp_path, *rows)
    assert report.changes.columns == {"meter": 1, "t1": 2, "read_on": 2}
    assert (report.changes.changed, report.changes.older, report.closed) == (2, 1, 0)


async def test_a_replaced_meter_is_closed_and_may_come_back(filled: Database, tmp_path: Path) -> None:
    """Only meters of accounts in the file; they are marked, never deleted, and reopened when they are back."""
    report = await take_meters(filled, tmp_path, a_meter("1000", "NEW-1"), a_meter("1001", "0100177"))
    assert (report.closed, report.clean) == (1, True)
    closed = {serial for serial, day in (await states(filled)).items() if day is not None}
    assert closed == {"0100077"}
    assert (await states(filled))["0100077"] == TODAY

    back = await take_meters(filled, tmp_path, a_meter("1000", "100077"))
    assert (back.changes.reopened, back.closed) == (1, 1)
    found = await states(filled)
    assert (found["100077"], found["NEW-1"]) == (None, TODAY)


async def test_several_meters_of_an_account_may_stand_anywhere(filled: Database, tmp_path: Path) -> None:
    """Rows of one account far apart, in different chunks, are still one account's."""
    rows = [a_meter(f"{number}", f"0{number}77") for number in NUMBERS]
    second = [a_meter(f"{number}", f"B{number}") for number in NUMBERS]
    filler = [a_meter("1000", f"F{number}") for number in range(700)]
    await take_meters(filled, tmp_path, *rows, *filler, *second)
    report = await take_meters(filled, tmp_path, *second, *filler, *rows)
    assert (report.closed, report.changes.unchanged) == (0, 780)


async def test_a_bad_row_does_not_close_its_meter(filled: Database, tmp_path: Path) -> None:
    """Neither when its values are bad, nor when its serial cannot be read, nor when its account is mistyped."""
    report = await take_meters(
        filled,
        tmp_path,
        a_meter("1000", "0100077", t1=9999999),
        a_meter("1000", "OTHER"),
        a_meter("1001", "1,0E+06"),
        a_meter("1001", "ANOTHER"),
        a_meter("9999999", "0100277"),
        a_meter("1002", "THIRD"),
    )
    assert (report.rejected, report.closed, report.changes.new) == (3, 0, 3)
    assert set((await states(filled)).values()) == {None}


async def test_a_second_row_of_a_meter_after_a_bad_one_goes_in(filled: Database, tmp_path: Path) -> None:
    """Only rows that went in count as first."""
    report = await take_meters(
        filled, tmp_path, a_meter("1000", "0100077", t1=9999999), a_meter("1000", "0100077", t1=5001)
    )
    assert (report.rejected, report.changes.changed) == (1, 1)


async def test_many_replacements_are_held_back(filled: Database, tmp_path: Path) -> None:
    """All serials different, as after Excel: new ones go in, old ones stay open until it is said to be meant."""
    rows = [a_meter(f"{number}", f"NEW-{number}") for number in NUMBERS]
    for _ in range(2):
        report = await take_meters(filled, tmp_path, *rows)
        assert (report.closed, report.kept_open, report.clean) == (0, 40, False)
        assert "40 meters that look replaced stay open" in report.guard
    assert set((await states(filled)).values()) == {None}
    allowed = await take_meters(filled, tmp_path, *rows, allow_short=True)
    assert (allowed.closed, allowed.kept_open, allowed.clean) == (40, 0, True)
    assert sum(day is not None for day in (await states(filled)).values()) == 40


async def test_too_many_bad_rows_close_nothing(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where we cannot remember all bad rows, we conclude nothing from what is missing."""
    monkeypatch.setattr("core.billing.kinds.BAD_ROWS_REMEMBERED", 3)
    bad = [a_meter(f"{number}", "0", t1=9999999) for number in range(2000, 2010)]
    report = await take_meters(filled, tmp_path, *bad, a_meter("1000", "NEW"), allow_short=True)
    assert (report.closed, report.kept_open) == (0, 1)
    assert "too many rows are bad" in report.guard


async def test_old_account_numbers_find_their_meters(database: Database, tmp_path: Path) -> None:
    """A file with the former number is about the same account."""
    await take(database, tmp_path, an_account("1001", old="500001"))
    await take_meters(database, tmp_path, a_meter("1001", "77"))
    report = await take_meters(database, tmp_path, a_meter("0500001", "77"))
    assert (report.changes.unchanged, report.closed) == (1, 0)
