"""A million accounts and as many meters, with the real command into a new SQLite database, beside `sqlite3 .import`."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.billing import accounts, meters
from core.storage import migrate

CONFIG = """
[database]
url = "sqlite:///import.db"
[[branch]]
code = "khb"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
"""
STREETS = ("Ленина", "Карла Маркса", "Муравьёва-Амурского", "Волочаевская", "Запарина", "Дзержинского")
LANDLINES = 50
"""One telephone in so many is a landline, which the numbering plan has to be asked about."""
KEYED = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE accounts (account TEXT PRIMARY KEY, branch TEXT, address TEXT, phone TEXT, balance TEXT,
    balance_date TEXT, old_account TEXT, bill_code TEXT);
CREATE INDEX phone ON accounts (phone);
CREATE TABLE meters (account TEXT, meter TEXT, zones INTEGER, digits INTEGER, ratio INTEGER, t1 INTEGER, t2 INTEGER,
    t3 INTEGER, read_on TEXT, verification_due TEXT, automatic INTEGER, PRIMARY KEY (account, meter));
"""


def run(rows: int = 1_000_000) -> dict[str, Any]:
    """Import `rows` accounts and meters; print and return the figures."""
    folder = Path(tempfile.mkdtemp(prefix="meterline-import-"))
    try:
        files = _make(folder, rows)
        (folder / "meterline.toml").write_text(CONFIG, encoding="utf-8")
        migrate.upgrade(f"sqlite:///{folder / 'import.db'}")
        ours = {kind: _import(folder, kind, path) for kind, path in files.items()}
        bare, keyed = _shell(folder, files, ""), _shell(folder, files, KEYED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = sum(part["seconds"] for part in ours.values())
    print(f"\nimport of {rows:,} accounts and {rows:,} meters into a new SQLite database, synchronous=FULL")
    for kind, part in ours.items():
        print(f"  {kind:10}{part['seconds']:8.1f} s {part['rows_s']:10,.0f} rows/s {part['rss_mb']:6.0f} MB at most")
    print(f"  both      {seconds:8.1f} s")
    print(f"  sqlite3 .import of the same files      {bare:8.1f} s  ours is {seconds / bare:.1f} times that")
    print(f"  the same into tables with our indexes  {keyed:8.1f} s  ours is {seconds / keyed:.1f} times that")
    return {
        "import_rows": 2 * rows,
        "import_seconds": seconds,
        "import_rows_s": 2 * rows / seconds,
        "import_rss_mb": max(part["rss_mb"] for part in ours.values()),
        "import_factor": seconds / bare,
        "import_keyed_factor": seconds / keyed,
    }


def _import(folder: Path, kind: str, path: Path) -> dict[str, float]:
    """The command as an operator runs it, start of Python included; seconds, rows per second, peak memory."""
    command = [sys.executable, "-m", "bot", "import", kind, str(path), "--json"]
    command += ["--config", str(folder / "meterline.toml")]
    begun = time.perf_counter()
    with (folder / "report.json").open("wb") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if process.returncode or report["new"] != report["rows"]:
        raise RuntimeError(f"the import went wrong: {report}")
    return {"seconds": seconds, "rows_s": report["rows"] / seconds, "rss_mb": usage.ru_maxrss / 1024}


def _shell(folder: Path, files: dict[str, Path], schema: str) -> float:
    """Seconds that SQLite's own shell takes, or Python's `sqlite3` and `csv` where there is no shell."""
    target = folder / "shell.db"
    for part in folder.glob("shell.db*"):
        part.unlink()
    skip = "--skip 1 " if schema else ""
    script = schema + ".mode csv\n.separator ;\n"
    script += "".join(f".import {skip}{path} {kind}\n" for kind, path in files.items())
    begun = time.perf_counter()
    if shutil.which("sqlite3"):
        subprocess.run(["sqlite3", "-bail", str(target)], input=script.encode(), stdout=subprocess.DEVNULL, check=True)
    else:
        print("  the sqlite3 shell is missing (apt-get install sqlite3): Python's sqlite3 and csv stand in for it")
        _without_shell(target, files, schema)
    return time.perf_counter() - begun


def _without_shell(target: Path, files: dict[str, Path], schema: str) -> None:
    import csv  # noqa: PLC0415 - for machines without the shell

    connection = sqlite3.connect(target)
    connection.executescript(schema)
    for kind, path in files.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=";")
            header = next(rows)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {kind} ({','.join(header)})")
            connection.executemany(f"INSERT INTO {kind} VALUES ({','.join('?' * len(header))})", rows)
    connection.commit()
    connection.close()


def _make(folder: Path, rows: int) -> dict[str, Path]:
    """The same files each time: ordered by account as billing writes them, telephones and serials at random."""
    chance = random.Random(1)
    files = {kind: folder / f"{kind}.csv" for kind in ("accounts", "meters")}
    for path, columns, lines in (
        (files["accounts"], accounts.COLUMNS, _account_lines(rows, chance)),
        (files["meters"], meters.COLUMNS, _meter_lines(rows, chance)),
    ):
        with path.open("w", encoding="utf-8") as file:
            file.write(";".join(columns) + "\n")
            file.writelines(lines)
    return files


def _account_lines(rows: int, chance: random.Random) -> Iterator[str]:
    for place in range(rows):
        number = 1_000_000_000 + 7 * place
        street = STREETS[place % len(STREETS)]
        phone = f"+74212{chance.randrange(200_000, 799_999)}" if place % LANDLINES == 0 else _mobile(chance)
        balance = f"{chance.randrange(-50_000, 500_000) / 100:.2f}".replace(".", ",")
        yield (
            f"{number};khb;г. Хабаровск, ул. {street}, д. {place % 200 + 1}, кв. {place % 90 + 1};{phone};{balance};"
            f"2026-11-01;;{chance.randrange(10**8):08}\n"
        )


def _mobile(chance: random.Random) -> str:
    return f"+7914{chance.randrange(10**7):07}"


def _meter_lines(rows: int, chance: random.Random) -> Iterator[str]:
    for place in range(rows):
        zones = 2 if place % 5 == 0 else 1
        night = chance.randrange(50_000) if zones == 2 else ""
        yield (
            f"{1_000_000_000 + 7 * place};{chance.randrange(10**8):08};{zones};6;1;{chance.randrange(99_999)};{night};;"
            f"2026-10-23;{2027 + place % 16}-06-30;0\n"
        )


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
