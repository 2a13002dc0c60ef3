"""Knows the code of a bill from any other text: scanner apps hand it over as text. What is in it is not read here."""

import re

from parsers.message import BillCode

MAX_LENGTH = 4096
"""More than any two-dimensional code holds."""
_BILL = re.compile(r"(?<![^\s\ufeff])(ST0001[0-9])[^0-9A-Za-z=][^=]{0,40}=", re.IGNORECASE)
"""ГОСТ Р 56042-2014: format, version, encoding, a separator, and a key: a meter may be called ST00012 too."""


def read(text: str) -> BillCode | None:
    """The bill's code in a text, perhaps with words before it; None where there is none."""
    # Nearly no message has the sign, and to look for it costs nothing.
    found = _BILL.search(text) if "=" in text and len(text) <= MAX_LENGTH else None
    return BillCode(found[1], text[found.start() :]) if found else None
