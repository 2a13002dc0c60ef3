"""Reads what Viber sends us. Pure and total: any bytes give a `Decoded`.

Callbacks: https://developers.viber.com/docs/api/rest-bot-api/#callbacks. viberbot's parser raises a bare `Exception`
for an event or a type that it does not know and drops the `message_token` of some events: only its words are used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from urllib.parse import parse_qsl

from viberbot.api.event_type import EventType
from viberbot.api.messages.message_type import MessageType

from channels.toolkit.characters import short, storable
from channels.toolkit.reading import as_json, hashed, inner, word
from channels.toolkit.signatures import as_bytes, signed
from channels.toolkit.wording import vendor_words
from channels.viber.encode import PREFIX, TOKEN, mark_of
from core.domain.messages import (
    Address,
    ChoiceMade,
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

HEADER: Final = "x-viber-content-signature"
DEFAULT_LANGUAGE: Final = "ru"
DONE: Final = RawAnswer()
"""200: anything else is repeated."""
ID_LIMIT: Final = 100
"""Viber's user ids are 24 characters of Base64."""
URL_LIMIT: Final = 4000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_10000: Final = 253_402_300_800_000
"""Milliseconds since 1970; `datetime` ends there."""


class Common(TypedDict):
    """What every event has."""

    event_id: str
    address: Address
    sent_at: datetime
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Callback:
    """One call of Viber, parsed; `content` is its bytes."""

    channel: str
    body: Mapping[str, Any]
    content: bytes = field(repr=False)
    received_at: datetime

    def common(self, user: object) -> Common | None:
        """What every event has; None where the user's id cannot be one."""
        if not isinstance(user, str) or not 0 < len(user) <= ID_LIMIT or not user.isprintable():
            return None
        message = inner(self.body, "message")
        kept = {"event": self.body.get("event"), "token": self.body.get("message_token"), "type": message.get("type")}
        return Common(
            event_id=self._event_id(),
            address=Address(self.channel, user),
            sent_at=_moment(self.body.get("timestamp"), self.received_at),
            raw={name: short(str(value)) for name, value in kept.items() if isinstance(value, (str, int))},
        )

    def _event_id(self) -> str:
        """The token is the same when the call is repeated, and one token serves several kinds of events."""
        kind, token = self.body["event"], self.body.get("message_token")
        if isinstance(token, int) and not isinstance(token, bool) and token.bit_length() <= 64:  # noqa: PLR2004 - bits
            return f"{kind}:{token}"
        return f"{kind}:{hashed(self.content)}"


class Decoder:
    """Checks signatures with the bot's token, and knows how to greet."""

    def __init__(self, channel: str, token: str, welcomes: Mapping[str, bytes]) -> None:
        """Makes no calls.

        Args:
            channel: the name that addresses have.
            token: signs what Viber sends; empty refuses everything.
            welcomes: by language, the body of the answer to a subscriber who opens the conversation.
        """
        self._channel = channel
        self._key = as_bytes(token)
        self._welcomes = {language: RawAnswer(200, body, "application/json") for language, body in welcomes.items()}

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one request; a refused one has a status of 4xx, no events and a `problem`."""
        if request.path.strip("/"):
            return Decoded(answer=RawAnswer(404), problem="Viber has no such address")
        if not signed(request.body, signature=_signature(request), key=self._key):
            return Decoded(answer=RawAnswer(403), problem="the signature is missing or wrong")
        if request.method != "POST":
            return Decoded(answer=RawAnswer(405), problem="only POST is understood here")
        body = as_json(request.body)
        if not isinstance(body, dict):
            return Decoded(answer=RawAnswer(400), problem="the body is not a JSON object")
        return self._read(Callback(self._channel, body, request.body, request.received_at))

    def _read(self, call: Callback) -> Decoded:
        """A call that is Viber's own is always answered with success, or it would come again and again."""
        answer = DONE
        event: Event | None = None
        match call.body.get("event"):
            case EventType.MESSAGE:
                if _is_link_pressed(inner(call.body, "message")):
                    return Decoded()
                event = _said(call)
            case EventType.CONVERSATION_STARTED:
                event, answer = _joined(call), self._welcome(call)
            case EventType.SUBSCRIBED:
                event = _joined(call)
            case EventType.UNSUBSCRIBED:
                common = call.common(call.body.get("user_id"))
                event = Left(**common) if common else None
            case EventType.WEBHOOK | EventType.DELIVERED | EventType.SEEN:
                # Receipts name Viber's token and not our key: docs/channels/viber.md.
                return Decoded()
            case EventType.FAILED:
                words = vendor_words(word(call.body, "desc"))
                return Decoded(problem=f"a subscriber's Viber could not show a message of ours: {words}")
            case _:
                return Decoded(problem="not heard: an event of another kind")
        if event is None:
            return Decoded(problem="not heard: an event of an unknown shape")
        return Decoded((event,), answer)

    def _welcome(self, call: Callback) -> RawAnswer:
        """In the subscriber's language, such as `ru` or `en-GB`."""
        language = re.split("[-_]", word(inner(call.body, "user"), "language").lower())[0]
        return self._welcomes.get(language) or self._welcomes.get(DEFAULT_LANGUAGE) or DONE


def _said(call: Callback) -> Event | None:
    """What a subscriber sent: `message` by its `type`."""
    message = inner(call.body, "message")
    common = call.common(inner(call.body, "sender").get("id"))
    kind, text, media = message.get("type"), message.get("text"), message.get("media")
    if common is None or not isinstance(kind, str) or not kind:
        return None
    if kind == MessageType.TEXT and isinstance(text, str):
        token = text.removeprefix(PREFIX)
        if token != text and TOKEN.fullmatch(token):
            return ChoiceMade(**common, token=token)
        return TextReceived(**common, text=storable(text))
    if kind == MessageType.PICTURE and isinstance(media, str) and 0 < len(media) <= URL_LIMIT:
        return PhotoReceived(**common, photo=storable(media), caption=storable(word(message, "text")))
    if kind == MessageType.FILE and isinstance(media, str) and _is_picture(message) and 0 < len(media) <= URL_LIMIT:
        return PhotoReceived(**common, photo=storable(media))
    return OtherReceived(**common, what=short(kind))


def _is_picture(message: Mapping[str, Any]) -> bool:
    """A picture that was sent as a file, to keep it sharp: Viber tells its name and no type."""
    return word(message, "file_name").lower().endswith((".jpg", ".jpeg", ".png", ".webp"))


def _joined(call: Callback) -> Joined | None:
    common = call.common(inner(call.body, "user").get("id"))
    return Joined(**common, start=storable(word(call.body, "context"))) if common else None


def _is_link_pressed(message: Mapping[str, Any]) -> bool:
    """Tell whether this is our own link button's address, which Viber sends back as a text or as a link."""
    links = [word(message, "text"), word(message, "media")]
    return any(message.get("tracking_data") == mark_of(link) for link in links if link)


def _signature(request: RawRequest) -> str:
    """From the header, or from `sig` in the query, as in lib/middleware.js of https://github.com/Viber/viber-bot-node."""
    given = request.headers.get(HEADER, "")
    return given or dict(parse_qsl(request.query.decode("latin-1"))).get("sig", "")


def _moment(value: object, default: datetime) -> datetime:
    """Milliseconds since 1970 as aware UTC; anything else gives the default."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < YEAR_10000:
        return EPOCH + timedelta(milliseconds=value)
    return default
