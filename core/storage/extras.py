"""What a message in the outbox has beside its text, as JSON in one column: most have nothing, and cost nothing."""

import json
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.messages import Button, ButtonKind, Buttons

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Extra(NamedTuple):
    """The parts of an `Outbound` that few messages have."""

    buttons: Buttons = ()
    link: str = ""
    link_label: str = ""


NOTHING: Final = Extra()


def to_text(extra: Extra) -> str:
    """As the column keeps it; nothing is an empty text."""
    if extra.link or extra.link_label:
        return _encoded(extra)
    return _choices(extra.buttons) if extra.buttons else ""


@lru_cache(maxsize=4096)
def _choices(buttons: Buttons) -> str:
    """Remembered, because most messages have one of a few menus; a link is nobody else's."""
    return _encoded(Extra(buttons))


def _encoded(extra: Extra) -> str:
    return _encode({"buttons": extra.buttons, "link": extra.link, "link_label": extra.link_label})


def from_text(text: str) -> Extra:
    """What the column holds."""
    if not text:
        return NOTHING
    kept = json.loads(text)
    rows = tuple(tuple(Button(label, token, ButtonKind(kind)) for label, token, kind in row) for row in kept["buttons"])
    return Extra(rows, kept["link"], kept["link_label"])
