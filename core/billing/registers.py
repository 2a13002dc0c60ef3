"""Reads a provider's register of payments, as his cabinet gives it out: a delimited text file with a header row.

Each provider, and each contract, names the columns in its own way. The common names are known; any other is given by
whoever has the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.billing.cells import amount
from core.billing.charset import detect
from core.billing.problems import BadCell, Problem, UnreadableFile
from core.billing.sheet import DELIMITERS, HEADER_LIMIT, Sheet
from core.domain.registers import Entry

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "payment": (
        "payment_id",
        "payment id",
        "идентификатор платежа",
        "id платежа",
        "номер платежа",
        "transactionid",
        "номер транзакции",
        "id транзакции",
        "transaction_id",
        "mdorder",
        "уникальный номер заказа",
        "provider_id",
    ),
    "amount": ("amount", "сумма", "сумма платежа", "сумма операции", "сумма, руб.", "сумма, rub", "outsum"),
    "order": (
        "order_id",
        "номер заказа",
        "ordernumber",
        "order_number",
        "invoiceid",
        "номер счёта",
        "номер счета",
        "invid",
    ),
    "kind": ("kind", "тип", "тип операции", "операция", "status", "статус"),
}
"""What a column is called, in small letters; the first one there is counts. `order` and `kind` may be missing."""
REFUNDS: Final = ("возврат", "refund")
"""A line with one of these words in `kind` is a refund; so is a sum below zero."""
TOTALS: Final = ("итого", "всего", "total")
_BLOCK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a file holds."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    """Lines that cannot be read: each may be a payment, so the comparison is not whole without them."""
    columns: Mapping[str, str]
    """Which columns were taken for what."""


def read_register(path: Path, own: Mapping[str, str]) -> Register:
    """Read a file. `own` are columns by their names in NAMES, for a header that says something else.

    Raises:
        UnreadableFile: there is no column for the payment's name, or none for its sum.
        OSError: the file cannot be read.
    """
    header = _header(path)
    taken = {field: _column(field, header, own) for field in NAMES}
    for field in ("payment", "amount"):
        if not taken[field]:
            names = ", ".join(header[:12])
            raise UnreadableFile(f"which column has the {field}? Say --column {field}=NAME; the header has {names}")
    needed = tuple(taken[field] for field in ("payment", "amount"))
    optional = tuple(taken[field] for field in ("order", "kind") if taken[field])
    entries: list[Entry] = []
    problems: list[Problem] = []
    with Sheet(path, needed, optional) as sheet:
        while block := sheet.read(_BLOCK):
            problems += [problem for rejected in block.broken for problem in rejected.problems]
            for row in block.rows:
                cells = dict(zip(sheet.columns, row.cells, strict=True))
                given = {field: cells.get(name, "").strip() for field, name in taken.items()}
                try:
                    entry = _entry(row.line, given)
                except BadCell as error:
                    problems.append(Problem(row.line, taken["amount"], str(error)))
                    continue
                if entry is not None:
                    entries.append(entry)
    return Register(entries=tuple(entries), problems=tuple(problems), columns={k: v for k, v in taken.items() if v})


def _entry(line: int, given: Mapping[str, str]) -> Entry | None:
    """A line; None for one of totals."""
    if not given["payment"] or given["payment"].lower().startswith(TOTALS):
        return None
    found = amount(given["amount"])
    if found is None:
        raise BadCell("there is no sum")
    refund = found < 0 or any(word in given["kind"].lower() for word in REFUNDS)
    return Entry(line, given["payment"], abs(found), _order(given["order"]), refund)


def _order(text: str) -> int | None:
    """Our order's number; an attempt's number may stand behind it (`123-2`)."""
    number = text.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004 - below 2**63


def _column(field: str, header: tuple[str, ...], own: Mapping[str, str]) -> str:
    if field in own:
        return own[field].strip().lower()
    return next((name for name in NAMES[field] if name in header), "")


def _header(path: Path) -> tuple[str, ...]:
    """The names in the first line, in small letters, by the delimiter that makes the most of them."""
    with path.open(encoding=detect(path), errors="replace") as file:
        line = file.readline(HEADER_LIMIT).rstrip("\r\n")
    delimiter = max(DELIMITERS, key=line.count)
    return tuple(cell.strip().strip('"').lower() for cell in line.split(delimiter))
