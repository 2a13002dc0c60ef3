"""What the readers of updates share: JSON and its values, whatever a stranger or a new version of VK puts there."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from channels.toolkit.signatures import as_bytes

Json = Mapping[str, Any]

EVENT_ID_LIMIT: Final = 200
WORD_LIMIT: Final = 100
CHATS_BEGIN: Final = 2_000_000_000
"""A `peer_id` from here on is a chat, below it a user; a community's is negative
(https://dev.vk.com/ru/method/messages.send)."""
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL takes no NUL in a text, and UTF-8 no lone surrogate; JSON escapes bring both."""


def as_json(content: bytes | str) -> object:
    """The value, or None where there is none to read."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def storable(text: str) -> str:
    """The text with U+FFFD for what no database takes."""
    return _UNSTORABLE.sub("\ufffd", text)


def word(value: object) -> str:
    """A short string for the history; empty for anything else."""
    return storable(value[:WORD_LIMIT]) if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """A whole number; None for anything else, and for `true`, which is an `int` in Python."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def user_id(value: object) -> int | None:
    """The number of a user; None for chats, communities and anything else."""
    number = whole(value)
    return number if number is not None and 0 < number < CHATS_BEGIN else None


def moment(value: object, default: datetime) -> datetime:
    """Seconds since 1970 as aware UTC; the default for anything else."""
    seconds = whole(value)
    if not seconds:
        return default
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return default


def event_id(update: Json) -> str:
    """VK's `event_id`. A hash of it where it is odd, and of the update where there is none: repeats are alike."""
    given = update.get("event_id")
    if isinstance(given, str) and given:
        if len(given) <= EVENT_ID_LIMIT and given.isascii() and given.isprintable():
            return given
        return _hashed(given)
    return _hashed(json.dumps({name: value for name, value in update.items() if name != "secret"}, sort_keys=True))


def _hashed(content: str) -> str:
    return f"#{sha256(as_bytes(content)).hexdigest()[:40]}"
