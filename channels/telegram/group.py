"""The staff's group in Telegram: what is heard of it, and posts with inline buttons.

https://core.telegram.org/bots/api#callbackquery, #editmessagetext, #answercallbackquery; limits for groups:
https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from channels.telegram.decode import TOKEN_LIMIT, Decoder, Heard
from channels.telegram.settings import Settings
from channels.toolkit.reading import inner, is_plain, moment, whole
from core.domain.messages import Address
from core.domain.posts import GroupMoved, Post, StaffLinked, StaffPressed
from core.ports.channel import ContentRejected, RecipientUnavailable, SendFailure
from core.ports.posts import GroupHasMoved

if TYPE_CHECKING:
    from channels.telegram.api import Api

PER_MINUTE: Final = 20
ANSWER_LIMIT: Final = 200
"""Characters of `answerCallbackQuery`."""
NOT_MODIFIED: Final = "message is not modified"
GONE: Final = ("message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID")
"""Words of refusals (`Client.cpp` of https://github.com/tdlib/telegram-bot-api)."""
PRESENT: Final = frozenset({"creator", "administrator", "member", "restricted"})
_CODE: Final = re.compile(r"/link(?:@\w+)?\s+([A-Za-z0-9 -]{6,30})\s*")


class GroupDecoder(Decoder):
    """Reads the updates of the staff's group beside those of subscribers. Without a group, all as before."""

    def __init__(self, channel: str, settings: Settings) -> None:
        super().__init__(channel, settings)
        self._name, self.bot_id = channel, settings.bot
        self.groups: set[int] = set()

    def read(self, update: Mapping[str, Any], received_at: datetime) -> Heard:
        """What one update means."""
        if self.groups:
            number = whole(update.get("update_id"))
            heard = None if number is None else self._staff(update, f"{self.bot_id}:{number}", received_at)
            if heard is not None:
                return heard
        return super().read(update, received_at)

    def _staff(self, update: Mapping[str, Any], event_id: str, received_at: datetime) -> Heard | None:
        """What it means for the staff's group; None where it is no business of staff."""
        query, message = update.get("callback_query"), update.get("message")
        if isinstance(query, dict):
            return self._group_press(query, event_id, received_at)
        return self._message_of(message, event_id, received_at) if isinstance(message, dict) else None

    def _message_of(self, message: dict[str, Any], event_id: str, received_at: datetime) -> Heard | None:
        """A code, wherever it was sent, or the group's new number."""
        chat, person = whole(inner(message, "chat").get("id")), inner(message, "from")
        if chat is None:
            return None
        sender, moved = whole(person.get("id")), whole(message.get("migrate_to_chat_id"))
        common = self._of(sender or chat, event_id, moment(message.get("date"), received_at), chat)
        if chat in self.groups and moved is not None:
            return Heard(GroupMoved(**common, to=str(moved)))
        # An administrator who hides behind the group has a bot's number, which is that of all who do so.
        if sender is None or person.get("is_bot"):
            return None
        text = message.get("text")
        code = _CODE.fullmatch(text) if isinstance(text, str) else None
        is_private = inner(message, "chat").get("type") == "private"
        if code is not None and (chat in self.groups or is_private):
            return Heard(StaffLinked(**common, code=code[1]))
        return None

    def _group_press(self, query: dict[str, Any], event_id: str, received_at: datetime) -> Heard | None:
        """A press in the group. It is not acknowledged in the answer to the webhook: its answer is still to come."""
        message = inner(query, "message")
        chat, sender = whole(inner(message, "chat").get("id")), whole(inner(query, "from").get("id"))
        press_id, token, post = query.get("id"), query.get("data"), whole(message.get("message_id"))
        if chat not in self.groups or chat is None:
            return None
        if not isinstance(press_id, str) or sender is None or post is None:
            return Heard(problem="not heard: a press of unknown shape in the staff's group")
        if not isinstance(token, str) or not is_plain(token, TOKEN_LIMIT):
            return Heard(press_id=press_id, problem="not heard: a button that is not ours")
        common = self._of(sender, event_id, received_at, chat)
        return Heard(StaffPressed(**common, press_id=press_id, post=str(post), token=token))

    def _of(self, sender: int, event_id: str, at: datetime, chat: int) -> dict[str, Any]:
        address = Address(self._name, str(sender))
        return {"event_id": event_id, "address": address, "sent_at": at, "chat": str(chat)}


class GroupPosts:
    """The part of the channel that posts to the group: `core.ports.posts.Posts`."""

    _decoder: GroupDecoder
    posts_per_minute = PER_MINUTE
    posts_once = False
    """Telegram knows no key of ours: a second `sendMessage` is a second message."""

    async def _api(self) -> "Api":
        raise NotImplementedError  # the channel's

    def attend(self, chat: str) -> None:
        """Hear this group from now on."""
        self._decoder.groups.add(int(chat))

    async def post(self, chat: str, post: Post, key: int) -> str:  # noqa: ARG002 - of use to other messengers
        """Post to a group."""
        receipt = await (await self._api()).send({"chat_id": int(chat), "text": post.text, **_markup(post)})
        return receipt.vendor_id

    async def edit(self, chat: str, number: str, post: Post) -> bool:
        """Change a post; the same once more is no failure."""
        api = await self._api()
        from aiogram.methods import EditMessageText  # noqa: PLC0415 - takes seconds, and `_api` has loaded it by now

        fields = {"chat_id": int(chat), "message_id": int(number), "text": post.text, **_markup(post)}
        try:
            await api.call(EditMessageText(**fields))
        except ContentRejected as refused:
            if any(words in refused.detail for words in GONE):
                return False
            if NOT_MODIFIED not in refused.detail:
                raise
        return True

    async def answer(self, press: StaffPressed, text: str, *, alert: bool) -> None:
        """Tell the person who pressed."""
        api = await self._api()
        from aiogram.methods import AnswerCallbackQuery  # noqa: PLC0415 - the same

        await api.call(
            AnswerCallbackQuery(
                callback_query_id=press.press_id, text=text[:ANSWER_LIMIT] or None, show_alert=alert or None
            )
        )

    async def probe_group(self, chat: str) -> Sequence[str]:
        """Whether the bot is in the group."""
        api = await self._api()
        from aiogram.methods import GetChatMember  # noqa: PLC0415 - the same

        try:
            member = await api.call(GetChatMember(chat_id=int(chat), user_id=int(self._decoder.bot_id)))
        except GroupHasMoved as moved:
            return [f"the group has another number now: set chat in [staff_chat] to {moved.to}"]
        except (RecipientUnavailable, ContentRejected):
            return ["the bot is not in the staff's group: add it there, and see chat in [staff_chat]"]
        except SendFailure as failure:
            return [f"{failure.detail.replace(': ', ', ')}: see that Telegram is reached from here, and try again"]
        if member.status not in PRESENT or getattr(member, "can_send_messages", True) is False:
            return ["the bot may not write to the staff's group: add it there again, or give it the right"]
        return []


def _markup(post: Post) -> dict[str, Any]:
    """Inline buttons; an edit without them takes them away."""
    rows = [
        [
            {"text": one.label, "url": one.link} if one.link else {"text": one.label, "callback_data": one.token}
            for one in row
        ]
        for row in post.rows
    ]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}
