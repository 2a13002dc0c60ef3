"""What of a vendor's words staff may see: one short line without telephone numbers, texts or secrets."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

LIMIT = 200
_DIGITS = re.compile(r"(?<![x\d])\d[\d ()-]{3,}\d")
"""Five digits or more: a telephone number, an account, a meter. Vendors' codes are shorter, or hexadecimal (0x...)."""


def vendor_words(words: str | bytes, hide: Iterable[str] = ()) -> str:
    """The vendor's words on one line of at most `LIMIT` characters.

    Args:
        words: as they came; bytes are read as UTF-8.
        hide: what must not show although the vendor may have repeated it: the text sent, the number, the password.
    """
    line = words if isinstance(words, str) else words[: 4 * LIMIT].decode("utf-8", "replace")
    for secret in hide:
        for spelling in _spellings(secret):
            line = line.replace(spelling, "***")
    line = "".join(character if character.isprintable() else " " for character in line[: 4 * LIMIT])
    return " ".join(_DIGITS.sub("***", line).split())[:LIMIT]


def _spellings(secret: str) -> tuple[str, ...]:
    """How a vendor may write what we sent: as it was, as JSON does, as an address does."""
    return (secret, json.dumps(secret)[1:-1], quote(secret, errors="replace")) if secret else ()
