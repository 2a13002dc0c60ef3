"""The export: what is in the file, when readings are marked, and that it may be repeated."""

import csv
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, update

from core.billing.cells import number
from core.billing.exporting import Export, UnwritableFile, guarded
from core.storage.database import Database
from core.storage.tables import account, meter, reading
from tests.billing.world import BRANCHES, on_file
from tests.world import fill

SENT = datetime(2026, 11, 22, 13, 59, 59, 500, tzinfo=UTC)


def a_reading(key: int, **given: Any) -> dict[str, Any]:
    columns = {
        "id": key,
        "account_id": 1,
        "meter_id": 1,
        "period": 202611,
        "t1": 5778,
        "consumption": 210,
        "status": "accepted",
        "code": "accepted",
        "channel": "sms",
        "external_id": "+79141234567",
        "sent_at": SENT,
        "received_at": SENT,
    }
    return columns | given


def store(*rows: dict[str, Any]) -> Callable[[Connection], None]:
    def job(connection: Connection) -> None:
        connection.execute(insert(account).values(id=1, number="0010334090", number_key="10334090", branch="khb"))
        connection.execute(insert(account).values(id=2, number="=2+5", number_key="=2+5", branch="amur"))
        given = {"zones": 2, "digits": 5, "ratio": 1, "t1": 1, "read_on": SENT.date()}
        for key, serial in enumerate(("00012345", "@SUM(A1)", "№ 7", "Æ-1"), 1):
            values = {"id": key, "account_id": 1 if key == 1 else 2, "serial": serial, "serial_key": serial}
            connection.execute(insert(meter).values(values | given))
        for row in rows:
            connection.execute(insert(reading).values(row))

    return job


def export(database: Database, **options: Any) -> Export:
    return Export(database=database, branches=BRANCHES, period=202611, **options)


async def states(database: Database) -> dict[int, str]:
    return dict(await on_file(database, reading, "id", "status"))  # type: ignore[arg-type]


@pytest.fixture
async def filled(database: Database) -> Database:
    """Readings in every state, of two branches."""
    await database.write(
        store(
            a_reading(10, t2=2542),
            a_reading(11, account_id=2, meter_id=2, consumption=None, status="exported"),
            a_reading(12, account_id=2, meter_id=3, t1=7, t2=8, t3=9, channel="telegram", consumption=24),
            a_reading(13, period=202610),
            *(
                a_reading(20 + place, status=status)
                for place, status in enumerate(
                    ["needs_confirmation", "in_review", "rejected", "superseded", "withdrawn"]
                )
            ),
        )
    )
    return database


WHOLE = (
    "reading_id;account;meter;period;t1;t2;t3;sent_at;channel;status\n"
    "10;0010334090;00012345;2026-11;5778;2542;;2026-11-22T23:59:59+10:00;sms;accepted\n"
    "11;'=2+5;'@SUM(A1);2026-11;5778;;;2026-11-22T22:59:59+09:00;sms;accepted\n"
    "12;'=2+5;№ 7;2026-11;7;8;9;2026-11-22T22:59:59+09:00;telegram;accepted\n"
)


def names(folder: Path) -> list[str]:
    """The files in a folder, hidden ones included, but for the database."""
    return sorted(item.name for item in folder.iterdir() if "meterline.db" not in item.name)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
async def test_the_file(filled: Database, tmp_path: Path, encoding: str) -> None:
    """Numbers as on the bill, times in the branch's zone, formulas disarmed, a digest beside it."""
    path = tmp_path / "out.csv"
    done = await export(filled, encoding=encoding).to_file(path)
    content = path.read_bytes()
    assert content == WHOLE.encode(encoding)
    assert done.sha256 == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "out.csv.sha256").read_text() == f"{done.sha256}  out.csv\n"
    totals = done.totals
    assert (totals.readings, totals.t1, totals.t2, totals.t3) == (3, 11563, 2550, 9)
    assert (totals.kwh, totals.without_kwh, totals.corrections) == (234, 1, 0)
    assert (done.new, done.marked) == (2, 2)
    assert names(tmp_path) == ["out.csv", "out.csv.sha256"]


async def test_only_what_is_in_the_file_is_marked(filled: Database, tmp_path: Path) -> None:
    """Accepted ones of the period become exported; nothing else changes."""
    before = await states(filled)
    await export(filled).to_file(tmp_path / "out.csv")
    assert await states(filled) == before | {10: "exported", 12: "exported"}


async def test_it_may_be_repeated(filled: Database, tmp_path: Path) -> None:
    """The same file to the byte, although the readings are marked by now; a new one is added behind."""
    path = tmp_path / "out.csv"
    await export(filled).to_file(path)
    again = await export(filled).to_file(path)
    assert path.read_text(encoding="utf-8") == WHOLE
    assert (again.new, again.marked) == (0, 0)
    await filled.write(
        lambda connection: connection.execute(insert(reading).values(a_reading(30, meter_id=4, account_id=2)))
    )
    more = await export(filled).to_file(path)
    assert path.read_text(encoding="utf-8").startswith(WHOLE)
    assert (more.new, more.marked) == (1, 1)


