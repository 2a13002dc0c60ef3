"""The staff's group in VK: a chat that the community is in; what is heard of it, and posts with callback buttons.

https://dev.vk.com/ru/api/bots/development/keyboard, https://dev.vk.com/ru/method/messages.edit,
https://dev.vk.com/ru/method/messages.sendMessageEventAnswer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from channels.toolkit.reading import moment, whole
from channels.vk import failures
from channels.vk.decode import Decoder, Heard, Json
from channels.vk.decode.fields import CHATS_BEGIN, event_id, user_id
from channels.vk.decode.messages import token_of
from channels.vk.encode import random_id
from channels.vk.settings import Settings
from core.domain.messages import Address
from core.domain.posts import Look, Post, PostButton, StaffLinked, StaffPressed
from core.ports.channel import ContentRejected, OutcomeUnknown, RecipientUnavailable, SendFailure

if TYPE_CHECKING:
    from channels.vk.api import Api

PER_MINUTE: Final = 40
"""VK names no limit for one chat, but its flood control (error 9) minds many alike; people read no faster anyway."""
ANSWER_LIMIT: Final = 90
"""Characters of a snackbar."""
LABEL_LIMIT: Final = 40
COLOURS: Final = {Look.PLAIN: "secondary", Look.GOOD: "positive", Look.BAD: "negative"}
GONE: Final = frozenset({"100", "104", "909", "920"})
"""Errors of messages.edit: there is no such message, or it is older than a day."""
_CODE: Final = re.compile(r"(?:^|.*[\s\]])/link\s+([A-Za-z0-9 -]{6,30})\s*", re.DOTALL)
"""In a chat the community hears what begins with its name, `[club1|@name] /link ...`."""


class GroupDecoder(Decoder):
    """Reads the updates of the staff's chat beside those of subscribers. Without a chat, all as before."""

    def __init__(self, channel: str, settings: Settings) -> None:
        super().__init__(channel, settings)
        self._name, self._community = channel, settings.group_id
        self.groups: set[int] = set()

    def heard(self, update: Json, received_at: datetime) -> Heard:
        """The events of an update that did come from VK."""
        content = update.get("object")
        if self.groups and isinstance(content, dict) and update.get("group_id") == self._community:
            match update.get("type"):
                case "message_event":
                    found = self._press(update, content, received_at)
                case "message_new":
                    found = self._code(update, content, received_at)
                case _:
                    found = None
            if found is not None:
                return found
        return super().heard(update, received_at)

    def _press(self, update: Json, content: Json, received_at: datetime) -> Heard | None:
        peer = whole(content.get("peer_id"))
        if peer is None or peer not in self.groups:
            return None
        user, press, token = user_id(content.get("user_id")), content.get("event_id"), token_of(content.get("payload"))
        number = whole(content.get("conversation_message_id"))
        if user is None or number is None or not isinstance(press, str) or token is None:
            return Heard(problem="not heard: a press of unknown shape in the staff's chat")
        common = self._of(update, user, received_at, peer)
        return Heard((StaffPressed(**common, press_id=press, post=str(number), token=token),))

    def _code(self, update: Json, content: Json, received_at: datetime) -> Heard | None:
        nested = content.get("message")
        message: Mapping[str, Any] = nested if isinstance(nested, dict) else content
        user, peer, text = user_id(message.get("from_id")), whole(message.get("peer_id")), message.get("text")
        if user is None or peer is None or not isinstance(text, str) or (peer not in self.groups and peer != user):
            return None
        code = _CODE.fullmatch(text)
        if code is None:
            return None
        at = moment(message.get("date"), received_at)
        return Heard((StaffLinked(**self._of(update, user, at, peer), code=code[1]),))

    def _of(self, update: Json, user: int, at: datetime, peer: int) -> dict[str, Any]:
        address = Address(self._name, str(user))
        return {"event_id": event_id(update), "address": address, "sent_at": at, "chat": str(peer)}


class GroupPosts:
    """The part of the channel that posts to the chat: `core.ports.posts.Posts`."""

    _api: "Api"
    _decoder: GroupDecoder
    posts_per_minute = PER_MINUTE
    posts_once = True
    """`random_id`: VK drops a message whose number it has seen among the last of the chat."""

    def attend(self, chat: str) -> None:
        """Hear this chat from now on."""
        self._decoder.groups.add(int(chat))

    async def post(self, chat: str, post: Post, key: int) -> str:
        """Post to a chat. `peer_ids`, because only then VK tells the number by which a post is changed."""
        form = {"peer_ids": chat, "message": post.text, "random_id": str(random_id(str(key))), **_keyboard(post)}
        answer = await self._api.call("messages.send", {**form, "dont_parse_links": "1"})
        sent = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}
        error = sent.get("error")
        if isinstance(error, dict):
            raise failures.failure({"error_code": error.get("code"), "error_msg": error.get("description")}, (chat,))
        number = whole(sent.get("conversation_message_id"))
        if number is None:
            raise OutcomeUnknown("VK's answer does not name the message")
        return str(number)

    async def edit(self, chat: str, number: str, post: Post) -> bool:
        """Change a post."""
        form = {"peer_id": chat, "conversation_message_id": number, "message": post.text, "dont_parse_links": "1"}
        try:
            await self._api.call("messages.edit", form | _keyboard(post))
        except ContentRejected as refused:
            if refused.code in GONE:
                return False
            raise
        return True

    async def answer(self, press: StaffPressed, text: str, *, alert: bool) -> None:  # noqa: ARG002 - VK has one kind
        """Tell the person who pressed; without a text, end his app's waiting."""
        form = {"event_id": press.press_id, "user_id": press.address.external_id, "peer_id": press.chat}
        if text:
            form["event_data"] = json.dumps(
                {"type": "show_snackbar", "text": _short(text, ANSWER_LIMIT)}, ensure_ascii=False
            )
        await self._api.call("messages.sendMessageEventAnswer", form)

    async def probe_group(self, chat: str) -> Sequence[str]:
        """Whether the community is in the chat."""
        if int(chat) <= CHATS_BEGIN:
            return [f"{chat} is no chat of VK: set chat in [staff_chat] to a number above {CHATS_BEGIN}"]
        try:
            found = await self._api.call("messages.getConversationsById", {"peer_ids": chat})
        except RecipientUnavailable:
            found = {}
        except SendFailure as failure:
            return [f"{failure.detail.replace(': ', ', ')}: see token in [channels.vk], and try again"]
        if not isinstance(found, dict) or not found.get("items"):
            return ["the community is not in the staff's chat: invite it there, and see chat in [staff_chat]"]
        return []


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _keyboard(post: Post) -> dict[str, str]:
    """An inline keyboard; none at all where there are no buttons, for VK refuses an empty one in a new message."""
    if not post.rows:
        return {}
    rows = [[_button(button) for button in row] for row in post.rows]
    return {"keyboard": json.dumps({"inline": True, "buttons": rows}, ensure_ascii=False)}


def _button(button: PostButton) -> dict[str, Any]:
    label = _short(button.label, LABEL_LIMIT)
    if button.link:
        return {"action": {"type": "open_link", "link": button.link, "label": label}}
    action = {"type": "callback", "label": label, "payload": json.dumps({"t": button.token})}
    return {"action": action, "color": COLOURS[button.look]}
