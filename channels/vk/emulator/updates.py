"""What VK tells a community of, in the shapes of version 5.199. Pure."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Update = dict[str, Any]

START: Final = json.dumps({"command": "start"})
SIDES: Final = {"s": 75, "m": 130, "x": 604, "w": 1280}


def update(kind: str, content: Mapping[str, Any] | None, *, group_id: int, secret: str, event_id: str = "") -> Update:
    """The envelope. Repeated, it has the same `event_id`. Without a secret there is no such key, as in a long poll."""
    envelope: Update = {"group_id": group_id, "type": kind, "event_id": event_id or event_key(), "v": "5.199"}
    if content is not None:
        envelope["object"] = content
    if secret:
        envelope["secret"] = secret
    return envelope


def event_key() -> str:
    """A new `event_id`: 40 hexadecimal digits."""
    return uuid.uuid4().hex + uuid.uuid4().hex[:8]


def message(user: int, text: str, *, at: datetime, number: int = 1, **more: object) -> Update:
    """The object of `message_new`: a message in the dialogue with one user, and what his app can show.

    Args:
        user: who writes.
        text: what he types.
        at: when.
        number: the message's in the dialogue.
        more: further fields of the message, such as `payload`, `ref` and `attachments`; these replace the usual ones.
    """
    fields = {
        "date": int(at.timestamp()),
        "from_id": user,
        "id": 1000 + number,
        "out": 0,
        "version": 10_000_000 + number,
        "attachments": [],
        "conversation_message_id": number,
        "fwd_messages": [],
        "important": False,
        "is_hidden": False,
        "peer_id": user,
        "random_id": 0,
        "text": text,
    }
    return {"message": fields | more, "client_info": _client_info()}


def photo(number: int = 457_239_017, at: str = "") -> Update:
    """An attachment: a picture in several sizes; `at` is where they are, else nowhere."""
    sizes = [
        {
            "type": kind,
            "url": f"{at}?size={kind}" if at else f"https://pictures.example/{number}-{kind}.jpg",
            "width": side,
            "height": side * 3 // 4,
        }
        for kind, side in SIDES.items()
    ]
    return {"type": "photo", "photo": {"id": number, "owner_id": 5550001, "album_id": -3, "sizes": sizes}}


def _client_info() -> Mapping[str, bool | int | Sequence[str]]:
    actions = ["text", "vkpay", "open_app", "location", "open_link", "callback"]
    return {"button_actions": actions, "keyboard": True, "inline_keyboard": True, "carousel": True, "lang_id": 0}
