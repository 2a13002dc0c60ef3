"""What Viber refuses before it takes a message, with its statuses, and what a subscriber's Viber shows of it. Pure.

https://creators.viber.com/docs/bots-api/resources/messaging/send-message and .../keyboards; the words for a faulty
keyboard follow what users quote in https://github.com/Bogdaan/viber-bot-php/issues/60.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from types import MappingProxyType
from typing import Any, Final

from channels.toolkit.emulation import Shown
from core.domain.lengths import measure
from core.domain.messages import TextUnit

TYPES: Final = frozenset(
    {"text", "picture", "video", "file", "contact", "location", "url", "sticker", "rich_media", "keyboard"}
)
JSON_LIMIT: Final = 30_000
TEXT_LIMIT: Final = 7000
SENDER_LIMIT: Final = 28
TRACKING_LIMIT: Final = 4000
LABEL_LIMIT: Final = 250
ROWS: Final = 12
COLUMNS: Final = 6
ACTION_LEVELS: Final[Mapping[str, int]] = MappingProxyType(
    {"reply": 1, "open-url": 1, "none": 1, "location-picker": 3, "share-phone": 3}
)
KEYBOARD_LEVELS: Final[Mapping[str, int]] = MappingProxyType(
    {"Type": 1, "Buttons": 1, "BgColor": 1, "DefaultHeight": 1, "CustomDefaultHeight": 3, "InputFieldState": 4}
)
"""The `min_api_version` from which each is understood."""
_TAG: Final = re.compile(r"</?(?:b|i|u|s|br|font)\b[^<>]*>")

Refusal = tuple[int, str]
"""`status` and `status_message`."""


def refusal(body: object) -> Refusal | None:
    """Why a message without its receiver is not taken; None when it is."""
    return next(_faults(body), None) if isinstance(body, dict) else (3, "badData")


def _faults(body: Mapping[str, Any]) -> Iterator[Refusal]:
    sender, text = body.get("sender"), body.get("text")
    name = sender.get("name") if isinstance(sender, dict) else None
    if not name or not isinstance(name, str):
        yield 4, "missing parameter sender.name"
    elif len(name) > SENDER_LIMIT:
        yield 3, f"sender.name is longer than {SENDER_LIMIT}"
    if body.get("type") not in TYPES:
        yield 3, "type is not valid"
    if len(str(body.get("tracking_data", ""))) > TRACKING_LIMIT:
        yield 3, f"tracking_data is longer than {TRACKING_LIMIT}"
    if body.get("type") == "text" and not (isinstance(text, str) and text):
        yield 4, "missing parameter text"
    if isinstance(text, str) and measure(text, TextUnit.UTF16) > TEXT_LIMIT:
        yield 3, f"text is longer than {TEXT_LIMIT}"
    if "keyboard" in body:
        for fault in _keyboard_faults(body["keyboard"], body.get("min_api_version", 1)):
            yield 3, f"keyboard is not valid. [{fault}]"


def _keyboard_faults(keyboard: Mapping[str, Any], level: int) -> Iterator[str]:
    for name in keyboard:
        if KEYBOARD_LEVELS.get(name, level + 1) > level:
            yield f'object instance has properties which are not allowed by the schema: ["{name}"]'
    buttons = keyboard.get("Buttons")
    if not isinstance(buttons, list) or not buttons:
        yield 'object has missing required properties (["Buttons"])'
        return
    for button in buttons:
        yield from _button_faults(button, level)
    if len(layout(buttons)) > ROWS:
        yield f"more than {ROWS} rows"


def _button_faults(button: Mapping[str, Any], level: int) -> Iterator[str]:
    action = button.get("ActionType", "reply")
    if ACTION_LEVELS.get(action, level + 1) > level:
        yield f'instance value ("{action}") not found in enum'
    if not isinstance(button.get("ActionBody"), str) or not button["ActionBody"]:
        yield 'object has missing required properties (["ActionBody"])'
    if action == "open-url" and not re.match("https?://", str(button.get("ActionBody"))):
        yield "ActionBody is not a valid URL"
    if not isinstance(button.get("Text"), str) or len(button["Text"]) > LABEL_LIMIT:
        yield f"Text is missing or longer than {LABEL_LIMIT}"
    if button.get("Columns", COLUMNS) not in range(1, COLUMNS + 1) or button.get("Rows", 1) not in {1, 2}:
        yield "Columns or Rows are out of range"


def layout(buttons: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The rows: as many buttons as fit into six columns, in their order."""
    rows: list[list[Mapping[str, Any]]] = []
    room = 0
    for button in buttons:
        width = button.get("Columns", COLUMNS)
        if width > room:
            rows.append([])
            room = COLUMNS
        rows[-1].append(button)
        room -= width
    return rows


def label(button: Mapping[str, Any]) -> str:
    """A button's text as it is shown: HTML without its tags."""
    return unescape(_TAG.sub("", button["Text"]))


def keys(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The buttons of a message."""
    return list(body.get("keyboard", {}).get("Buttons", []))


def shown(body: Mapping[str, Any], *, is_last: bool) -> Shown:
    """A message on the subscriber's screen. Only the last one has its keyboard: it replaces the one before."""
    buttons = keys(body) if is_last else []
    links = [button for button in buttons if button.get("ActionType") == "open-url"]
    rows = [tuple(label(button) for button in row if button not in links) for row in layout(buttons)]
    return Shown(
        text=body.get("text", ""),
        rows=tuple(filter(None, rows)),
        link=links[0]["ActionBody"] if links else "",
        link_label=label(links[0]) if links else "",
    )
