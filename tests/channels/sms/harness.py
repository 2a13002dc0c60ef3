"""SMS and its emulated gateways, as the conformance suite wants to see them."""

import asyncio
import socket
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from channels.sms import create
from channels.sms.adapter import SmsChannel
from channels.sms.emulator import Fault, IncomingSms, SmsEmulator
from channels.sms.emulator.incoming import SHAPES, Hook, smsgate_report
from channels.sms.settings import Settings
from channels.toolkit.signatures import hmac_sha256
from core.domain.messages import Address, Delivery, RawRequest
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)
from tests.conformance.harness import RECEIVED_AT, SENT_AT, Ability, Harness

SECRET = "the-gateway's-pass%word"
SENDER = "+79161234567"
OWN = "+79990000000"
FAULTS: dict[type[SendFailure], Fault] = {
    TemporarilyUnavailable: Fault.UNAVAILABLE,
    RateLimited: Fault.BUSY,
    OutcomeUnknown: Fault.GARBLED,
    ContentRejected: Fault.REJECTED,
    Misconfigured: Fault.STRANGER,
}


def raw(hook: Hook, received_at: datetime = RECEIVED_AT) -> RawRequest:
    """The request as the web layer hands it to the channel."""
    parts = urlsplit(hook.url)
    return RawRequest(
        method=hook.method,
        path=parts.path,
        query=parts.query.encode(),
        headers={name.lower(): value for name, value in hook.headers.items()},
        body=hook.body,
        received_at=received_at,
    )


def sign(request: RawRequest, body: bytes, *, key: str = SECRET, at: datetime = RECEIVED_AT) -> RawRequest:
    """An SMSGate request with another body, signed anew."""
    stamp = str(int(at.timestamp()))
    signature = hmac_sha256(key.encode(), body + stamp.encode())
    return replace(request, body=body, headers={**request.headers, "x-timestamp": stamp, "x-signature": signature})


class SmsHarness(Harness):
    """SMS through one of the gateways, both ways."""

    failures = tuple(FAULTS)
    secrets = (SECRET,)
    subscriber = Address("sms", SENDER)
    varies = frozenset({"idempotent_send"})

    def __init__(self, gateway: str, emulator: SmsEmulator) -> None:
        self.gateway = gateway
        self.emulator = emulator
        self.channel: SmsChannel = self.build()
        self.cannot = {
            Ability.HANDSHAKE: "no gateway asks for one",
            Ability.BUTTONS: "an SMS has none",
            Ability.PHOTOS: "an SMS is text",
            Ability.JOINING: "there is nothing to join",
        }
        if gateway == "kannel":
            self.cannot |= {
                Ability.VENDOR_IDS: "sendsms answers without an id",
                Ability.VENDOR_KEYS: "sendsms takes no id of ours",
            }
        if gateway == "generic":
            self.cannot |= {Ability.REPORTS: "its protocol has no delivery reports"}

    def settings(self, **more: object) -> Settings:
        return self.emulator.settings(self.gateway, own_numbers=[OWN], **more)

    def build(self) -> SmsChannel:
        return create(self.settings())

    def text(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT) -> RawRequest:
        sms = IncomingSms(sender=SENDER, text=text, sent_at=sent_at, to=OWN, id=f"{number:08}-3a0d-2bd0")
        return self._incoming(sms)

    def _incoming(self, sms: IncomingSms) -> RawRequest:
        return raw(SHAPES[self.gateway](sms, "", SECRET, RECEIVED_AT))

    def report(self, key: str) -> RawRequest:
        if self.gateway == "kannel":
            query = f"secret={SECRET.replace('%', '%25')}&id={key}&to=79161234567&type=1&answer="
            return RawRequest(method="GET", path="/kannel/dlr", query=query.encode(), received_at=RECEIVED_AT)
        report = smsgate_report("", SECRET, RECEIVED_AT, message_id=key, to=SENDER, delivery=Delivery.DELIVERED)
        return raw(report)

    def echo(self) -> RawRequest:
        return self._incoming(IncomingSms(sender=OWN, text="Принято: 4711", sent_at=SENT_AT, to=SENDER))

    def unknown(self) -> RawRequest:
        """A report of an unknown type, an event of another kind; the generic gateway has but one kind."""
        if self.gateway == "kannel":
            return replace(self.report("1001"), query=self.report("1001").query.replace(b"type=1", b"type=512"))
        if self.gateway == "smsgate":
            return sign(self.text("4711"), b'{"event":"system:ping","payload":{"health":{}}}')
        return self._incoming(IncomingSms(sender="MEGAFON", text="Баланс", sent_at=SENT_AT))

    def garbage(self) -> list[RawRequest]:
        good = self.text("4711")
        if self.gateway == "kannel":
            secret = good.query.split(b"&")[0]
            queries = [secret, secret + b"&from=%2B79161234567", good.query.replace(b"UTF-8", b"EBCDIC")]
            return [replace(good, query=query) for query in queries]
        bodies = [b"", b"\xff\xfe\xfd", b"[" * 5000, b"[1]", b"{}", b'{"id":null,"from":[],"text":7}', b"1" * 5000]
        plain = self.sealed(good.body)
        return [
            *map(self.sealed, bodies),
            replace(plain, headers={**plain.headers, "content-type": "text/plain"}),
            replace(plain, method="GET"),
        ]

    def forged(self) -> list[RawRequest]:
        good = self.text("4711")
        if self.gateway == "kannel":
            others = [b"", b"secret=&", b"secret=wrong&", b"secret=%D0%BF%00%FF&", "secret=пароль&".encode()]
            return [replace(good, query=other + good.query.split(b"&", 1)[1]) for other in others]
        name = "x-signature" if self.gateway == "smsgate" else "x-meterline-secret"
        bare = {key: value for key, value in good.headers.items() if key != name}
        forged = [bare, *({**bare, name: value} for value in ("", "wrong", "пароль", "\udcff\x00"))]
        return [replace(good, headers=headers) for headers in forged]

    def sealed(self, content: bytes) -> RawRequest:
        good = self.text("4711")
        if self.gateway == "kannel":
            return replace(good, query=good.query.split(b"&")[0] + b"&from=%2B79161234567&text=" + content)
        return sign(good, content) if self.gateway == "smsgate" else replace(good, body=content)

    @property
    def sent(self) -> list[str]:
        return [sms.text for sms in self.emulator.sent]

    @property
    def keys(self) -> list[str]:
        return self.emulator.keys

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.fail(FAULTS[failure])

    def hang(self) -> asyncio.Event:
        self.emulator.fail(Fault.HANG)
        return self.emulator.abandoned

    def unreachable(self) -> SmsChannel:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        settings = self.settings().model_dump()
        settings["kannel"]["sendsms_url"] = settings["generic"]["send_url"] = settings["smsgate"]["api_url"] = nobody
        return create(Settings.model_validate(settings))

    def intruder(self) -> SmsChannel:
        settings = self.settings().model_dump()
        settings["kannel"]["password"] = settings["generic"]["secret"] = settings["smsgate"]["password"] = "wrong"
        return create(Settings.model_validate(settings))
