"""What we send to each gateway. Pure: an `Outbound` becomes the one HTTP call that hands it over."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

from channels.sms.settings import GenericSettings, KannelSettings, Settings, SmsGateSettings
from channels.toolkit.signatures import as_bytes
from core.domain.lengths import is_gsm, segments
from core.domain.messages import Outbound
from core.ports.channel import Misconfigured, UnsupportedContent

SEGMENTS_LIMIT: Final = 2
"""A reply costs money per part; what does not fit in two should have been said shorter."""
DLR_MASK: Final = "31"
"""All reports: 1 delivered, 2 failed, 4 queued, 8 taken by the SMSC, 16 refused by it."""
SMSGATE_ID_LIMIT: Final = 36
"""https://docs.sms-gate.app/features/sending-messages/: the client's id has at most 36 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP call. `hide` is what must not show when the vendor's answer is quoted."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    hide: tuple[str, ...] = field(default=(), repr=False)


def check(outbound: Outbound) -> None:
    """See that an SMS can carry the message.

    Raises:
        UnsupportedContent: something else than one or two parts of text, or an address that is no number.
    """
    if outbound.buttons or outbound.link or outbound.image:
        raise UnsupportedContent("an SMS carries text only")
    if not outbound.text:
        raise UnsupportedContent("the text is empty")
    if (size := segments(outbound.text)) > SEGMENTS_LIMIT:
        raise UnsupportedContent(f"the text needs {size} parts, {SEGMENTS_LIMIT} are allowed")
    if not outbound.to.external_id.startswith("+"):
        raise UnsupportedContent("the address is no number in E.164")


def _kannel(outbound: Outbound, settings: Settings) -> Call:
    """GET sendsms: Kannel 1.4.5 User's Guide, table 7-17."""
    ours = settings.kannel
    query = kannel_login(ours) | {
        "from": ours.sender,
        "to": outbound.to.external_id,
        "text": outbound.text,
        "charset": "UTF-8",
        "coding": "0" if is_gsm(outbound.text) else "2",
    }
    if ours.dlr_url:
        query |= {"dlr-mask": DLR_MASK, "dlr-url": _dlr_url(outbound, ours)}
    if not ours.sender:
        del query["from"]
    return Call(
        method="GET",
        url=f"{ours.sendsms_url}?{urlencode(query, errors='replace', quote_via=quote)}",
        hide=(outbound.text, *_spellings(outbound), query["password"]),
    )


def kannel_login(ours: KannelSettings) -> dict[str, str]:
    """The parameters that every call to sendsms begins with.

    Raises:
        Misconfigured: there are none.
    """
    if not ours.sendsms_url or not ours.username:
        raise Misconfigured("sendsms_url or username of Kannel is not set")
    return {"username": ours.username, "password": ours.password.get_secret_value()}


def _dlr_url(outbound: Outbound, ours: KannelSettings) -> str:
    """The address for reports. Kannel fills in `%d` and `%A`; a per cent sign of our own is therefore doubled."""
    literal = {
        "secret": ours.secret.get_secret_value(),
        "id": outbound.idempotency_key,
        "to": outbound.to.external_id.removeprefix("+"),
    }
    query = urlencode(literal, quote_via=quote).replace("%", "%%")
    return f"{ours.dlr_url}?{query}&type=%d&answer=%A"


def _generic(outbound: Outbound, settings: Settings) -> Call:
    """POST of `{"id", "to", "text"}` with our secret in a header."""
    ours = settings.generic
    secret = ours.secret.get_secret_value()
    if not ours.send_url:
        raise Misconfigured("send_url of the generic gateway is not set")
    return Call(
        method="POST",
        url=ours.send_url,
        headers=generic_headers(ours),
        body=_json({"id": outbound.idempotency_key, "to": outbound.to.external_id, "text": outbound.text}),
        hide=(outbound.text, *_spellings(outbound), secret),
    )


def generic_headers(ours: GenericSettings) -> dict[str, str]:
    """The headers of every call to the generic gateway."""
    return {"X-Meterline-Secret": ours.secret.get_secret_value(), "Content-Type": "application/json"}


def _smsgate(outbound: Outbound, settings: Settings) -> Call:
    """POST /message: https://docs.sms-gate.app/features/sending-messages/. Our id makes a repetition harmless."""
    ours = settings.smsgate
    if len(outbound.idempotency_key) > SMSGATE_ID_LIMIT:
        raise UnsupportedContent(f"SMSGate takes ids of at most {SMSGATE_ID_LIMIT} characters")
    body: dict[str, object] = {
        "id": outbound.idempotency_key,
        "textMessage": {"text": outbound.text},
        "phoneNumbers": [outbound.to.external_id],
        "withDeliveryReport": True,
    }
    if outbound.expires_at is not None:
        body["validUntil"] = outbound.expires_at.isoformat(timespec="milliseconds")
    headers = smsgate_headers(ours)
    return Call(
        method="POST",
        url=ours.api_url.rstrip("/") + "/message",
        headers=headers,
        body=_json(body),
        hide=(outbound.text, *_spellings(outbound), ours.password.get_secret_value()),
    )


def smsgate_headers(ours: SmsGateSettings) -> dict[str, str]:
    """The headers of every call to SMSGate.

    Raises:
        Misconfigured: the address or the login is not set.
    """
    if not ours.api_url or not ours.username:
        raise Misconfigured("api_url or username of SMSGate is not set")
    login = b64encode(as_bytes(f"{ours.username}:{ours.password.get_secret_value()}")).decode()
    return {"Authorization": f"Basic {login}", "Content-Type": "application/json"}


_ENCODERS: Final[Mapping[str, Callable[[Outbound, Settings], Call]]] = MappingProxyType(
    {"kannel": _kannel, "generic": _generic, "smsgate": _smsgate}
)


def encode(outbound: Outbound, settings: Settings) -> Call:
    """The call to the gateway that sends.

    Raises:
        UnsupportedContent: see `check`.
        Misconfigured: the gateway's address or login is not set.
    """
    check(outbound)
    return _ENCODERS[settings.gateway](outbound, settings)


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def _spellings(outbound: Outbound) -> tuple[str, str]:
    """The number with and without its plus, as a vendor may repeat it."""
    return outbound.to.external_id, outbound.to.external_id.removeprefix("+")
