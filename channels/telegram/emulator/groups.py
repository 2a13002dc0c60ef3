"""The groups of the emulated Telegram: posts that can be changed, presses, a limit of calls, another number.

https://core.telegram.org/bots/api#editmessagetext, #responseparameters; the limit of 20 messages a minute for a group:
https://core.telegram.org/bots/faq.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from channels.telegram.emulator import updates
from channels.telegram.emulator.chats import Chats, SentMessage, markup_of, text_of
from channels.telegram.emulator.deliveries import Deliveries
from channels.telegram.emulator.faults import Refusal
from core.ports.clock import Clock

PER_MINUTE: Final = 20
MINUTE: Final = timedelta(minutes=1)
SUPER: Final = 1_000_000_000_000
Fields = Mapping[str, Any]


class Groups:
    """All groups. Their numbers are negative, as Telegram's are."""

    def __init__(self, chats: Chats, deliveries: Deliveries, clock: Clock, pressed: Callable[[], str]) -> None:
        self.present: set[int] = set()
        """Those that the bot is in."""
        self.moved: dict[int, int] = {}
        self._posts: defaultdict[int, dict[int, SentMessage]] = defaultdict(dict)
        self._calls: defaultdict[int, deque[datetime]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._chats, self._deliveries, self._clock, self._pressed = chats, deliveries, clock, pressed

    def posts(self, chat: int) -> list[SentMessage]:
        """What stands in a group now, as it was last changed, oldest first."""
        return list(self._posts[chat].values())

    def delete(self, chat: int, number: int) -> None:
        """Somebody deletes a post."""
        del self._posts[chat][number]

    def take(self, fields: Fields) -> SentMessage | None:
        """Keep a message of `sendMessage` to a group; None where it is for one person.

        Raises:
            Refusal: as Telegram refuses it.
        """
        if not str(fields.get("chat_id", "")).startswith("-"):
            return None
        chat, text, markup = self._group(fields), text_of(fields), markup_of(fields)
        self._count(chat)
        now = int(self._clock.now().timestamp())
        message = SentMessage(chat=chat, message_id=next(self._numbers), text=text, markup=markup, date=now)
        self._posts[chat][message.message_id] = message
        return message

    def edit(self, fields: Fields) -> SentMessage:
        """Change a post.

        Raises:
            Refusal: as Telegram refuses it.
        """
        chat, number = self._group(fields), int(fields.get("message_id") or 0)
        self._count(chat)
        old = self._posts[chat].get(number)
        if old is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        new = replace(old, text=text_of(fields), markup=markup_of(fields))
        if new == old:
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message",
            )
        self._posts[chat][number] = new
        return new

    def member(self, fields: Fields) -> Mapping[str, Any]:
        """Whether the bot is in a group (`getChatMember`)."""
        chat = int(fields["chat_id"])
        if chat in self.moved:
            self._group(fields)
        bot = {"user": updates.BOT}
        return bot | {"status": "member"} if chat in self.present else bot | {"status": "left"}

    # What people do.

    async def press(self, user: int, chat: int, label: str, number: int | None = None) -> str:
        """Press a button, of the newest post that has it if no number is given; gives the press's id.

        Raises:
            LookupError: no post shows it.
        """
        for message in reversed(self.posts(chat)):
            for button in (button for row in message.rows for button in row):
                if button["text"] == label and number in {None, message.message_id}:
                    return await self.press_token(user, message, button["callback_data"])
        raise LookupError(f"no post shows a button {label!r}")

    async def press_token(self, user: int, message: SentMessage, token: str) -> str:
        """Press what was under a post, though it may show it no more."""
        press_id = self._pressed()
        update = updates.press(user, press_id, token, message.as_telegram())
        await self._deliveries.deliver(message.chat, update)
        return press_id

    async def write(self, user: int, chat: int, text: str) -> int:
        """Write a message in a group."""
        update = updates.message(user, next(self._numbers), self._clock.now(), text=text)
        update["message"]["chat"] = updates.group(chat)
        return await self._deliveries.deliver(chat, update)

    async def upgrade(self, chat: int, *, told: bool = True) -> int:
        """Make a group a supergroup: it has another number, and what stood in it stays behind."""
        new = -SUPER + chat
        self.moved[chat] = new
        self.present.discard(chat)
        self.present.add(new)
        if told:
            update = updates.message(1, next(self._numbers), self._clock.now(), migrate_to_chat_id=new)
            update["message"]["chat"] = updates.group(chat)
            await self._deliveries.deliver(chat, update)
        return new

    def _group(self, fields: Fields) -> int:
        chat = int(fields["chat_id"])
        if chat in self.moved:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, words, migrate_to_chat_id=self.moved[chat])
        if chat not in self.present:
            raise Refusal(403, "Forbidden: bot is not a member of the group chat")
        return chat

    def _count(self, chat: int) -> None:
        calls, now = self._calls[chat], self._clock.now()
        while calls and now - calls[0] >= MINUTE:
            calls.popleft()
        if len(calls) >= PER_MINUTE:
            wait = int((MINUTE - (now - calls[0])).total_seconds()) + 1
            raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        calls.append(now)
