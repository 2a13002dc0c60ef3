"""Viber and its emulator, as the conformance suite wants to see them."""

import asyncio
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from channels.toolkit.signatures import hmac_sha256
from channels.viber import create
from channels.viber.adapter import ViberChannel
from channels.viber.emulator import Fault, ViberEmulator, user_id
from channels.viber.emulator import callbacks as made
from channels.viber.encode import PREFIX
from core.domain.messages import Address, RawRequest
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
)
from tests.conformance.harness import RECEIVED_AT, SENT_AT, Ability, Harness

TOKEN = "4453b6ac12345678-made-up-90abcdef"
NOWHERE = "http://127.0.0.1:9/hooks/viber"
ANNA = user_id("Anna")
FAULTS: dict[type[SendFailure], Fault | int] = {
    TemporarilyUnavailable: Fault.UNAVAILABLE,
    RateLimited: 12,
    OutcomeUnknown: Fault.GARBLED,
    RecipientUnavailable: 6,
    ContentRejected: 3,
    Misconfigured: 2,
}


def request_of(body: Mapping[str, Any], token: str = TOKEN, received_at: datetime = RECEIVED_AT) -> RawRequest:
    """A callback as the web layer hands it to the channel."""
    call = made.signed(body, token)
    headers = {name.lower(): value for name, value in call.headers.items()}
    return RawRequest(method="POST", path="", headers=headers, body=call.body, received_at=received_at)


def sealed(content: bytes, token: str = TOKEN) -> RawRequest:
    """Any bytes with their signature."""
    headers = {"content-type": "application/json", "x-viber-content-signature": hmac_sha256(token.encode(), content)}
    return RawRequest(method="POST", path="", headers=headers, body=content, received_at=RECEIVED_AT)


class ViberHarness(Harness):
    failures = tuple(FAULTS)
    secrets = (TOKEN,)
    subscriber = Address("viber", ANNA)
    cannot: ClassVar = {
        Ability.ECHO: "Viber does not send the bot's own messages back",
        Ability.REPORTS: "its receipts name its own token of a message, never our key",
        Ability.VENDOR_KEYS: "send_message takes no key of ours",
    }

    def __init__(self, emulator: ViberEmulator) -> None:
        self.emulator = emulator
        emulator.chat(ANNA).is_subscribed = True
        self.channel: ViberChannel = self.build()

    def build(self) -> ViberChannel:
        return create(self.emulator.settings())

    def text(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT) -> RawRequest:
        return request_of(made.message(ANNA, {"type": "text", "text": text}, number, sent_at))

    def press(self, token: str) -> RawRequest:
        return request_of(made.message(ANNA, {"type": "text", "text": f"{PREFIX}{token}"}, 1, SENT_AT, silent=True))

    def photo(self) -> RawRequest:
        content = {"type": "picture", "media": "https://dl-media.viber.example/1.jpg", "text": "4711"}
        return request_of(made.message(ANNA, content, 1, SENT_AT))

    def joined(self, start: str) -> RawRequest:
        return request_of(made.conversation_started(ANNA, start, 1, SENT_AT))

    def left(self) -> RawRequest:
        return request_of(made.event("unsubscribed", 1, SENT_AT, user_id=ANNA))

    def unknown(self) -> RawRequest:
        return request_of(made.event("client_status", 1, SENT_AT, user={"id": ANNA}))

    def handshake(self) -> tuple[RawRequest, bytes]:
        return request_of(made.event("webhook", 1, SENT_AT)), b""

    def garbage(self) -> list[RawRequest]:
        bodies = [
            b"",
            b"\xff\xfe\xfd",
            b"[" * 5000,
            b"[1]",
            b"null",
            b'"4711"',
            b"event=message&text=4711",
            b"1" * 5000,
        ]
        return [sealed(body) for body in bodies]

    def forged(self) -> list[RawRequest]:
        good, name = self.text("4711"), "x-viber-content-signature"
        wrong = ["", "0" * 64, "подпись", "\udcff\x00", good.headers[name][:-1]]
        headers = [{}, *({name: value} for value in wrong)]
        queries = [b"", b"sig=", b"sig=0000", "sig=подпись".encode()]
        requests = [(each, queries[0]) for each in headers] + [({}, query) for query in queries]
        return [
            RawRequest(method="POST", path="", query=query, headers=each, body=good.body, received_at=RECEIVED_AT)
            for each, query in requests
        ]

    def sealed(self, content: bytes) -> RawRequest:
        return sealed(content)

    @property
    def sent(self) -> list[str]:
        return [message.text for message in self.emulator.sent]

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.fail(FAULTS[failure])

    def hang(self) -> asyncio.Event:
        self.emulator.fail(Fault.HANG)
        return self.emulator.abandoned

    def unreachable(self) -> ViberChannel:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/pa"
        return create(self.emulator.settings(api_base=nobody))

    def intruder(self) -> ViberChannel:
        return create(self.emulator.settings(token="wrong"))
