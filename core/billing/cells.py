"""Reads single cells of billing's files: text to value, or `BadCell` with a reason that a person can act on."""

import re
from collections.abc import Callable
from datetime import date
from typing import Final, Generic, TypeVar

from core.billing.problems import BadCell, quoted
from core.domain.phones import normalise

T = TypeVar("T")

MEMO: Final = 4096
"""Different texts remembered in a column; keeps memory flat however many there are."""
NUMBER_LENGTH: Final = 30
KOPECKS_LIMIT: Final = 10**13
"""A hundred thousand million roubles: more is a number from another column."""

_MARKS: Final = frozenset(".,")
_SHORT: Final = 14
"""Digits that cannot exceed `KOPECKS_LIMIT`."""
_AMOUNT: Final = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]{1,2})0*)?")
_WHOLE: Final = re.compile(r"([0-9]+)(?:[.,]0*)?")
_REGISTER: Final = re.compile(r"([0-9]+)(?:[.,][0-9]*)?")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]0?0:00(?::00(?:\.0+)?)?)?")
_RUSSIAN: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: 0?0:00(?::00)?)?")
_NUMBER: Final = re.compile(r"[\w./№-](?:[\w./№ -]{0,28}[\w./№-])?")
_EXPONENT: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eEеЕ]\+?[0-9]+")
_FRACTION: Final = re.compile(r"[0-9]+[.,]0+")
_SPACES: Final = str.maketrans("", "", " \xa0\u202f")
_EXCEL: Final = "is a number as Excel shortens it; format the column as text and export the file again"
_YES: Final = frozenset({"1", "да", "true"})
_NO: Final = frozenset({"", "0", "нет", "false"})


_PHONE_MARKS: Final = str.maketrans("", "", " ()-\xa0\t")


class Memo(dict[str, T], Generic[T]):
    """Parses each different text of a column once. Mistakes are not kept."""

    def __init__(self, parse: Callable[[str], T]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> T:
        """Parse a text that comes up for the first time."""
        value = self._parse(text)
        if len(self) < MEMO:
            self[text] = value
        return value


def amount(text: str) -> int | None:
    """Roubles with a comma or a point to whole kopecks; empty is unknown."""
    if text[-3:-2] in _MARKS and (digits := text[:-3] + text[-2:]).isdecimal() and len(digits) < _SHORT:
        return int(digits)
    found = _AMOUNT.fullmatch(text) or _AMOUNT.fullmatch(text.translate(_SPACES).strip())
    if found is None:
        if not text.strip():
            return None
        refuse_exponent(text.strip())
        raise BadCell(f"{quoted(text)} is not an amount in roubles such as -1234,56")
    sign, roubles, kopecks = found.groups()
    value = int(roubles) * 100 + int((kopecks or "0").ljust(2, "0")) if len(roubles) < NUMBER_LENGTH else KOPECKS_LIMIT
    if value >= KOPECKS_LIMIT:
        raise BadCell(f"{quoted(text)} is too large for an amount")
    return -value if sign == "-" else value


def whole(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers within bounds."""

    def parse(text: str) -> int:
        found = _WHOLE.fullmatch(text.strip())
        if found is None or not low <= _int(found[1]) <= high:
            raise BadCell(f"{quoted(text)} should be a whole number from {low} to {high}")
        return int(found[1])

    return parse


_RESIDENTS: Final = whole(0, 999)


def residents(text: str) -> int | None:
    """How many are registered in a dwelling; neither empty nor 0 says how many live there."""
    return _RESIDENTS(text) or None if text.strip() else None


def phone(text: str) -> str | None:
    """A telephone number in E.164; None for what is none."""
    if not text or text[1:].isdecimal():
        return normalise(text) if text else None
    return normalise(text.translate(_PHONE_MARKS)) or normalise(text)


def register(text: str) -> int | None:
    """What a register shows, fractions cut off as subscribers are told to; empty is none."""
    if text.isdecimal() and len(text) < NUMBER_LENGTH:
        return int(text)
    found = _REGISTER.fullmatch(text.translate(_SPACES).strip())
    if found is None and not text.strip():
        return None
    if found is None or len(found[1]) >= NUMBER_LENGTH:
        refuse_exponent(text.strip())
        raise BadCell(f"{quoted(text)} is not what a meter shows")
    return int(found[1])


def day(earliest: date, latest: date, *, optional: bool = False) -> Callable[[str], date | None]:
    """A parser of dates, `2026-11-22` or `22.11.2026`, that are plausible."""

    def parse(text: str) -> date | None:
        text = text.strip()
        if not text and optional:
            return None
        value = _date(text)
        if value is None:
            raise BadCell(f"{quoted(text)} is not a date such as 2026-11-22 or 22.11.2026" if text else "is empty")
        if not earliest <= value <= latest:
            raise BadCell(f"{quoted(text)} is not between {earliest} and {latest}")
        return value

    return parse


def flag(text: str) -> bool:
    """1, да, true or 0, нет, false, nothing."""
    word = text.strip().lower()
    if word not in _YES and word not in _NO:
        raise BadCell(f"{quoted(text)} should be 1 or 0, да or нет, true or false")
    return word in _YES


def number(text: str) -> str:
    """An account's or a meter's number: text, whose leading zeros matter."""
    if text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH:
        return text
    text = text.strip().removeprefix("'")
    if not text:
        raise BadCell("is empty")
    refuse_exponent(text)
    if _FRACTION.fullmatch(text):
        raise BadCell(f"{quoted(text)} has a fraction: it was a number on its way; export it as text")
    if not _NUMBER.fullmatch(text):
        raise BadCell(f"{quoted(text)} is not a number of at most {NUMBER_LENGTH} letters and digits")
    return text


def optional_number(text: str) -> str:
    """The same, or empty."""
    return number(text) if text and not text.isspace() else ""


def line_of_text(text: str) -> str:
    """Free text as one printable line."""
    text = text.strip()
    if text.isprintable():
        if "\ufffd" in text:
            raise BadCell("holds a byte that its encoding does not know")
        return text
    text = " ".join(text.split())
    if not text.isprintable():
        raise BadCell(f"{quoted(text)} holds control characters")
    return text


def short_text(text: str) -> str:
    """Free text of at most forty characters."""
    text = line_of_text(text)
    if len(text) > 40:  # noqa: PLR2004 - the width of the column in the database
        raise BadCell(f"{quoted(text)} is longer than 40 characters")
    return text


def refuse_exponent(text: str) -> None:
    """Excel's `1,23457E+11` has lost its digits for good."""
    if _EXPONENT.fullmatch(text):
        raise BadCell(f"{quoted(text)} {_EXCEL}")


def _int(digits: str) -> int:
    return int(digits) if len(digits) < NUMBER_LENGTH else -1


def _date(text: str) -> date | None:
    if found := _ISO.fullmatch(text):
        year, month, day_of_month = found.groups()
    elif found := _RUSSIAN.fullmatch(text):
        day_of_month, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        return None
