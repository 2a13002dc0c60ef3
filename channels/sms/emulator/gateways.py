"""What each emulated gateway asks of a message before it takes it, and what it answers."""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from aiohttp import web
from gsm0338 import Codec

from channels.toolkit.signatures import as_bytes, same
from core.domain.lengths import segments

USERNAME: Final = "meterline"
SMSGATE_ID_LIMIT: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSms:
    """An SMS that a gateway took from us. `id` is ours where the gateway is told it."""

    gateway: str
    to: str
    text: str = field(repr=False)
    parts: int
    id: str = ""
    sender: str = ""
    dlr_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The message, and the answer of success; `repeated` when the gateway has it already."""

    sms: SentSms
    status: int
    body: str
    repeated: bool = False


class Refusal(Exception):
    """The gateway does not take the message."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status, self.body = status, body


async def kannel(request: web.Request, secret: str, _known: set[str]) -> Taken:
    """Kannel's sendsms, with the order and the wording of the answers of smsbox 1.4.5."""
    query = request.query
    if query.get("username") != USERNAME or not same(query.get("password", ""), as_bytes(secret)):
        raise Refusal(403, "Authorization failed for sendsms")
    if "to" not in query:
        raise Refusal(400, "Missing receiver number, rejected")
    if not query["to"]:
        raise Refusal(400, "Empty receiver number not allowed, rejected")
    if not query.get("from"):
        raise Refusal(400, "Sender missing and no global set, rejected")
    coding = query.get("coding", "0")
    if coding not in {"0", "1", "2"}:
        raise Refusal(400, "Coding field misformed, rejected")
    if "dlr-url" in query and not query["dlr-url"].startswith("http"):
        raise Refusal(400, "DLR-URL field misformed, rejected")
    text = query.get("text", "")
    if coding == "0":
        # What the 7-bit alphabet does not have, goes out as a question mark.
        text = Codec().decode(Codec().encode(text, "replace")[0])[0]
    sms = SentSms(
        gateway="kannel",
        to=query["to"],
        text=text,
        parts=segments(text),
        sender=query["from"],
        dlr_url=query.get("dlr-url", ""),
    )
    return Taken(sms=sms, status=202, body="0: Accepted for delivery")


async def smsgate(request: web.Request, secret: str, known: set[str]) -> Taken:
    """SMSGate's `POST /message`; an id that was used is a conflict."""
    check_login(request, secret)
    body = await _object(request)
    content, numbers, message_id = body.get("textMessage"), body.get("phoneNumbers"), body.get("id")
    if not isinstance(content, dict) or not content.get("text"):
        raise Refusal(400, '{"message":"Text message is empty"}')
    if not isinstance(numbers, list) or len(numbers) != 1:
        raise Refusal(400, '{"message":"phoneNumbers is empty"}')
    if not isinstance(message_id, str) or len(message_id) > SMSGATE_ID_LIMIT:
        raise Refusal(400, '{"message":"id is too long"}')
    text = str(content["text"])
    sms = SentSms(gateway="smsgate", to=str(numbers[0]), text=text, parts=segments(text), id=message_id)
    if message_id in known:
        return Taken(sms=sms, status=409, body='{"message":"duplicate id"}', repeated=True)
    answer = {"id": message_id, "state": "Pending", "recipients": [{"phoneNumber": sms.to, "state": "Pending"}]}
    return Taken(sms=sms, status=202, body=json.dumps(answer))


def check_login(request: web.Request, secret: str) -> None:
    """Basic authentication, as SMSGate asks for it.

    Raises:
        Refusal: it is missing or wrong.
    """
    login = b64encode(as_bytes(f"{USERNAME}:{secret}")).decode()
    if not same(request.headers.get("Authorization", ""), as_bytes(f"Basic {login}")):
        raise Refusal(401, "")


def knows(request: web.Request, secret: str) -> bool:
    """Tell whether the generic gateway knows the caller."""
    return same(request.headers.get("X-Meterline-Secret", ""), as_bytes(secret))


async def generic(request: web.Request, secret: str, known: set[str]) -> Taken:
    """A gateway that speaks our own JSON: docs/channels/sms.md."""
    if not knows(request, secret):
        raise Refusal(403, '{"error":"secret"}')
    body = await _object(request)
    values = [body.get(name) for name in ("id", "to", "text")]
    if not all(isinstance(value, str) and value for value in values):
        raise Refusal(400, '{"error":"id, to or text is missing"}')
    message_id, to, text = map(str, values)
    sms = SentSms(gateway="generic", to=to, text=text, parts=segments(text), id=message_id)
    return Taken(sms=sms, status=200, body=json.dumps({"id": message_id}), repeated=message_id in known)


async def _object(request: web.Request) -> Mapping[str, object]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, '{"message":"not a JSON object"}')
    return body


Gateway = Callable[[web.Request, str, set[str]], Awaitable[Taken]]
GATEWAYS: Final[Mapping[str, Gateway]] = MappingProxyType({"kannel": kannel, "smsgate": smsgate, "generic": generic})
