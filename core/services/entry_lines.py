"""Lines that staff type or paste: account, meter, values, and perhaps that they are sure."""

import re
from datetime import date
from typing import Final

from core.services.entry import Entry, EntryRefused

SURE: Final = "!"
"""At the end of a line: the values were read out twice."""
NO_METER: Final = "-"
"""Stands where the meter would: the account has only one."""
MOST_DIGITS: Final = 12
_CELLS: Final = re.compile(r"[\t;]")


def read_line(text: str, token: str, on: date | None = None) -> Entry:
    """Read `ACCOUNT METER T1 [T2 [T3]] [!]`, with spaces, or as a spreadsheet copies it, with tabs or semicolons.

    In a spreadsheet's line a cell may be empty, as the meter's where the account has only one.

    Raises:
        EntryRefused: it is no such line.
    """
    line = text.strip("\r\n ")
    sure = line.rstrip("\t; ").endswith(SURE)
    if sure:
        line = line.rstrip("\t; ").removesuffix(SURE)
    parts = [part.strip() for part in _CELLS.split(line)] if _CELLS.search(line) else line.split()
    while parts and not parts[-1]:
        parts.pop()
    account, meter, *values = [*parts, "", ""] if len(parts) < 2 else parts  # noqa: PLR2004 - account and meter
    values = [value for value in values if value]
    if not account or not values or not all(map(_is_value, values)):
        raise EntryRefused("incomplete", f"write account, meter or {NO_METER}, and whole values")
    meter = "" if meter == NO_METER else meter
    return Entry(account=account, meter=meter, values=tuple(map(int, values)), token=token, sure=sure, on=on)


def _is_value(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
