"""`import` and `export` as an operator runs them."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from bot.cli import meterline
from bot.cli.context import App
from core.storage.database import SqliteDatabase, connect
from core.storage.tables import account, meter, payment_order, reading
from tests.billing.test_exporting import a_reading
from tests.billing.test_payments import an_order
from tests.billing.world import ACCOUNTS, METERS, a_meter, an_account, write
from tests.conftest import FixedClock


def run(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, [*words, "--config", str(config)], obj=App(clock=clock))


@pytest.fixture
def database(sqlite_url: str) -> SqliteDatabase:
    database = connect(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    return database


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """Forty accounts, three bad rows, a bad telephone, and a column of somebody else."""
    rows = [f"{an_account(f'{number}')};x" for number in range(1000, 1040)]
    rows += ["1040;khb;;12;;;;;", "1,2E+9;khb;;;x;;;;", "1000;khb;;;;;;;", "1041;nowhere;;;;;;;"]
    return write(tmp_path / "accounts.csv", f"{ACCOUNTS};Note[red]", rows)


def test_an_import_tells_what_it_did(config: Path, clock: FixedClock, accounts: Path) -> None:
    """A summary on stdout, problems on stderr with line, column and reason, exit code 1 for rejected rows."""
    result = run(config, clock, "import", "accounts", str(accounts))
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert "accounts: done" in told
    assert "rows 44 accounts.csv read as utf-8, ;" in told
    assert "new 41 changed 0 unchanged 0 warnings 1 rejected 3" in told
    assert max(map(len, result.stdout.splitlines())) <= 80
    errors = " ".join(result.stderr.split())
    assert "columns ignored: note[red]" in errors
    assert "warning: line 42, phone: '12' is not a telephone number" in errors
    assert "rejected: line 43, account: '1,2E+9' is a number as Excel shortens it" in errors
    assert "rejected: line 43, balance: 'x' is not an amount" in errors
    assert "rejected: line 44, account: stands in line 2 already" in errors
    assert "rejected rows: " in errors
    assert len((accounts.parent / "accounts.rejected.csv").read_text().splitlines()) == 4


def test_a_dry_run_changes_nothing(config: Path, clock: FixedClock, accounts: Path, database: SqliteDatabase) -> None:
    """It says so, and finds the same."""
    result = run(config, clock, "import", "accounts", str(accounts), "--dry-run")
    assert "dry run, nothing was changed" in result.stdout
    assert result.exit_code == 1
    assert database.write_now(lambda connection: connection.execute(select(account)).all()) == []
    assert not (accounts.parent / "accounts.rejected.csv").exists()
    database.engine.dispose()


def test_json_is_one_object(config: Path, clock: FixedClock, accounts: Path, tmp_path: Path) -> None:
    """On stdout alone, with everything that the summary has; stderr is silent."""
    result = run(config, clock, "import", "accounts", str(accounts), "--json", "--rejected", str(tmp_path / "r.csv"))
    row = json.loads(result.stdout)
    assert result.stderr == ""
    assert (row["kind"], row["rows"], row["new"], row["rejected"]) == ("accounts", 44, 41, 3)
    assert row["problems"][0] == {
        "line": 43,
        "column": "account",
        "reason": "'1,2E+9' is a number as Excel shortens it; format the column as text and export the file again",
    }
    assert row["quarantine"] == str(tmp_path / "r.csv")


def test_more_than_twenty_rejected_rows_are_counted(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """The terminal is not flooded."""
    path = write(tmp_path / "accounts.csv", ACCOUNTS, ["bad;khb;;;;;;"] * 33)
    result = run(config, clock, "import", "accounts", str(path))
    assert result.stderr.count("rejected: line") == 20
    assert "rejected: ... and 13 more" in result.stderr


def test_guards_are_told_and_may_be_lifted(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """A short file and many replaced meters: exit code 1 and the reason, until they are said to be meant."""
    numbers = [f"{number}" for number in range(1000, 1040)]
    whole = write(tmp_path / "whole.csv", ACCOUNTS, map(an_account, numbers))
    assert run(config, clock, "import", "accounts", str(whole)).exit_code == 0
    short = write(tmp_path / "short.csv", ACCOUNTS, [an_account("1000")])
    result = run(config, clock, "import", "accounts", str(short))
    assert (result.exit_code, "39 accounts of its branches are on file" in " ".join(result.stderr.split())) == (1, True)
    assert run(config, clock, "import", "accounts", str(short), "--allow-short").exit_code == 0

    for kind in "AB":
        path = write(tmp_path / "meters.csv", METERS, [a_meter(number, f"{kind}{number}") for number in numbers])
        result = run(config, clock, "import", "meters", str(path))
    assert (result.exit_code, "kept open 40" in " ".join(result.stdout.split())) == (1, True)
    result = run(config, clock, "import", "meters", str(path), "--allow-short")
    assert (result.exit_code, "closed 40" in " ".join(result.stdout.split())) == (0, True)


def test_moves_between_branches_are_allowed_by_name(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """--allow-moves."""
    run(config, clock, "import", "accounts", str(write(tmp_path / "a.csv", ACCOUNTS, [an_account("1000")])))
    moved = write(tmp_path / "b.csv", ACCOUNTS, [an_account("1000", branch="amur")])
    assert run(config, clock, "import", "accounts", str(moved)).exit_code == 1
    assert run(config, clock, "import", "accounts", str(moved), "--allow-moves").exit_code == 0


def test_rejected_rows_never_replace_the_file(config: Path, clock: FixedClock, accounts: Path) -> None:
    """Named twice by mistake, it stays as it was."""
    before = accounts.read_bytes()
    result = run(config, clock, "import", "accounts", str(accounts), "--rejected", str(accounts))
    assert (result.exit_code, accounts.read_bytes()) == (2, before)


@pytest.mark.parametrize("kind", ["accounts", "meters"])
def test_an_unreadable_file_is_one_line(config: Path, clock: FixedClock, tmp_path: Path, kind: str) -> None:
    """Exit code 2: nothing was read."""
    path = write(tmp_path / "file.csv", "a;b;c", [])
    result = run(config, clock, "import", kind, str(path))
    assert result.exit_code == 2
    assert "the first line should name the columns: account;" in result.stderr
    assert run(config, clock, "import", kind, str(tmp_path / "nothing.csv")).exit_code == 2


@pytest.fixture
def filled(config: Path, database: SqliteDatabase) -> Path:
    """An account with a reading."""

    def job(connection: object) -> None:
        connection.execute(insert(account).values(id=1, number="001", number_key="1", branch="khb"))  # type: ignore[attr-defined]
        values = {"account_id": 1, "serial": "77", "serial_key": "77", "zones": 1, "digits": 5, "ratio": 1, "t1": 1}
        connection.execute(insert(meter).values(id=1, read_on=a_reading(1)["sent_at"].date(), **values))  # type: ignore[attr-defined]
        connection.execute(insert(reading).values(a_reading(10)))  # type: ignore[attr-defined]

    database.write_now(job)
    database.engine.dispose()
    return config


LINES = (
    "reading_id;account;meter;period;t1;t2;t3;sent_at;channel;status\n"
    "10;001;77;2026-11;5778;;;2026-11-22T23:59:59+10:00;sms;accepted\n"
)


def test_an_export_has_a_name_and_totals(
    filled: Path, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is named after period and branch; the totals are on the terminal, not in the file."""
    monkeypatch.chdir(tmp_path)
    result = run(filled, clock, "export", "readings", "--period", "2026-11", "--branch", "khb")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "readings-2026-11-khb.csv").read_text() == LINES
    assert "1 readings, T1 5778, T2 0, T3 0, 210 kWh, 0 corrections" in result.stdout
    assert "1 of them in no export before, 1 marked as exported" in result.stdout
    again = run(filled, clock, "export", "readings", "--period", "2026-11", "--out", "x.csv")
    assert "0 of them in no export before, 0 marked" in again.stdout
    assert (tmp_path / "x.csv").read_text() == LINES


