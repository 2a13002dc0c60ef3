"""What stands in each chat: the messages that the bot sent, their buttons, and the keyboard below."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from channels.telegram.emulator.faults import Refusal
from channels.telegram.emulator.updates import BOT, group, private
from channels.toolkit.emulation import Shown

TEXT_LIMIT: Final = 4096
DATA_LIMIT: Final = 64
BUTTONS_LIMIT: Final = 100
BLOCKED: Final = "Forbidden: bot was blocked by the user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message that Telegram took from us."""

    chat: int
    message_id: int
    text: str = field(repr=False)
    markup: Mapping[str, Any] = field(default_factory=dict, repr=False)
    date: int = 0

    @property
    def rows(self) -> Sequence[Sequence[Mapping[str, Any]]]:
        """The buttons, under the message or below the field for typing."""
        found: Sequence[Sequence[Mapping[str, Any]]] = (
            self.markup.get("inline_keyboard") or self.markup.get("keyboard") or ()
        )
        return found

    def as_telegram(self) -> dict[str, Any]:
        """The message as the Bot API shows it."""
        shown: dict[str, Any] = {
            "message_id": self.message_id,
            "from": BOT,
            "chat": private(self.chat) if self.chat > 0 else group(self.chat),
            "date": self.date,
            "text": self.text,
        }
        if "inline_keyboard" in self.markup:
            shown["reply_markup"] = {"inline_keyboard": self.markup["inline_keyboard"]}
        return shown


class Chats:
    """All chats of the bot. A chat exists from when its user first wrote."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.blocked: set[int] = set()
        self.sent: list[SentMessage] = []
        self._keyboards: dict[int, SentMessage] = {}
        self._numbers: defaultdict[int, int] = defaultdict(int)

    def number(self, chat: int) -> int:
        """The next message's number in this chat."""
        self._numbers[chat] += 1
        return self._numbers[chat]

    def take(self, fields: Mapping[str, Any], date: int) -> SentMessage:
        """Keep a message of `sendMessage`.

        Raises:
            Refusal: as Telegram refuses it.
        """
        chat, text, markup = self._chat(fields), text_of(fields), markup_of(fields)
        message = SentMessage(chat=chat, message_id=self.number(chat), text=text, markup=markup, date=date)
        self.sent.append(message)
        if "keyboard" in markup:
            self._keyboards[chat] = message
        elif markup.get("remove_keyboard"):
            self._keyboards.pop(chat, None)
        return message

    def shown(self, chat: int) -> list[Shown]:
        """What the chat shows of ours, oldest first."""
        return [_shown(message) for message in self.sent if message.chat == chat]

    def keyboard(self, chat: int) -> Shown | None:
        """The message whose keyboard is below the field for typing."""
        message = self._keyboards.get(chat)
        return _shown(message) if message is not None else None

    def button(self, chat: int, label: str, under: int | None = None) -> tuple[SentMessage, Mapping[str, Any]]:
        """The newest button with this label that can be pressed, and its message.

        Args:
            chat: whose.
            label: the button's.
            under: only the buttons of the message with this place in `shown`.

        Raises:
            LookupError: there is none.
        """
        keyboard = self._keyboards.get(chat)
        messages = [message for message in self.sent if message.chat == chat]
        for message in reversed(messages if under is None else messages[under : under + 1]):
            if "keyboard" in message.markup and message is not keyboard:
                continue
            for button in (button for row in message.rows for button in row):
                if button["text"] == label:
                    return message, button
        raise LookupError(f"no message shows a button {label!r}")

    def used(self, message: SentMessage) -> None:
        """Hide the keyboard after a press where it was meant for one."""
        if message.markup.get("one_time_keyboard"):
            self._keyboards.pop(message.chat, None)

    def _chat(self, fields: Mapping[str, Any]) -> int:
        named = str(fields.get("chat_id", ""))
        if not named:
            raise Refusal(400, "Bad Request: chat_id is empty")
        if not named.isdigit() or int(named) not in self.known:
            raise Refusal(400, "Bad Request: chat not found")
        if int(named) in self.blocked:
            raise Refusal(403, BLOCKED)
        return int(named)


def text_of(fields: Mapping[str, Any]) -> str:
    """What a message says, if Telegram takes it."""
    text = str(fields.get("text", "")).strip()
    if not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
        raise Refusal(400, "Bad Request: message is too long")
    if fields.get("parse_mode"):
        raise Refusal(400, "Bad Request: can't parse entities")  # we send none, so nothing is emulated
    return text


def markup_of(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """`reply_markup`: https://core.telegram.org/bots/api#inlinekeyboardbutton and its neighbours."""
    given = fields.get("reply_markup") or {}
    try:
        markup = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        markup = None
    if not isinstance(markup, dict):
        raise Refusal(400, "Bad Request: can't parse reply keyboard markup JSON object")
    buttons = [button for row in markup.get("inline_keyboard", ()) for button in row]
    if len(buttons) > BUTTONS_LIMIT:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in buttons:
        _check(button)
    for button in (button for row in markup.get("keyboard", ()) for button in row):
        if not button.get("text"):
            raise Refusal(400, "Bad Request: keyboard button text must be non-empty")
    return markup


def _check(button: Mapping[str, Any]) -> None:
    if not button.get("text"):
        raise Refusal(400, "Bad Request: inline keyboard button text must be non-empty")
    if ("callback_data" in button) == ("url" in button):
        raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if not 0 < len(button.get("callback_data", "x").encode()) <= DATA_LIMIT:
        raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if urlsplit(button.get("url", "tg://")).scheme not in {"http", "https", "tg"}:
        raise Refusal(400, "Bad Request: BUTTON_URL_INVALID")


def _shown(message: SentMessage) -> Shown:
    links = [button for row in message.rows for button in row if "url" in button]
    contacts = [button["text"] for row in message.rows for button in row if button.get("request_contact")]
    rows = [tuple(button["text"] for button in row if "url" not in button) for row in message.rows]
    return Shown(
        text=message.text,
        rows=tuple(filter(None, rows)),
        link=links[0]["url"] if links else "",
        link_label=links[0]["text"] if links else "",
        inline="inline_keyboard" in message.markup,
        contact=contacts[0] if contacts else "",
    )
