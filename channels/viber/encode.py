"""What we send to Viber. Pure: an `Outbound` becomes the JSON of `send_message`, a `Greeting` the JSON of a welcome.

Messages: https://creators.viber.com/docs/bots-api/resources/messaging/send-message; keyboards:
https://creators.viber.com/docs/bots-api/resources/messaging/keyboards; limits: https://developers.viber.com/docs/faq/.
Only what every version of Viber understands is used, so no message names a `min_api_version`.
"""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from viberbot.api.messages.text_message import TextMessage

from core.domain.lengths import measure
from core.domain.messages import Button, ButtonKind, Buttons, Greeting, Outbound, TextUnit
from core.ports.channel import UnsupportedContent

TEXT_LIMIT: Final = 7000
"""Characters of a text message (https://www.infobip.com/docs/viber/bots/message-types); in UTF-16 never too few."""
TEXT_UNIT: Final = TextUnit.UTF16
JSON_LIMIT: Final = 30_000
"""Bytes of a request: "30 kB"."""
ROWS: Final = 12
"""Rows of a keyboard in portrait mode. One of them is kept for the link."""
BUTTON_ROWS: Final = ROWS - 1
COLUMNS: Final = 6
"""Columns of the grid that buttons are laid on; a row of buttons fills it, so that rows stay rows."""
LABEL_LIMIT: Final = 50
"""Viber allows 250 characters of HTML, and a character is at most five once escaped (`&amp;`)."""
LINK_LIMIT: Final = 2000
PREFIX: Final = "#ml:"
"""Stands before the token of a pressed button, which comes back as if it were typed."""
TOKEN: Final = re.compile(r"[A-Za-z0-9:._-]{1,64}", re.ASCII)


def encode(outbound: Outbound, sender_name: str) -> bytes:
    """The body of `send_message`.

    Raises:
        UnsupportedContent: the message is more than one text with a keyboard, or beyond Viber's limits.
    """
    if outbound.image:
        raise UnsupportedContent("Viber takes pictures by their address only")
    message = _message(outbound.text, outbound.buttons, sender_name, outbound.link, outbound.link_label)
    return _json({"receiver": outbound.to.external_id} | message)


def welcome(greeting: Greeting, sender_name: str) -> bytes:
    """The body that answers `conversation_started`: a message without a receiver.

    https://developers.viber.com/docs/api/rest-bot-api/#sending-a-welcome-message

    Raises:
        UnsupportedContent: as `encode`.
    """
    return _json(_message(greeting.text, greeting.buttons, sender_name))


def mark_of(link: str) -> str:
    """What goes with a link button as `tracking_data`.

    Viber reports the pressing of a link button as a message that consists of the address, and gives `tracking_data`
    back with every reply: together they tell a press from an address that a subscriber wrote.
    """
    return f"link:{sha256(link.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _message(text: str, buttons: Buttons, sender_name: str, link: str = "", link_label: str = "") -> dict[str, Any]:
    if not text.strip():
        raise UnsupportedContent("the text is empty")
    if (size := measure(text, TEXT_UNIT)) > TEXT_LIMIT:
        raise UnsupportedContent(f"the text has {size} characters, {TEXT_LIMIT} are allowed")
    keys = [*_keys(buttons), *([_link(link, link_label)] if link else [])]
    keyboard = {"Type": "keyboard", "DefaultHeight": False, "Buttons": keys} if keys else None
    message = TextMessage(text=text, keyboard=keyboard, tracking_data=mark_of(link) if link else None)
    return {"sender": {"name": sender_name}, **message.to_dict()}


def _keys(buttons: Buttons) -> Iterator[dict[str, Any]]:
    """The buttons one after another, as Viber wants them: a row ends where its six columns are full."""
    if len(buttons) > BUTTON_ROWS:
        raise UnsupportedContent(f"the keyboard has {len(buttons)} rows, {BUTTON_ROWS} are allowed")
    for row in buttons:
        if not 1 <= len(row) <= COLUMNS:
            raise UnsupportedContent(f"a row has {len(row)} buttons, 1 to {COLUMNS} are allowed")
        width, wider = divmod(COLUMNS, len(row))
        for place, button in enumerate(row):
            yield _choice(button, width + (place < wider))


def _choice(button: Button, columns: int) -> dict[str, Any]:
    if button.kind is not ButtonKind.CHOICE:
        raise UnsupportedContent("Viber does not say whose contact card is shared")
    if not TOKEN.fullmatch(button.token):
        raise UnsupportedContent("the button's token has other characters than letters, digits and :._-")
    return _button(button.label, columns, "reply", f"{PREFIX}{button.token}")


def _link(link: str, label: str) -> dict[str, Any]:
    if not re.fullmatch(r"https?://[!-~]+", link, re.ASCII) or len(link) > LINK_LIMIT:
        raise UnsupportedContent("the link is no address of HTTP in ASCII, or it is too long")
    return _button(label or (urlsplit(link).hostname or link)[:LABEL_LIMIT], COLUMNS, "open-url", link)


def _button(label: str, columns: int, action: str, body: str) -> dict[str, Any]:
    """One button. `Silent` keeps `body` out of the conversation where the subscriber's Viber can."""
    if not 1 <= len(label) <= LABEL_LIMIT:
        raise UnsupportedContent(f"a button's label has {len(label)} characters, 1 to {LABEL_LIMIT} are allowed")
    return {
        "Columns": columns,
        "Rows": 1,
        "ActionType": action,
        "ActionBody": body,
        "Text": escape(label, quote=False),
        "TextSize": "regular",
        "Silent": True,
    }


def _json(message: dict[str, Any]) -> bytes:
    """UTF-8 without JSON's escapes, which make six bytes of a Cyrillic letter's two: a long text would not fit."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(body) > JSON_LIMIT:
        raise UnsupportedContent(f"the message has {len(body)} bytes, {JSON_LIMIT} are allowed")
    return body
