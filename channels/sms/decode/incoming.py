"""What the readers of all gateways share: who may speak, what an id, a time and a text become, how to refuse."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.toolkit.characters import storable
from channels.toolkit.reading import hashed, is_plain
from channels.toolkit.signatures import as_bytes
from core.domain.messages import Address, Decoded, RawAnswer, RawRequest, TextReceived
from core.domain.phones import normalise, subscriber_number

EVENT_ID_LIMIT = 200
NUMBER_LIMIT = 32
"""E.164 has 15 digits; this leaves room for every way to write them."""


class Refused(Exception):
    """The request is not taken; `problem` is for the log and names nothing personal."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.answer = RawAnswer(status)


class Hearing:
    """Judges senders: people are heard; names, short codes, services and our own numbers are not, or loops arise."""

    def __init__(self, channel: str, own_numbers: Iterable[str]) -> None:
        self.channel = channel
        self._own = frozenset(filter(None, map(normalise, own_numbers)))

    def text(
        self, *, event_id: str, sender: str, text: str, sent_at: datetime, raw: Mapping[str, str], answer: RawAnswer
    ) -> Decoded:
        """The event of an incoming text, or the same answer without one where the sender is nobody to talk to."""
        number = subscriber_number(sender) if len(sender) <= NUMBER_LIMIT else None
        if number is None:
            return Decoded(answer=answer, problem="not heard: the sender is a name, a short code or a service")
        if number in self._own:
            return Decoded(answer=answer, problem="not heard: the sender is our own number")
        event = TextReceived(
            event_id=event_id, address=Address(self.channel, number), sent_at=sent_at, raw=raw, text=storable(text)
        )
        return Decoded((event,), answer)

    def address(self, number: str) -> Address:
        """The address of a delivery report; its `external_id` is empty when the gateway does not tell the number."""
        return Address(self.channel, (normalise(number) or "") if len(number) <= NUMBER_LIMIT else "")


def event_id(namespace: str, vendor_id: str) -> str:
    """The vendor's id behind the gateway's name; a hash of it when it is long or has other than printable ASCII."""
    if is_plain(vendor_id, EVENT_ID_LIMIT - len(namespace) - 1):
        return f"{namespace}:{vendor_id}"
    return hashed_id(namespace, vendor_id)


def hashed_id(namespace: str, *parts: str) -> str:
    """An id made of several values, which do not show in it."""
    joined = b"\0".join(b"%d:%b" % (len(part), as_bytes(part)) for part in parts)
    return f"{namespace}:{hashed(joined)}"


def iso_time(value: object, default: datetime) -> datetime:
    """ISO 8601 as aware UTC; a time without an offset is UTC; anything else gives the default."""
    if not isinstance(value, str):
        return default
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return default


def json_object(request: RawRequest) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        Refused: 415 for another content type, 400 for anything but an object.
    """
    content_type = request.headers.get("content-type", "")
    if content_type != "application/json" and content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "the content type is not application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    return body


def word(values: Mapping[str, Any], *names: str) -> str:
    """The first of the named values that is a non-empty string or a whole number, as a string; else an empty one."""
    for name in names:
        value = values.get(name)
        if isinstance(value, str):
            if value:
                return value
        elif isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""