async def test_a_branch_alone(filled: Database, tmp_path: Path) -> None:
    """Only its readings, and only those are marked."""
    done = await export(filled, branch="amur").to_file(tmp_path / "out.csv")
    assert (done.totals.readings, done.marked) == (2, 1)
    assert (await states(filled))[10] == "accepted"


async def test_a_correction_replaces_what_was_exported(filled: Database, tmp_path: Path) -> None:
    """One row for each meter, the latest, and its status says that it replaces another."""
    await export(filled).to_file(tmp_path / "out.csv")
    later = a_reading(40, t1=5780, code="correction_after_export", sent_at=SENT + timedelta(hours=1))
    await filled.write(lambda connection: connection.execute(insert(reading).values(later)))
    done = await export(filled).to_file(tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(";")[0] for line in lines] == ["reading_id", "11", "12", "40"]
    assert lines[-1].endswith(";sms;correction")
    assert (done.totals.corrections, done.marked) == (1, 1)


class Crash(Exception):
    """The power goes."""


class NoWrites:
    """A database that crashes when it is written to."""

    def __init__(self, database: Database) -> None:
        self.read = database.read

    async def write(self, job: object) -> Any:
        raise Crash

    async def close(self) -> None:
        """The real one is closed by its fixture."""


async def test_a_crash_before_the_mark_is_mended_by_running_again(filled: Database, tmp_path: Path) -> None:
    """The file is there, nothing is marked, and the next export gives the same file."""
    path = tmp_path / "out.csv"
    with pytest.raises(Crash):
        await export(NoWrites(filled)).to_file(path)
    assert path.read_text(encoding="utf-8") == WHOLE
    assert (await states(filled))[10] == "accepted"
    await export(filled).to_file(path)
    assert path.read_text(encoding="utf-8") == WHOLE
    assert (await states(filled))[10] == "exported"


async def test_a_file_that_cannot_be_written_leaves_no_trace(filled: Database, tmp_path: Path) -> None:
    """The earlier file stays as it was, nothing is marked."""
    path = tmp_path / "out.csv"
    path.write_text("earlier")
    await filled.write(
        lambda connection: connection.execute(insert(reading).values(a_reading(50, meter_id=4, account_id=2)))
    )
    with pytest.raises(UnwritableFile, match="'Æ' cannot be written in cp1251"):
        await export(filled, encoding="cp1251").to_file(path)
    assert path.read_text() == "earlier"
    assert (await states(filled))[10] == "accepted"
    assert names(tmp_path) == ["out.csv"]
    with pytest.raises(OSError, match="No such file"):
        await export(filled).to_file(tmp_path / "nowhere" / "out.csv")


async def test_what_changes_while_we_write_is_not_marked(filled: Database, tmp_path: Path) -> None:
    """A reading superseded after the snapshot stays so."""
    work = export(filled)
    _, new = await work._write(len)
    await filled.write(
        lambda connection: connection.execute(update(reading).where(reading.c.id == 10).values(status="superseded"))
    )
    assert await work._mark(new) == 1
    assert (await states(filled))[10] == "superseded"


async def test_a_stream_and_a_rehearsal_mark_nothing(filled: Database) -> None:
    """Nobody knows what becomes of standard output."""
    stream = BytesIO()
    done = await export(filled).to_stream(stream)
    assert stream.getvalue().decode() == WHOLE
    assert (await export(filled).rehearse()).totals == done.totals
    assert (await states(filled))[10] == "accepted"


async def test_many_pages(database: Database, tmp_path: Path) -> None:
    """More readings than a page holds come in the order of their keys, each once, and all are marked."""
    accounts = [{"number": f"{value}", "meters": [{"serial": "1"}]} for value in range(10_000, 12_500)]
    await database.write(fill(accounts))
    pairs = await on_file(database, meter, "id", "account_id")
    rows = [a_reading(key, meter_id=meter_id, account_id=owner) for key, (meter_id, owner) in enumerate(pairs, 1000)]
    await database.write(lambda connection: connection.execute(insert(reading), rows))
    done = await export(database).to_file(tmp_path / "out.csv")
    keys = [line.split(";")[0] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert keys == [str(key) for key in range(1000, 3500)]
    assert done.marked == 2500


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_no_text_is_a_formula(text: str) -> None:
    """Whatever a cell holds, no spreadsheet computes it, and a CSV reader gets it back but for the apostrophe."""
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'" if cell != text else "") == text.replace("\r", " ").replace("\n", " ") or cell == text
    out = StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerow([cell, "x"])
    assert next(csv.reader(StringIO(out.getvalue(), newline=""), delimiter=";")) == [cell, "x"]


@given(st.from_regex(r"[0-9A-ZА-Я-][0-9A-ZА-Я./-]{0,19}", fullmatch=True))
def test_numbers_come_back_from_an_export(text: str) -> None:
    """A number that we exported is the same number when it is imported."""
    if not text.replace("E", "").replace("Е", "").isdecimal() and "." not in text:
        assert number(guarded(text)) == text
