"""The chats of the emulated VK that the community is in: posts that can be changed, and presses of callback buttons.

https://dev.vk.com/ru/method/messages.edit, https://dev.vk.com/ru/method/messages.sendMessageEventAnswer
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from channels.vk.emulator.dialogues import REMEMBERED, ApiError, Dialogues, SentMessage, keyboard_of
from channels.vk.emulator.updates import event_key

SEND: Final = "messages.send"
SNACKBAR_LIMIT: Final = 90
Form = Mapping[str, str]
Tell = Callable[[str, Mapping[str, Any]], Awaitable[int]]


class Chats:
    """All chats; a person's own dialogue counts as one where `peer_ids` names it."""

    def __init__(self, dialogues: Dialogues, tell: Tell) -> None:
        self.present: set[int] = set()
        """Those that the community is in."""
        self.expired: set[int] = set()
        """Numbers of posts that are older than a day."""
        self.said: dict[str, str] = {}
        """What the snackbar said, by the press; empty where the app was only to stop waiting."""
        self._posts: defaultdict[int, dict[int, SentMessage]] = defaultdict(dict)
        self._numbers = itertools.count(1)
        self._open: set[str] = set()
        self._dialogues, self._tell = dialogues, tell
        self._methods: Mapping[str, Callable[[Form], object]] = {
            SEND: self._send,
            "messages.edit": self._edit,
            "messages.sendMessageEventAnswer": self._answer,
            "messages.getConversationsById": self._conversations,
        }

    def does(self, method: str, form: Form) -> bool:
        """Whether a call is about chats."""
        return method in self._methods and (method != SEND or "peer_ids" in form)

    def do(self, method: str, form: Form) -> object:
        """Do it.

        Raises:
            ApiError: VK does not.
        """
        return self._methods[method](form)

    def posts(self, chat: int) -> list[SentMessage]:
        """What stands in a chat now, as it was last changed, oldest first."""
        return list(self._posts[chat].values())

    def delete(self, chat: int, number: int) -> None:
        """Somebody deletes a post for all."""
        del self._posts[chat][number]

    # What people do.

    async def press(self, user: int, chat: int, label: str) -> str:
        """Press a button of the newest post that has it; gives the press's id.

        Raises:
            LookupError: no post shows it.
        """
        for message in reversed(self.posts(chat)):
            for action in (action for row in message.actions for action in row):
                if action["label"] == label:
                    return await self.press_payload(user, message, json.loads(action["payload"]))
        raise LookupError(f"no post shows a button {label!r}")

    async def press_payload(self, user: int, message: SentMessage, payload: Mapping[str, str]) -> str:
        """Press what was under a post, though it may show it no more."""
        press = event_key()
        self._open.add(press)
        number = message.id
        content = {"user_id": user, "peer_id": message.user, "event_id": press, "payload": payload}
        await self._tell("message_event", {**content, "conversation_message_id": number})
        return press

    async def write(self, user: int, chat: int, text: str) -> int:
        """Write in a chat, to the community."""
        number = next(self._numbers)
        fields = {"date": 1_795_000_000, "from_id": user, "peer_id": chat, "id": 0, "out": 0, "text": text}
        return await self._tell("message_new", {"message": {**fields, "conversation_message_id": number}})

    def _send(self, form: Form) -> object:
        peer, random_id = int(form["peer_ids"]), int(form["random_id"])
        if peer not in self.present and str(peer) not in self._dialogues.open:
            error = {"code": 917, "description": "You don't have access to this chat"}
            return [{"peer_id": peer, "message_id": 0, "conversation_message_id": 0, "error": error}]
        keyboard = keyboard_of(form["keyboard"]) if "keyboard" in form else None
        for known in self.posts(peer)[-REMEMBERED:]:
            if random_id and known.random_id == random_id:
                return [{"peer_id": peer, "message_id": 0, "conversation_message_id": known.id}]
        message = SentMessage(peer, form["message"], next(self._numbers), random_id, keyboard)
        self._posts[peer][message.id] = message
        return [{"peer_id": peer, "message_id": 0, "conversation_message_id": message.id}]

    def _edit(self, form: Form) -> object:
        peer, number = int(form["peer_id"]), int(form["conversation_message_id"])
        if number in self.expired:
            raise ApiError(909, "Can't edit this message, because it's too old")
        old = self._posts[peer].get(number)
        if old is None:
            raise ApiError(100, "One of the parameters specified was missing or invalid: message not found")
        keyboard = keyboard_of(form["keyboard"]) if "keyboard" in form else None
        self._posts[peer][number] = replace(old, text=form["message"], keyboard=keyboard)
        return 1

    def _answer(self, form: Form) -> object:
        press = form["event_id"]
        if press not in self._open:
            raise ApiError(100, "One of the parameters specified was missing or invalid: event_id is not valid")
        data = json.loads(form.get("event_data") or "{}")
        if len(data.get("text", "")) > SNACKBAR_LIMIT:
            raise ApiError(100, "One of the parameters specified was missing or invalid: text is too long")
        self._open.discard(press)
        self.said[press] = data.get("text", "")
        return 1

    def _conversations(self, form: Form) -> object:
        here = [{"peer": {"id": chat, "type": "chat"}} for chat in self.present if str(chat) == form.get("peer_ids")]
        return {"count": len(here), "items": here}
