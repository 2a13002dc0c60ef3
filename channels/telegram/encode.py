"""What we send to Telegram. Pure: an `Outbound` becomes the fields of `sendMessage`.

https://core.telegram.org/bots/api#sendmessage. No `parse_mode` is sent: a text is a text, whatever signs are in it.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from core.domain.lengths import utf16_units
from core.domain.messages import Button, ButtonKind, Buttons, Outbound
from core.ports.channel import UnsupportedContent

TEXT_LIMIT: Final = 4096
"""Telegram says "characters" and counts lengths elsewhere in UTF-16 code units (https://core.telegram.org/api/entities);
a text that fits by these fits by every count."""
BUTTON_ROWS: Final = 12
BUTTONS_PER_ROW: Final = 8
"""Telegram's apps show at most eight in a row, and its server takes at most a hundred in all."""
LABEL_LIMIT: Final = 64
"""Telegram names no limit; a phone shows about so much of a label that has a row for itself."""
TOKEN_LIMIT: Final = 64
"""`callback_data` of https://core.telegram.org/bots/api#inlinekeyboardbutton, in bytes."""

Fields = dict[str, Any]


def encode(outbound: Outbound) -> Fields:
    """The fields of the call that hands the message over.

    Raises:
        UnsupportedContent: the message is beyond the channel's capabilities.
    """
    if outbound.image:
        raise UnsupportedContent("pictures are not sent")
    _check_buttons(outbound.buttons)
    keyboard, text = _keyboard(outbound), outbound.text
    if "keyboard" in keyboard and outbound.link:
        # A message has one keyboard, and the one that asks for the contact has no links.
        text = "\n\n".join(filter(None, (text, f"{outbound.link_label} {outbound.link}".strip())))
    if not text.strip():
        raise UnsupportedContent("the text is empty")
    if (size := utf16_units(text)) > TEXT_LIMIT:
        raise UnsupportedContent(f"the text has {size} UTF-16 units, {TEXT_LIMIT} are allowed")
    return {
        "chat_id": _chat(outbound.to.external_id),
        "text": text,
        "link_preview_options": {"is_disabled": True},
        "reply_markup": keyboard,
    }


def _chat(external_id: str) -> int:
    if not (external_id.isascii() and external_id.isdigit()):
        raise UnsupportedContent("the address is no private chat's number")
    return int(external_id)


def _check_buttons(buttons: Buttons) -> None:
    if len(buttons) > BUTTON_ROWS:
        raise UnsupportedContent(f"{len(buttons)} rows of buttons, {BUTTON_ROWS} are allowed")
    for row in buttons:
        if not 0 < len(row) <= BUTTONS_PER_ROW:
            raise UnsupportedContent(f"a row of {len(row)} buttons, 1 to {BUTTONS_PER_ROW} are allowed")
        for button in row:
            _check_label(button.label)
            if button.kind is ButtonKind.CHOICE and not 0 < len(button.token.encode()) <= TOKEN_LIMIT:
                raise UnsupportedContent(f"a button's token should have 1 to {TOKEN_LIMIT} bytes")


def _check_label(label: str) -> None:
    if not label.strip() or len(label) > LABEL_LIMIT:
        raise UnsupportedContent(f"a label of {len(label)} characters, 1 to {LABEL_LIMIT} are allowed")


def _keyboard(outbound: Outbound) -> Fields:
    """The one `reply_markup` of the message.

    - Choices and a link stand under the message, where they stay as long as it does.
    - Asking for the contact takes the keyboard below the field for typing; choices beside it come back as typed text.
    - A message without buttons takes that keyboard away, so that no stale button asks for a phone number. It does
      nothing where there is none, and we need not know.
    """
    if any(button.kind is ButtonKind.CONTACT for row in outbound.buttons for button in row):
        rows = [[_typed(button) for button in row] for row in outbound.buttons]
        return {"keyboard": rows, "resize_keyboard": True, "one_time_keyboard": True}
    rows = [[{"text": button.label, "callback_data": button.token} for button in row] for row in outbound.buttons]
    if outbound.link:
        label = outbound.link_label or urlsplit(outbound.link).hostname or outbound.link[:LABEL_LIMIT]
        _check_label(label)
        rows.append([{"text": label, "url": outbound.link}])
    return {"inline_keyboard": rows} if rows else {"remove_keyboard": True}


def _typed(button: Button) -> Fields:
    return {"text": button.label} | ({"request_contact": True} if button.kind is ButtonKind.CONTACT else {})
