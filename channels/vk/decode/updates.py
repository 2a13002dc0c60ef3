"""What each type of update means. Shapes: callback/objects.json of https://github.com/VKCOM/vk-api-schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from channels.toolkit.characters import storable
from channels.toolkit.reading import whole
from channels.vk.decode import messages
from channels.vk.decode.fields import Json, event_id, user_id, word
from core.domain.messages import Address, ChoiceMade, Event, Joined, Left


@dataclass(frozen=True, slots=True)
class Heard:
    """What an update meant; `problem` says for the log why somebody was not heard."""

    events: tuple[Event, ...] = ()
    problem: str = ""


NOTHING: Final = Heard()
"""An update that is no subscriber's word: what we said ourselves, typing, walls, likes."""


class _NotHeard(Exception):
    """The update has another shape than the documented one, or is about nobody we talk to."""


@dataclass(frozen=True, slots=True)
class _Update:
    """One update. `content` is its `object`, `received_at` the time of those that have none."""

    channel: str
    event_id: str
    content: Json
    received_at: datetime
    raw: Mapping[str, str]

    def address(self, user: object, peer: object) -> Address:
        """The subscriber's. A dialogue has his own id as its `peer_id`; chats have others, and are not heard."""
        number = user_id(user)
        if number is None or peer != number:
            raise _NotHeard("no dialogue with one person")
        return Address(self.channel, str(number))

    def common(self, user: object, peer: object) -> dict[str, Any]:
        """What every event has; these updates have no time."""
        address = self.address(user, peer)
        return {"event_id": self.event_id, "address": address, "sent_at": self.received_at, "raw": self.raw}


def heard(update: Json, *, channel: str, group_id: int, received_at: datetime) -> Heard:
    """The events of one update, which did come from VK."""
    content = update.get("object")
    if not isinstance(content, dict):
        return Heard(problem="not heard: an update without an object")
    if update.get("group_id") != group_id:
        return Heard(problem="not heard: an update about another community")
    reader = _READERS.get(str(update.get("type")))
    if reader is None:
        return NOTHING
    try:
        return reader(_Update(channel, event_id(update), content, received_at, _raw(update, content)))
    except _NotHeard as reason:
        return Heard(problem=f"not heard: {reason}")


def _message_new(update: _Update) -> Heard:
    message = _message(update.content)
    if message.get("out") == 1:
        return NOTHING
    address = update.address(message.get("from_id"), message.get("peer_id"))
    return Heard(
        messages.events(message, event_id=update.event_id, address=address, at=update.received_at, raw=update.raw)
    )


def _message_event(update: _Update) -> Heard:
    """A callback button. Ours are text buttons, so it is of a keyboard that somebody else sent for the community.

    VK shows a spinner until messages.sendMessageEventAnswer; reading is pure and cannot call it.
    """
    common = update.common(update.content.get("user_id"), update.content.get("peer_id"))
    token = messages.token_of(update.content.get("payload"))
    if token is None:
        raise _NotHeard("a callback button that is not ours")
    return Heard((ChoiceMade(**common, token=token),))


def _message_allow(update: _Update) -> Heard:
    """He allows messages; `key` is what our site gave to VK's widget."""
    user, key = update.content.get("user_id"), update.content.get("key")
    return Heard((Joined(**update.common(user, user), start=storable(key) if isinstance(key, str) else ""),))


def _message_deny(update: _Update) -> Heard:
    user = update.content.get("user_id")
    return Heard((Left(**update.common(user, user)),))


_READERS: Final = {
    "message_new": _message_new,
    "message_event": _message_event,
    "message_allow": _message_allow,
    "message_deny": _message_deny,
}
"""All others are `NOTHING`; among them `message_reply`, which is what we said ourselves."""
EVENTS: Final = tuple(_READERS)
"""What VK should tell us of."""


def _message(content: Json) -> Json:
    """Nested since version 5.103 of the API; before, the object was the message."""
    nested = content.get("message")
    return nested if isinstance(nested, dict) else content


def _raw(update: Json, content: Json) -> dict[str, str]:
    """For a case's history: which update and which message it was. No text: the event has it."""
    message = _message(content)
    numbers = {name: whole(message.get(name)) for name in ("id", "conversation_message_id")}
    words = {name: word(update.get(name)) for name in ("type", "event_id", "v")}
    found = words | {name: str(number) for name, number in numbers.items() if number is not None}
    return {name: value for name, value in found.items() if value}