def test_an_export_to_standard_output(filled: Path, clock: FixedClock) -> None:
    """Only the file is on stdout; nothing is marked."""
    for _ in range(2):
        result = run(filled, clock, "export", "readings", "--period", "2026-11", "--out", "-")
        assert result.stdout == LINES
        assert "1 of them in no export before" in result.stderr
        assert "nothing was marked as exported" in result.stderr


def test_a_rehearsed_export(filled: Path, clock: FixedClock, tmp_path: Path) -> None:
    """--dry-run counts; --json is one object."""
    out = tmp_path / "x.csv"
    words = ("export", "readings", "--period", "2026-11", "--out", str(out))
    row = json.loads(run(filled, clock, *words, "--dry-run", "--json").stdout)
    assert (row["readings"], row["kwh"], row["new"], row["marked"], row["file"]) == (1, 210, 1, 0, "")
    assert not out.exists()
    row = json.loads(run(filled, clock, *words, "--json").stdout)
    assert (row["marked"], row["file"], len(row["sha256"])) == (1, str(out), 64)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--period", "2026-13"), "--period should be like 2026-11"),
        (("--period", "202611"), "--period should be like 2026-11"),
        (("--period", "2026-11", "--branch", "msk"), "there is no branch msk; the configuration knows amur, khb"),
        (("--period", "2026-11", "--out", "-", "--json"), "give --out a file"),
        (("--period", "2026-11", "--out", "/nowhere/x.csv"), "No such file or directory"),
    ],
)
def test_wrong_usage_of_export(filled: Path, clock: FixedClock, words: tuple[str, ...], message: str) -> None:
    """One clear line, exit code 2."""
    result = run(filled, clock, "export", "readings", *words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_an_export_of_payments(
    filled: Path, database: SqliteDatabase, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named after the day; totals on the terminal, or with --json as one object; the file alone on stdout."""
    monkeypatch.chdir(tmp_path)
    job = insert(payment_order).values(an_order(7, "2026-11-22T02:00:00+00:00"))
    database.write_now(lambda connection: connection.execute(job))
    database.engine.dispose()
    words = ("export", "payments", "--day", "2026-11-22")
    result = run(filled, clock, *words)
    assert result.exit_code == 0, result.output
    assert "1 payments, 987.05 RUB; 0 of them refunded since, 0.00 RUB" in result.stdout
    written = (tmp_path / "payments-2026-11-22.csv").read_text()
    assert written.splitlines()[1] == "7;001;987.05;2026-11-22T12:00:00+10:00;yookassa;p7;sbp;paid"
    assert run(filled, clock, *words, "--out", "-").stdout == written
    row = json.loads(run(filled, clock, *words, "--dry-run", "--json").stdout)
    assert (row["payments"], row["amount"], row["file"]) == (1, 98_705, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--day", "2026-11"), "--day should be like 2026-11-22"),
        (("--day", "2026-11-22", "--branch", "msk"), "there is no branch msk"),
        (("--day", "2026-11-22", "--out", "-", "--json"), "give --out a file"),
    ],
)
def test_wrong_usage_of_the_export_of_payments(
    filled: Path, clock: FixedClock, words: tuple[str, ...], message: str
) -> None:
    """One clear line, exit code 2."""
    result = run(filled, clock, "export", "payments", *words)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_a_progress_bar_is_for_terminals(config: Path, accounts: Path) -> None:
    """A process on a terminal draws one; the tests above, without a terminal, saw none."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "import", "accounts", str(accounts), "--config", str(config)]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)  # noqa: S603 - ours
    os.close(theirs)
    shown = b""
    while block := _read(ours):
        shown += block
    os.close(ours)
    assert process.wait() == 1
    assert b"44 rows" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""
