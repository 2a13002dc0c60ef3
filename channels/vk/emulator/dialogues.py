"""What the emulated VK asks of a message before it takes it, and the dialogues that it keeps.

Limits: https://dev.vk.com/ru/api/bots/development/keyboard and the errors of https://dev.vk.com/ru/method/messages.send.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from channels.toolkit.emulation import Shown
from core.domain.lengths import utf16_units

TEXT_LIMIT: Final = 4096
LABEL_LIMIT: Final = 40
PAYLOAD_LIMIT: Final = 255
ROW_LIMIT: Final = 5
SIZES: Final = {False: (10, 40), True: (6, 10)}
"""Rows, and buttons in all, of a keyboard under the input field and of one that is inline."""
COLOURS: Final = {"primary", "secondary", "negative", "positive"}
COLOURED: Final = {"text", "callback"}
REMEMBERED: Final = 100
"""In so many last messages of a dialogue VK looks for a known `random_id`."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_INT32: Final = range(-(2**31), 2**31)


class ApiError(Exception):
    """VK's refusal, by its number and in its words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of ours that VK took."""

    user: int
    text: str = field(repr=False)
    id: int
    random_id: int
    keyboard: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def actions(self) -> list[list[Mapping[str, Any]]]:
        """What its buttons do, in rows."""
        rows = self.keyboard["buttons"] if self.keyboard else []
        return [[button["action"] for button in row] for row in rows]

    @property
    def shown(self) -> Shown:
        """As the subscriber's app shows it; a link's button is told apart from the others."""
        links = [action for row in self.actions for action in row if action["type"] == "open_link"]
        labels = (tuple(one["label"] for one in row if one["type"] != "open_link") for row in self.actions)
        link = links[0] if links else {"link": "", "label": ""}
        return Shown(self.text, tuple(filter(None, labels)), link["link"], link["label"])


class Dialogues:
    """Who may be written to, and what was."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        """The users who wrote first or allowed messages, and did not forbid them since."""
        self.sent: list[SentMessage] = []
        self._by_user: dict[int, list[SentMessage]] = defaultdict(list)

    def take(self, form: Mapping[str, str]) -> tuple[SentMessage, bool]:
        """Take what messages.send got; the message, and whether it is a new one.

        Raises:
            ApiError: VK does not take it.
        """
        user, random_id = _integer(form, "peer_id"), _integer(form, "random_id")
        if random_id not in _INT32:
            raise ApiError(100, "One of the parameters specified was missing or invalid: random_id should be int32")
        text = form.get("message", "")
        if not text.strip():
            raise ApiError(100, "One of the parameters specified was missing or invalid: message is empty")
        if utf16_units(text) > TEXT_LIMIT:
            raise ApiError(914, "Message is too long")
        if str(user) not in self.open:
            raise ApiError(901, "Can't send messages for users without permission")
        keyboard = keyboard_of(form["keyboard"]) if "keyboard" in form else None
        for known in self._by_user[user][-REMEMBERED:]:
            if random_id and known.random_id == random_id:
                return known, False
        message = SentMessage(user, text, len(self.sent) + 1, random_id, keyboard)
        self._by_user[user].append(message)
        self.sent.append(message)
        return message, True

    def with_user(self, user: str) -> list[SentMessage]:
        """Our messages to a user, oldest first."""
        return self._by_user.get(int(user), [])

    def keyboard(self, user: str) -> SentMessage | None:
        """The newest message that has a keyboard: messages without one leave it in place."""
        return next((message for message in reversed(self.with_user(user)) if message.keyboard is not None), None)

    def button(self, user: str, label: str) -> Mapping[str, Any]:
        """The action of a button of the keyboard that the user sees: that of the newest message which has one.

        Raises:
            LookupError: he sees no such button.
        """
        shown = self.keyboard(user)
        for row in shown.actions if shown else []:
            for action in row:
                if action["label"] == label:
                    return action
        raise LookupError(f"no button {label!r} is shown")


def _integer(form: Mapping[str, str], name: str) -> int:
    value = form.get(name, "")
    if not _NUMBER.fullmatch(value):
        raise ApiError(100, f"One of the parameters specified was missing or invalid: {name} should be integer")
    return int(value)


def keyboard_of(content: str) -> Mapping[str, Any]:
    """The keyboard.

    Raises:
        ApiError: 911, as for any mistake in it.
    """
    try:
        keyboard = json.loads(content)
        _check_keyboard(keyboard)
    except (ValueError, LookupError, TypeError, AttributeError) as mistake:
        raise ApiError(911, f"Keyboard format is invalid: {mistake}") from None
    return dict(keyboard)


def _check_keyboard(keyboard: Mapping[str, Any]) -> None:
    rows, is_inline = keyboard["buttons"], keyboard.get("inline", False)
    most_rows, most_buttons = SIZES[is_inline]
    if len(rows) > most_rows or sum(map(len, rows)) > most_buttons:
        raise ValueError("too many buttons")
    if any(not 0 < len(row) <= ROW_LIMIT for row in rows):
        raise ValueError("an empty or too long row")
    if is_inline and keyboard.get("one_time"):
        raise ValueError("one_time with inline")
    for row in rows:
        for button in row:
            _check_button(button)


def _check_button(button: Mapping[str, Any]) -> None:
    action, colour = button["action"], button.get("color")
    if action["type"] not in {"text", "open_link", "callback"}:
        raise ValueError("type")
    if colour is not None and (colour not in COLOURS or action["type"] not in COLOURED):
        raise ValueError("color")
    if not 0 < len(action["label"]) <= LABEL_LIMIT:
        raise ValueError("label")
    payload = action.get("payload")
    if payload is not None and (len(payload) > PAYLOAD_LIMIT or not isinstance(json.loads(payload), dict)):
        raise ValueError("payload")
    if action["type"] == "open_link" and not action["link"].startswith(("https://", "http://")):
        raise ValueError("link")
