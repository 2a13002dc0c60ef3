"""What Viber sends to a webhook, as https://developers.viber.com/docs/api/rest-bot-api/#callbacks shows it. Pure."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from channels.toolkit.signatures import as_bytes, hmac_sha256


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a webhook; a repetition is the same to the byte."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


def user_id(name: str) -> str:
    """An id as Viber's are: 24 characters of Base64, with the three that must never stand in a path."""
    digits = b64encode(sha256(as_bytes(name)).digest()).decode()
    return f"{digits[:7]}/{digits[7:13]}+{digits[13:20]}=="


def signed(body: Mapping[str, Any], key: str) -> Call:
    """The call, with the signature of its bytes."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    signature = hmac_sha256(as_bytes(key), content)
    return Call(content, {"Content-Type": "application/json", "X-Viber-Content-Signature": signature})


def event(kind: str, token: int, at: datetime, **more: object) -> dict[str, Any]:
    """What every event has; `at` becomes milliseconds."""
    return {"event": kind, "timestamp": round(at.timestamp() * 1000), "message_token": token, **more}


def message(user: str, content: Mapping[str, Any], token: int, at: datetime, *, silent: bool = False) -> dict[str, Any]:
    """Something that a subscriber sent; `content` has `type` and what belongs to it."""
    return event("message", token, at, sender=profile(user), message=dict(content), silent=silent)


def conversation_started(
    user: str, context: str, token: int, at: datetime, *, subscribed: bool = False, language: str = "ru"
) -> dict[str, Any]:
    """A subscriber opened the conversation; `context` is what the deep link carried, and is left out without one."""
    more: dict[str, Any] = {"type": "open", "user": profile(user, language), "subscribed": subscribed}
    return event("conversation_started", token, at, **more, **({"context": context} if context else {}))


def profile(user: str, language: str = "ru") -> dict[str, Any]:
    """Without `send_name` the name says nothing."""
    return {"id": user, "name": "Subscriber", "language": language, "country": "RU", "api_version": 10}
