"""Billing's files of the sample retailer, written as billing writes them and read by the real import."""

import csv
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.demo.household import SampleAccount, SampleMeter
from bot.demo.sample import Sample
from core.billing import accounts, meters
from core.billing.importing import Import
from core.billing.report import Report
from core.domain.accounts import Branches
from core.ports.clock import Clock
from core.storage.database import Database

ENCODING: Final = "cp1251"
"""Billing is an old program."""
ACCOUNTS: Final = "accounts.csv"
METERS_BEFORE: Final = "meters-last-month.csv"
METERS: Final = "meters.csv"


class SampleRefused(Exception):
    """The import did not take the sample as a whole: a mistake of ours."""


def write(sample: Sample, folder: Path) -> None:
    """Write `accounts.csv`, and `meters.csv` of this month and of the last, when one meter was another."""
    _write(
        folder / ACCOUNTS,
        (*accounts.COLUMNS, *accounts.OPTIONAL),
        (_account_row(sample, account) for account in sample.accounts),
    )
    _write(folder / METERS_BEFORE, meters.COLUMNS, _meter_rows(sample, lambda meter: not meter.new))
    _write(folder / METERS, meters.COLUMNS, _meter_rows(sample, lambda meter: not meter.replaced))


async def read(folder: Path, database: Database, branches: Branches, clock: Clock) -> None:
    """Import what `write` wrote.

    Raises:
        SampleRefused: not every row went in.
    """
    task = Import(database=database, clock=clock)
    _check(await task.accounts(folder / ACCOUNTS, branches))
    _check(await task.meters(folder / METERS_BEFORE))
    _check(await task.meters(folder / METERS))


def _check(report: Report) -> None:
    if not report.clean or report.warned:
        raise SampleRefused(f"{report.kind}: {report.guard or (*report.problems, *report.warnings)}")


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding=ENCODING, newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(columns)
        writer.writerows(rows)


def _account_row(sample: Sample, account: SampleAccount) -> tuple[object, ...]:
    balance_date = sample.today.replace(day=1).strftime("%d.%m.%Y") if account.balance else ""
    return (
        account.number,
        account.branch,
        account.address,
        account.phone,
        account.balance,
        balance_date,
        account.old_number,
        account.bill_code,
        account.tariff,
        "",
    )


def _meter_rows(sample: Sample, wanted: Callable[[SampleMeter], bool]) -> Iterable[tuple[object, ...]]:
    for account in sample.accounts:
        for meter in account.meters:
            if not wanted(meter):
                continue
            due = sample.today + timedelta(days=meter.verification_days)
            registers = [*meter.values, "", ""][:3]
            zones, automatic = len(meter.values), "да" if meter.automatic else ""
            fixed = (account.number, meter.serial, zones, meter.digits, meter.ratio)
            yield *fixed, *registers, sample.read_on.isoformat(), due.isoformat(), automatic
