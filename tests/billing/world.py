"""Builders for tests of imports and exports: files, imports, and what is then on file."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from core.billing.importing import Import
from core.billing.kinds import Options
from core.billing.report import Report
from core.storage.database import Database
from core.storage.tables import account, account_alias, meter
from tests.world import AMUR, KHABAROVSK

DATA = Path(__file__).parent / "data"
BRANCHES = {branch.code: branch for branch in (KHABAROVSK, AMUR)}
ACCOUNTS = "account;branch;address;phone;balance;balance_date;old_account;bill_code"
METERS = "account;meter;zones;digits;ratio;t1;t2;t3;read_on;verification_due;automatic"


NOON = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
_runs = itertools.count()


class Noon:
    """Noon of 22 November 2026 in Khabarovsk, a second later for each import: two at once could share keys."""

    def __init__(self) -> None:
        self._now = NOON + timedelta(seconds=next(_runs))

    def now(self) -> datetime:
        return self._now


def an_account(number: str, *, branch: str = "khb", balance: str = "12,50", old: str = "", phone: str = "") -> str:
    return f"{number};{branch};ул. Ленина, 1;{phone};{balance};2026-11-01;{old};B-1"


def a_meter(account_number: str, serial: str, *, t1: int = 5000, read_on: str = "2026-10-23") -> str:
    return f"{account_number};{serial};1;5;1;{t1};;;{read_on};2031-06-30;0"


def write(path: Path, header: str, rows: Iterable[str], encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


async def import_accounts(database: Database, path: Path, **options: Any) -> Report:
    work = Import(database=database, clock=Noon(), options=Options(**options))
    return await work.accounts(path, BRANCHES)


async def import_meters(database: Database, path: Path, **options: Any) -> Report:
    work = Import(database=database, clock=Noon(), options=Options(**options))
    return await work.meters(path)


async def take(database: Database, folder: Path, *rows: str, **options: Any) -> Report:
    """Import accounts given as lines."""
    return await import_accounts(database, write(folder / "accounts.csv", ACCOUNTS, rows), **options)


async def take_meters(database: Database, folder: Path, *rows: str, **options: Any) -> Report:
    """Import meters given as lines."""
    return await import_meters(database, write(folder / "meters.csv", METERS, rows), **options)


async def on_file(database: Database, table: Table, *names: str) -> list[tuple[Any, ...]]:
    """Columns of a table, sorted."""

    def job(connection: Connection) -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))), key=repr)

    return await database.read(job)


async def everything(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that imports write, but for the keys and the name of the run."""
    skip = {"id", "import_id", "account_id"}
    found = []
    for table in (account, account_alias, meter):
        names = [column.name for column in table.columns if column.name not in skip]
        found.append(await on_file(database, table, *names))
    return found


def expected(path: Path) -> dict[int, list[str]]:
    """What a data file says in its last cell about each of its lines: `column: beginning of the reason|...`."""
    wanted = {}
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        last = text.rpartition(";")[2]
        if line > 1 and ": " in last:
            wanted[line] = last.split("|")
    return wanted
