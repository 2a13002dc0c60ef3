"""The export of payments: what was paid on a day, one snapshot to one file, whole or not at all. It marks nothing."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import BinaryIO, Final

from core.billing.exporting import DELIMITER, LINE_BREAK, UnwritableFile, guarded
from core.billing.safefile import SafeFile
from core.domain.accounts import Branches
from core.domain.money import decimal
from core.domain.orders import OrderState
from core.storage.database import Database
from core.storage.imports import Transaction
from core.storage.payments import PaidRow, paid_between

COLUMNS: Final = ("order_id", "account", "amount", "paid_at", "provider", "provider_id", "method", "status")


@dataclass(kw_only=True)
class PaymentTotals:
    """What the file holds, for the clerk to compare with the provider's register. Sums are in kopecks."""

    payments: int = 0
    amount: int = 0
    refunded: int = 0
    """Of the payments those that have gone back since."""
    refunded_amount: int = 0

    def add(self, row: PaidRow) -> None:
        """Count a payment."""
        self.payments += 1
        self.amount += row.amount
        if row.state == OrderState.REFUNDED.value:
            self.refunded += 1
            self.refunded_amount += row.amount


@dataclass(kw_only=True)
class PaymentsExported:
    """What an export did, or would do."""

    totals: PaymentTotals = field(default_factory=PaymentTotals)
    sha256: str = ""


@dataclass(kw_only=True)
class PaymentExport:
    """Writes the payments of a day, which each branch's clock begins and ends."""

    database: Database
    branches: Branches
    day: date
    branch: str | None = None
    encoding: str = "utf-8"

    async def to_file(self, path: Path) -> PaymentsExported:
        """Write `path` and `path.sha256`.

        Raises:
            UnwritableFile: a text does not fit the encoding.
            OSError: the place cannot be written.
        """
        content, done = await self._content()
        for name, body in ((path, content), (path.with_name(f"{path.name}.sha256"), b"")):
            file = SafeFile(name)
            try:
                file.write(body or f"{done.sha256}  {path.name}\n".encode())
                file.keep()
            finally:
                file.discard()
            done.sha256 = done.sha256 or file.sha256
        return done

    async def to_stream(self, stream: BinaryIO) -> PaymentsExported:
        """Write to a stream."""
        content, done = await self._content()
        stream.write(content)
        stream.flush()
        return done

    async def rehearse(self) -> PaymentsExported:
        """Only count."""
        return (await self._content())[1]

    async def _content(self) -> tuple[bytes, PaymentsExported]:
        done = PaymentsExported()

        def job(connection: Transaction) -> list[PaidRow]:
            return paid_between(connection, self._bounds(), elsewhere=_bounds(self.day, UTC), branch=self.branch)

        rows = await self.database.read(job)
        for row in rows:
            done.totals.add(row)
        return self._bytes([COLUMNS, *map(self._cells, rows)]), done

    def _bounds(self) -> Mapping[str, tuple[datetime, datetime]]:
        """By branch, the moments at which its day begins and ends."""
        return {code: _bounds(self.day, branch.timezone) for code, branch in self.branches.items()}

    def _cells(self, row: PaidRow) -> tuple[object, ...]:
        branch = self.branches.get(row.branch)
        paid_at = row.paid_at.astimezone(branch.timezone if branch else UTC)
        return (
            row.id,
            guarded(row.account),
            decimal(row.amount),
            paid_at.isoformat(timespec="seconds"),
            guarded(row.provider),
            guarded(row.provider_id),
            guarded(row.method),
            row.state,
        )

    def _bytes(self, rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=DELIMITER, lineterminator=LINE_BREAK).writerows(rows)
        try:
            return text.getvalue().encode(self.encoding)
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise UnwritableFile(f"{letter!r} cannot be written in {self.encoding}; choose utf-8") from error


def _bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, time(), zone)
    return begins.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
