"""Which characters of a subscriber's text may be kept: every database and every encoding must take them."""

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL takes no NUL in a text, and UTF-8 no lone surrogate; both come from JSON escapes and broken UCS-2."""
SHORT: Final = 100


def storable(text: str) -> str:
    """The text with U+FFFD for what no database takes."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def short(text: str) -> str:
    """The beginning of a value for an event's `raw`: storable and not long."""
    return storable(text[:SHORT])
