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
    if extra == NOTHING:
        return ""
    return _encode({"buttons": _rows(extra.buttons), "link": extra.link, "link_label": extra.link_label})


@lru_cache(maxsize=4096)
def _rows(buttons: Buttons) -> list[list[list[str]]]:
    """Remembered, because most messages have one of a few menus."""
    return [[[button.label, button.token, button.kind.value] for button in row] for row in buttons]


def from_text(text: str) -> Extra:
    """What the column holds."""
    if not text:
        return NOTHING
    kept = json.loads(text)
    rows = tuple(tuple(Button(label, token, ButtonKind(kind)) for label, token, kind in row) for row in kept["buttons"])
    return Extra(rows, kept["link"], kept["link_label"])
