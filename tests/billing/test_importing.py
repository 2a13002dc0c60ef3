"""The loop: chunks that stay short, crashes in the middle, flat memory."""

import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.billing.importing import FIRST_LOAD, Import
from core.billing.kinds import Options
from core.billing.problems import UnreadableFile
from core.storage.database import Database, connect
from core.storage.pace import Pace
from core.storage.tables import account
from tests.billing.world import (
    ACCOUNTS,
    BRANCHES,
    METERS,
    Noon,
    a_meter,
    an_account,
    everything,
    import_accounts,
    import_meters,
    on_file,
    write,
)


class Crash(Exception):
    """The power goes."""


class Failing:
    """A database that stops taking writes after a while; what was committed before stays."""

    def __init__(self, database: Database, writes: int) -> None:
        self._database = database
        self._left = writes

    async def write(self, job: Callable[[Any], Any]) -> Any:
        def interrupted(connection: Any) -> Any:
            outcome = job(connection)
            self._left -= 1
            if self._left < 0:
                raise Crash
            return outcome

        return await self._database.write(interrupted)

    async def read(self, job: Callable[[Any], Any]) -> Any:
        return await self._database.read(job)

    async def close(self) -> None:
        """The real one is closed by its fixture."""


def small_steps() -> Callable[[], float]:
    """A stopwatch under which no chunk grows: each seems to take as long as it may."""
    times = itertools.count()
    return lambda: next(times) * FIRST_LOAD.seconds


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A thousand accounts with two meters each."""
    numbers = [f"{number}" for number in range(100_000, 101_000)]
    accounts = write(tmp_path / "accounts.csv", ACCOUNTS, [an_account(number, old=f"9{number}") for number in numbers])
    rows = [a_meter(number, f"{kind}-{number}") for number in numbers for kind in "AB"]
    return accounts, write(tmp_path / "meters.csv", METERS, rows)


async def whole(database: Database, files: tuple[Path, Path]) -> None:
    accounts, meters = files
    await Import(database=database, clock=Noon(), stopwatch=small_steps()).accounts(accounts, BRANCHES)
    await Import(database=database, clock=Noon(), stopwatch=small_steps()).meters(meters)


@pytest.mark.parametrize("writes", [0, 1, 3, 5, 8, 12])
async def test_a_crash_in_the_middle_is_mended_by_running_again(
    database: Database, files: tuple[Path, Path], writes: int
) -> None:
    """Whatever was written before, the same import again ends as one that was never interrupted."""
    with pytest.raises(Crash):
        await whole(Failing(database, writes), files)
    assert not list(files[0].parent.glob(".*.part"))
    await whole(database, files)
    mended = await everything(database)
    assert [len(rows) for rows in mended] == [1000, 1000, 2000]
    again = await import_accounts(database, files[0])
    assert (again.changes.unchanged, again.changes.aliases, again.vanished) == (1000, 0, 0)
    again = await import_meters(database, files[1])
    assert (again.changes.unchanged, again.closed) == (2000, 0)
    assert await everything(database) == mended


async def test_progress_is_told_after_each_chunk(database: Database, files: tuple[Path, Path]) -> None:
    """Bytes and rows only grow, and end at the whole file."""
    told: list[tuple[int, int, int]] = []
    work = Import(database=database, clock=Noon(), stopwatch=small_steps(), progress=lambda *state: told.append(state))
    await work.accounts(files[0], BRANCHES)
    size = files[0].stat().st_size
    assert [rows for _, _, rows in told] == [250, 500, 750, 1000]
    assert told == sorted(told)
    assert told[-1] == (size, size, 1000)


async def test_an_unreadable_file_changes_nothing(database: Database, tmp_path: Path) -> None:
    """A meters file given as accounts is refused as a whole."""
    path = write(tmp_path / "meters.csv", METERS, [a_meter("1000", "1")])
    with pytest.raises(UnreadableFile, match="columns are missing: branch, address, phone"):
        await import_accounts(database, path)
    assert await on_file(database, account, "id") == []


@pytest.mark.parametrize(
    ("rows", "seconds", "next_rows"),
    [(250, 0.02, 250), (250, 0.005, 500), (250, 0.04, 125), (4000, 0.001, 4000), (100, 9.0, 100), (1000, 0.0, 2000)],
)
def test_chunks_fit_the_machine(rows: int, seconds: float, next_rows: int) -> None:
    """Twice as many at most, half at least, within bounds."""
    pace = Pace(rows=rows)
    pace.note(rows, seconds)
    assert pace.rows == next_rows


async def peak(tmp_path: Path, url: str, rows: int) -> int:
    """Bytes that Python held at most while importing so many accounts."""
    lines = (an_account(f"{number}", phone=f"+79{number:09}") for number in range(100_000, 100_000 + rows))
    path = write(tmp_path / "accounts.csv", ACCOUNTS, lines)
    database = connect(url)
    work = Import(database=database, clock=Noon(), options=Options(dry_run=True), stopwatch=small_steps())
    tracemalloc.start()
    try:
        report = await work.accounts(path, BRANCHES)
        assert report.changes.new == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        await database.close()


async def test_memory_is_flat(tmp_path: Path, sqlite_url: str) -> None:
    """Thirty thousand rows more take less than forty bytes each: what remembers them, and nothing of themselves."""
    await peak(tmp_path, sqlite_url, 100)
    less, more = await peak(tmp_path, sqlite_url, 5_000), await peak(tmp_path, sqlite_url, 35_000)
    assert more - less < 40 * 30_000
