"""What the readers of updates share: JSON and its values, whatever a stranger or a new version of VK puts there."""

import json
from collections.abc import Mapping
from typing import Any, Final

from channels.toolkit.characters import short
from channels.toolkit.reading import hashed, is_plain, whole
from channels.toolkit.signatures import as_bytes

Json = Mapping[str, Any]

EVENT_ID_LIMIT: Final = 180
"""The database keeps 200 characters; a picture's number and what comes of the picture are put around it."""
CHATS_BEGIN: Final = 2_000_000_000
"""A `peer_id` from here on is a chat, below it a user; a community's is negative
(https://dev.vk.com/ru/method/messages.send)."""


def word(value: object) -> str:
    """A short string for the history; empty for anything else."""
    return short(value) if isinstance(value, str) else ""


def user_id(value: object) -> int | None:
    """The number of a user; None for chats, communities and anything else."""
    number = whole(value)
    return number if number is not None and 0 < number < CHATS_BEGIN else None


def event_id(update: Json) -> str:
    """VK's `event_id`. A hash of it where it is odd, and of the update where there is none: repeats are alike."""
    given = update.get("event_id")
    if isinstance(given, str) and given:
        return given if is_plain(given, EVENT_ID_LIMIT) else hashed(as_bytes(given))
    content = {name: value for name, value in update.items() if name != "secret"}
    return hashed(json.dumps(content, sort_keys=True).encode())
