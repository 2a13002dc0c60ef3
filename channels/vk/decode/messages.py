"""What a subscriber's message means. Fields: messages/objects.json of https://github.com/VKCOM/vk-api-schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from channels.toolkit.characters import storable
from channels.toolkit.reading import as_json, is_plain, moment, whole
from channels.vk.decode.fields import Json, word
from core.domain.messages import Address, ChoiceMade, Event, Joined, OtherReceived, PhotoReceived, TextReceived

TOKEN: Final = "t"  # noqa: S105 - the key of a button's token in its payload
TOKEN_LIMIT: Final = 64
COMMAND: Final = "command"
START: Final = "start"
"""The Start button's payload is `{"command": "start"}` (https://dev.vk.com/ru/api/bots/development/keyboard)."""
GREETINGS: Final = frozenset({"", "начать", "start", "/start"})
"""What stands in a first message that says nothing: with a deep link's `ref` it is as good as the Start button."""
SIZES: Final = "smopqrxyzw"
"""Types of a photo's sizes from small to large (https://dev.vk.com/ru/reference/objects/photo-sizes)."""
PHOTO: Final = "photo"
DOCUMENT: Final = "doc"
PICTURES: Final = frozenset({"jpg", "jpeg", "png", "webp"})
"""Documents that are heard as photos are, by `ext` (https://dev.vk.com/ru/reference/objects/doc)."""


def events(
    message: Json, *, event_id: str, address: Address, at: datetime, raw: Mapping[str, str]
) -> tuple[Event, ...]:
    """The events of one message: a button, a start, pictures, a text, or something that we cannot read. Never none.

    Args:
        message: as VK gives it; every field may be missing or of another kind.
        event_id: the update's; further pictures of one message append their number.
        address: the subscriber.
        at: what counts where the message has no time.
        raw: for the history.
    """
    common: dict[str, Any] = {"address": address, "sent_at": moment(message.get("date"), at), "raw": raw}
    one = {**common, "event_id": event_id}
    payload = _payload(message.get("payload"))
    token = token_of(payload)
    if token is not None:
        return (ChoiceMade(**one, token=token),)
    text = message.get("text")
    text = storable(text) if isinstance(text, str) else ""
    attachments = _attachments(message)
    if _is_start(payload, text, message.get("ref"), attachments):
        ref = message.get("ref")
        return (Joined(**one, start=storable(ref) if isinstance(ref, str) else ""),)
    if photos := [url for attachment in attachments if (url := _photo(attachment))]:
        ids = [event_id, *(f"{event_id}:{number}" for number in range(2, len(photos) + 1))]
        captions = [text, *[""] * (len(photos) - 1)]
        return tuple(
            PhotoReceived(**common, event_id=own, photo=url, caption=caption)
            for own, url, caption in zip(ids, photos, captions, strict=True)
        )
    if text:
        return (TextReceived(**one, text=text),)
    return (OtherReceived(**one, what=_kind(message, attachments)),)


def token_of(payload: object) -> str | None:
    """The token in a payload that is ours. It was on the subscriber's device: a hint, never a proof."""
    content = _payload(payload)
    token = content.get(TOKEN)
    return token if isinstance(token, str) and is_plain(token, TOKEN_LIMIT) else None


def _payload(value: object) -> Json:
    """A text button's payload is a string holding JSON, a callback button's is the JSON itself."""
    content = as_json(value) if isinstance(value, str) else value
    return content if isinstance(content, dict) else {}


def _is_start(payload: Json, text: str, ref: object, attachments: list[Json]) -> bool:
    """The Start button, or a deep link's `ref` with a message that says nothing else: no text is lost for a ref."""
    if payload.get(COMMAND) == START:
        return True
    return bool(ref) and not attachments and text.strip().casefold() in GREETINGS


def _attachments(message: Json) -> list[Json]:
    found = message.get("attachments")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _photo(attachment: Json) -> str:
    """The address of the largest picture there is; empty where the attachment is no picture."""
    if attachment.get("type") == DOCUMENT:
        return _document(attachment.get(DOCUMENT))
    photo = attachment.get(PHOTO)
    if attachment.get("type") != PHOTO or not isinstance(photo, dict):
        return ""
    sizes = photo.get("sizes")
    found = [photo.get("orig_photo"), *(sizes if isinstance(sizes, list) else ())]
    pictures = [one for one in found if isinstance(one, dict) and isinstance(one.get("url"), str) and one["url"]]
    return storable(max(pictures, key=_size)["url"]) if pictures else ""


def _document(document: object) -> str:
    """The address of a picture that was sent as a file, to keep it sharp."""
    if not isinstance(document, dict) or document.get("ext") not in PICTURES:
        return ""
    url = document.get("url")
    return storable(url) if isinstance(url, str) else ""


def _size(picture: Json) -> tuple[int, int]:
    """Pixels; then the type, because old pictures have sizes of 0 by 0."""
    width, height, kind = whole(picture.get("width")) or 0, whole(picture.get("height")) or 0, picture.get("type")
    return width * height, SIZES.find(kind) if isinstance(kind, str) else -1


def _kind(message: Json, attachments: list[Json]) -> str:
    """VK's word for what came instead of a text."""
    if attachments:
        return word(attachments[0].get("type")) or "attachment"
    return next((name for name in ("geo", "fwd_messages", "reply_message") if message.get(name)), "message")
