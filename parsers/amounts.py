"""Sums of money as people type them."""

import re

from parsers.text import normalise

_SUM = re.compile(
    r"(?P<roubles>[0-9]{1,3}(?:[ \u00a0][0-9]{3})+|[0-9]{1,9})(?:[.,](?P<kopecks>[0-9]{1,2}))?"
    r"[ ]?(?:руб(?:лей|ля|ль)?|р|rub|rur|₽)?\.?",
    re.IGNORECASE,
)
_LONGEST = 30


def kopecks(text: str) -> int | None:
    """The sum of a text that is nothing but a sum, in kopecks; roubles may have spaces, a fraction, and their name.

    >>> kopecks("1 234,5 руб.")
    123450
    """
    found = _SUM.fullmatch(normalise(text).strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    roubles = re.sub(r"\D", "", found["roubles"])
    return int(roubles) * 100 + int((found["kopecks"] or "").ljust(2, "0") or 0)
