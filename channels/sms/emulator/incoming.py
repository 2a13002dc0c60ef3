"""How each gateway tells us about an SMS and about a delivery: the requests, as they go over the wire. Pure."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote_from_bytes

from channels.toolkit.signatures import as_bytes, hmac_sha256
from core.domain.lengths import is_gsm
from core.domain.messages import Delivery

KANNEL_TYPES: Final = MappingProxyType({Delivery.DELIVERED: "1", Delivery.FAILED: "2", Delivery.BUFFERED: "8"})
SMSGATE_EVENTS: Final = MappingProxyType(
    {
        Delivery.DELIVERED: ("sms:delivered", "deliveredAt"),
        Delivery.FAILED: ("sms:failed", "failedAt"),
        Delivery.BUFFERED: ("sms:sent", "sentAt"),
    }
)
DEVICE: Final = "emulated-phone"
_ESCAPE: Final = re.compile("%([%dA])")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingSms:
    """An SMS on its way to us. Delivered twice, it has the same id both times."""

    sender: str
    text: str = field(repr=False)
    sent_at: datetime
    to: str = "+79990000000"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One call to us."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def kannel(sms: IncomingSms, hooks: str, secret: str, _now: datetime, *, recode: bool = True) -> Hook:
    """A call of smsbox with `%p %P %b %c %C %T %I`; without `mo-recode` a Cyrillic text is UTF-16BE."""
    ucs2 = not recode and not is_gsm(sms.text)
    values = {
        "secret": as_bytes(secret),
        "from": as_bytes(sms.sender),
        "to": as_bytes(sms.to),
        "text": sms.text.encode("utf-16-be" if ucs2 else "utf-8", "surrogatepass"),
        "coding": b"2" if ucs2 else b"0",
        "charset": b"UTF-16BE" if ucs2 else b"UTF-8",
        "ts": b"%d" % int(sms.sent_at.timestamp()),
        "id": as_bytes(sms.id),
    }
    query = "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in values.items())
    return Hook(method="GET", url=f"{hooks}/kannel?{query}")


def generic(sms: IncomingSms, hooks: str, secret: str, _now: datetime) -> Hook:
    """Our own JSON."""
    body = {"id": sms.id, "from": sms.sender, "to": sms.to, "text": sms.text, "sent_at": sms.sent_at.isoformat()}
    return _posted(f"{hooks}/generic", body, {"X-Meterline-Secret": secret})


def smsgate(sms: IncomingSms, hooks: str, secret: str, now: datetime) -> Hook:
    """`sms:received`, signed."""
    payload = {
        "messageId": sms.id.replace("-", "")[:8],
        "sender": sms.sender,
        "recipient": sms.to,
        "simNumber": 1,
        "message": sms.text,
        "receivedAt": sms.sent_at.isoformat(timespec="milliseconds"),
    }
    return _signed(f"{hooks}/smsgate", _envelope("sms:received", payload, sms.id), secret, now)


SHAPES: Final[Mapping[str, Callable[[IncomingSms, str, str, datetime], Hook]]] = MappingProxyType(
    {"kannel": kannel, "generic": generic, "smsgate": smsgate}
)


def kannel_report(dlr_url: str, delivery: Delivery) -> Hook:
    """The dlr-url with `%d`, `%A` and `%%` filled in, as smsbox does."""
    values = {"%": "%", "d": KANNEL_TYPES[delivery], "A": "ACK%2F" if delivery is not Delivery.FAILED else "NACK%2F11"}
    return Hook(method="GET", url=_ESCAPE.sub(lambda found: values[found[1]], dlr_url))


def smsgate_report(hooks: str, secret: str, now: datetime, *, message_id: str, to: str, delivery: Delivery) -> Hook:
    """`sms:sent`, `sms:delivered` or `sms:failed`, signed."""
    event, time_name = SMSGATE_EVENTS[delivery]
    payload = {"messageId": message_id, "recipient": to, "phoneNumber": to, "simNumber": 1, time_name: now.isoformat()}
    if delivery is Delivery.FAILED:
        payload["reason"] = "RESULT_ERROR_GENERIC_FAILURE"
    return _signed(f"{hooks}/smsgate", _envelope(event, payload, f"{event}:{message_id}"), secret, now)


def _envelope(event: str, payload: Mapping[str, object], envelope_id: str) -> dict[str, object]:
    return {"id": envelope_id, "webhookId": "emulated", "event": event, "deviceId": DEVICE, "payload": payload}


def _posted(url: str, body: Mapping[str, object], headers: Mapping[str, str]) -> Hook:
    return Hook(
        method="POST",
        url=url,
        headers={"Content-Type": "application/json", **headers},
        body=json.dumps(body).encode(),
    )


def _signed(url: str, body: Mapping[str, object], key: str, now: datetime) -> Hook:
    """The signature is over the body and the time, as in SMSGate's PayloadSingingPlugin.kt."""
    stamp = str(int(now.timestamp()))
    content = json.dumps(body).encode()
    headers = {"X-Timestamp": stamp, "X-Signature": hmac_sha256(as_bytes(key), content + stamp.encode())}
    return _posted(url, body, headers)
