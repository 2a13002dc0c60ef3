"""Reads what vendors send: JSON and its values, whatever a stranger or a vendor's new version puts there. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

WHOLE_LIMIT: Final = 1 << 63
"""What a database and every vendor's ids keep to."""
HASH_LENGTH: Final = 40
YEAR_10000: Final = 253_402_300_800
"""In seconds since 1970; `datetime` ends there."""


def as_json(content: bytes | str) -> object:
    """The value, or None where there is none to read: no JSON, no UTF-8, endless digits, endless nesting."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def inner(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within an object; an empty one where there is none."""
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def word(values: Mapping[str, Any], name: str) -> str:
    """A string within an object; an empty one where there is none."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """A whole number of at most 63 bits; None for anything else, and for `true`, which is an `int` in Python."""
    if isinstance(value, int) and not isinstance(value, bool) and -WHOLE_LIMIT < value < WHOLE_LIMIT:
        return value
    return None


def moment(value: object, default: datetime) -> datetime:
    """Whole seconds since 1970 as aware UTC; the default for anything else, for 0, and beyond the calendar."""
    seconds = whole(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < YEAR_10000 else default


def is_plain(text: str, limit: int) -> bool:
    """Tell whether it is 1 to `limit` characters of printable ASCII, as ids and tokens are."""
    return 0 < len(text) <= limit and text.isascii() and text.isprintable()


def hashed(content: bytes) -> str:
    """An id for what has none, or none that can be kept: the same for the same bytes, and nothing shows in it."""
    return f"#{sha256(content).hexdigest()[:HASH_LENGTH]}"
