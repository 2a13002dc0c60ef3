"""Reads what Telegram sends us. Pure and total: any bytes give a `Decoded`, any update a `Heard`.

Field names: https://core.telegram.org/bots/api#update. Plain dictionaries, because this is a hot path and because an
update that a stricter reader refuses would be delivered again for a day, with everything that its chat says later
waiting behind it (`WebhookActor.cpp` of https://github.com/tdlib/telegram-bot-api).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from channels.telegram.settings import Settings
from channels.toolkit.characters import storable
from channels.toolkit.reading import as_json, inner, is_plain, moment, whole
from channels.toolkit.signatures import as_bytes, same
from core.domain.messages import (
    Address,
    ChoiceMade,
    ContactShared,
    Decoded,
    Event,
    Joined,
    Left,
    OtherReceived,
    PhotoReceived,
    RawAnswer,
    RawRequest,
    TextReceived,
)
from core.domain.phones import normalise
from core.domain.values import value

HEADER: Final = "x-telegram-bot-api-secret-token"
JSON: Final = "application/json"
KINDS: Final = ("message", "callback_query", "my_chat_member")
"""The updates that we ask for. Edited messages are not among them: what a subscriber meant he writes again."""
OTHER: Final = (
    "animation",
    "audio",
    "document",
    "paid_media",
    "sticker",
    "story",
    "video",
    "video_note",
    "voice",
    "checklist",
    "dice",
    "game",
    "poll",
    "venue",
    "location",
    "giveaway",
    "giveaway_winners",
    "invoice",
    "web_app_data",
    "rich_message",
)
"""Content that a subscriber sends and we cannot read. An animation has a document too and a venue a location, for older
readers, so the order counts."""
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Documents that are heard as photos are."""
TOKEN_LIMIT: Final = 64
PHONE_LIMIT: Final = 32
STRANGE: Final = "not heard: an update of unknown shape"
_START: Final = re.compile(r"/start(?:@\w+)?(?: +([A-Za-z0-9_-]{1,64}))?\s*")
"""A deep link's parameter (https://core.telegram.org/bots/features#deep-linking); else what is behind it was typed."""


@value()
class Heard:
    """What an update meant: at most one event, and the press that its sender's app wants acknowledged."""

    event: Event | None = None
    press_id: str = field(default="", repr=False)
    problem: str = ""


_Common = dict[str, Any]
"""The values of the fields that every event has."""


class Decoder:
    """Reads updates for one bot, from the webhook or from polling alike."""

    def __init__(self, channel: str, settings: Settings) -> None:
        self._channel = channel
        self._secret = as_bytes(settings.webhook_secret.get_secret_value())
        # Ids are a bot's own (https://core.telegram.org/bots/api#update): another bot's must not look like repetitions.
        self._bot = settings.bot
        self._readers: Mapping[str, Callable[[_Common, dict[str, Any]], Heard]] = MappingProxyType(
            {"message": self._message, "callback_query": self._press, "my_chat_member": self._membership}
        )

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one call of the webhook; a refused one has a status of 4xx, no events and a `problem`."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        update = as_json(request.body)
        if not isinstance(update, dict):
            return _refused(400, "the body is not a JSON object")
        heard = self.read(update, request.received_at)
        events = () if heard.event is None else (heard.event,)
        return Decoded(events, _answer(heard.press_id), heard.problem)

    def _refusal(self, request: RawRequest) -> Decoded | None:
        """What is wrong with the call, whatever its body says."""
        if not same(request.headers.get(HEADER, ""), self._secret):
            return _refused(403, f"the header {HEADER} is missing or wrong")
        if request.path:
            return _refused(404, "nothing is behind the webhook's address")
        if request.method != "POST":
            return _refused(405, "only POST is understood here")
        content_type = request.headers.get("content-type", "")
        if content_type != JSON and content_type.partition(";")[0].strip().lower() != JSON:
            return _refused(415, f"the content type is not {JSON}")
        return None

    def read(self, update: Mapping[str, Any], received_at: datetime) -> Heard:
        """What one update means; nothing for what was not asked for, such as an edited message."""
        number = whole(update.get("update_id"))
        if number is None:
            return Heard(problem=STRANGE)
        for kind, reader in self._readers.items():
            content = update.get(kind)
            if isinstance(content, dict):
                common = {"event_id": f"{self._bot}:{number}", "sent_at": received_at, "raw": {"update": kind}}
                return reader(common, content)
        return Heard()

    def _message(self, common: _Common, message: dict[str, Any]) -> Heard:
        chat, sender = inner(message, "chat"), inner(message, "from")
        subscriber = whole(chat.get("id"))
        if subscriber is None:
            return Heard(problem=STRANGE)
        if chat.get("type") != "private" or sender.get("is_bot"):
            return Heard()
        common |= self._who(subscriber, message.get("date"), common["sent_at"])
        common["raw"]["message_id"] = _number(message)
        event = _content(common, message, sender)
        return Heard(event, problem="" if event else "not heard: a service message, or content of an unknown kind")

    def _press(self, common: _Common, query: dict[str, Any]) -> Heard:
        """A pressed button. Telegram does not say when it was pressed: the time of arrival counts."""
        press_id, sender, token = query.get("id"), inner(query, "from"), query.get("data")
        subscriber = whole(sender.get("id"))
        if not isinstance(press_id, str) or subscriber is None:
            return Heard(problem=STRANGE)
        if sender.get("is_bot") or inner(inner(query, "message"), "chat").get("type", "private") != "private":
            return Heard(press_id=press_id)
        if not isinstance(token, str) or not is_plain(token, TOKEN_LIMIT):
            return Heard(press_id=press_id, problem="not heard: a button that is not ours")
        common |= self._who(subscriber, None, common["sent_at"])
        common["raw"]["message_id"] = _number(inner(query, "message"))
        return Heard(ChoiceMade(**common, token=token), press_id)

    def _membership(self, common: _Common, change: dict[str, Any]) -> Heard:
        """The subscriber blocked us, or let us in again, which is not told: his app sends /start at the same time."""
        chat, status = inner(change, "chat"), inner(change, "new_chat_member").get("status")
        subscriber = whole(chat.get("id"))
        if subscriber is None or not isinstance(status, str):
            return Heard(problem=STRANGE)
        if chat.get("type") != "private" or status != "kicked":
            return Heard()
        common |= self._who(subscriber, change.get("date"), common["sent_at"])
        return Heard(Left(**common))

    def _who(self, subscriber: int, date: object, received_at: datetime) -> _Common:
        """A private chat has its user's id, so the id of either is the address."""
        return {"address": Address(self._channel, str(subscriber)), "sent_at": moment(date, received_at)}


def _content(common: _Common, message: dict[str, Any], sender: Mapping[str, Any]) -> Event | None:
    """The event of a private message; None for what no subscriber sent, such as "a message was pinned"."""
    if isinstance(text := message.get("text"), str):
        return _said(common, text)
    if isinstance(contact := message.get("contact"), dict):
        return _shared(common, contact, sender)
    if isinstance(sizes := message.get("photo"), list):
        return _pictured(common, sizes, message.get("caption"))
    if _is_picture(document := inner(message, "document")):
        text = message.get("caption")
        caption = storable(text) if isinstance(text, str) else ""
        return PhotoReceived(**common, photo=storable(document["file_id"]), caption=caption)
    what = next((name for name in OTHER if name in message), None)
    return None if what is None else OtherReceived(**common, what=what)


def _is_picture(document: Mapping[str, Any]) -> bool:
    """A picture that was sent as a file, to keep it sharp. An animation is a document as well, and no picture."""
    return document.get("mime_type") in PICTURES and isinstance(document.get("file_id"), str)


def _said(common: _Common, text: str) -> Event:
    start = _START.fullmatch(text)
    if start is not None:
        return Joined(**common, start=start[1] or "")
    return TextReceived(**common, text=storable(text))


def _shared(common: _Common, contact: dict[str, Any], sender: Mapping[str, Any]) -> Event:
    """A contact card: the subscriber's own only where its user is the sender; a forwarded one looks the same."""
    owner, phone = whole(contact.get("user_id")), contact.get("phone_number")
    if owner is not None and owner == whole(sender.get("id")) and isinstance(phone, str) and len(phone) <= PHONE_LIMIT:
        # Telegram's numbers are international, with or without the plus.
        number = normalise("+" + phone.strip().removeprefix("+"))
        if number is not None:
            return ContactShared(**common, phone=number)
    return OtherReceived(**common, what="contact")


def _pictured(common: _Common, sizes: list[Any], caption: object) -> Event:
    """A picture in several sizes: the largest counts, as digits must be read from it."""
    known = [size for size in sizes if isinstance(size, dict) and isinstance(size.get("file_id"), str)]
    if not known:
        return OtherReceived(**common, what="photo")
    largest = max(known, key=lambda size: (whole(size.get("width")) or 0) * (whole(size.get("height")) or 0))
    text = storable(caption) if isinstance(caption, str) else ""
    return PhotoReceived(**common, photo=storable(largest["file_id"]), caption=text)


def _refused(status: int, problem: str) -> Decoded:
    return Decoded(answer=RawAnswer(status), problem=problem)


def _answer(press_id: str) -> RawAnswer:
    """Success, and for a press its acknowledgement, which saves a call.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    if not press_id:
        return RawAnswer()
    method = {"method": "answerCallbackQuery", "callback_query_id": press_id}
    return RawAnswer(200, json.dumps(method).encode(), JSON)


def _number(message: Mapping[str, Any]) -> str:
    """The message's number in its chat, for the case's history; empty where there is none."""
    return str(whole(message.get("message_id")) or "")
