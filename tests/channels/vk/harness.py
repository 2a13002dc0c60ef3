"""VK and its emulator, as the conformance suite wants to see them."""

import asyncio
import json
import socket
from datetime import datetime

from channels.vk.adapter import VkCallback
from channels.vk.emulator import Fault, VkEmulator, updates
from channels.vk.settings import Settings
from core.domain.messages import Address, RawRequest
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from tests.conformance.harness import RECEIVED_AT, SENT_AT, Ability, Harness

TOKEN = "vk1.a.made-up-token&%"
SECRET = "made-up-secret"
CONFIRMATION = "1a2b3c4d"
GROUP_ID = 223_000_111
USER = 5_550_001
FAULTS: dict[type[SendFailure], Fault | int] = {
    TemporarilyUnavailable: Fault.UNAVAILABLE,
    RateLimited: 6,
    OutcomeUnknown: Fault.GARBLED,
    RecipientUnavailable: 901,
    ContentRejected: 100,
    UnsupportedContent: 911,
    Misconfigured: 5,
}


def posted(body: bytes | updates.Update, received_at: datetime = RECEIVED_AT) -> RawRequest:
    """The request as the web layer hands it to the channel."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    return RawRequest(method="POST", path="", headers=headers, body=content, received_at=received_at)


def told(kind: str, content: updates.Update | None, *, number: int = 1, secret: str = SECRET) -> updates.Update:
    """An update; the same `number` is the same one."""
    return updates.update(kind, content, group_id=GROUP_ID, secret=secret, event_id=f"{number:040x}")


class VkHarness(Harness):
    """A community at VK that hears by callbacks."""

    failures = tuple(FAULTS)
    secrets = (TOKEN, SECRET)
    subscriber = Address("vk", str(USER))

    def __init__(self, emulator: VkEmulator) -> None:
        self.cannot = {Ability.REPORTS: "VK tells what was read, not what was delivered"}
        self.emulator = emulator
        self.emulator.dialogues.open.add(str(USER))
        self.channel: VkCallback = self.build()

    def settings(self, **more: object) -> Settings:
        return self.emulator.settings(**more)

    def build(self) -> VkCallback:
        return VkCallback(self.settings())

    def text(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT) -> RawRequest:
        return self._message(text, number=number, sent_at=sent_at)

    def _message(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT, **more: object) -> RawRequest:
        message = updates.message(USER, text, at=sent_at, number=number, **more)
        return posted(told("message_new", message, number=number))

    def press(self, token: str) -> RawRequest:
        return self._message("Да", payload=json.dumps({"t": token}))

    def photo(self) -> RawRequest:
        return self._message("", attachments=[updates.photo()])

    def joined(self, start: str) -> RawRequest:
        return self._message("Начать", payload=updates.START, ref=start)

    def left(self) -> RawRequest:
        return posted(told("message_deny", {"user_id": USER}))

    def echo(self) -> RawRequest:
        message = updates.message(USER, "Принято: 4711", at=SENT_AT, from_id=-GROUP_ID, out=1)
        return posted(told("message_reply", message["message"]))

    def unknown(self) -> RawRequest:
        return posted(told("market_order_new", {"id": 7, "user_id": USER}))

    def handshake(self) -> tuple[RawRequest, bytes]:
        return posted(told("confirmation", None, secret="")), CONFIRMATION.encode()

    def garbage(self) -> list[RawRequest]:
        """Not JSON, or not an object. The secret is in the body, so there is no garbage that carries it."""
        bodies = [b"", b"\xff\xfe\xfd", b"[" * 5000, b"[1]", b"null", b"7", b'"ok"', b"1" * 5000, b"a=1&secret=2"]
        return [posted(body) for body in bodies]

    def forged(self) -> list[RawRequest]:
        message = updates.message(USER, "4711", at=SENT_AT)
        secrets = [None, "", "wrong", "секрет", "\udcff\x00", 7, ["made-up-secret"], SECRET.upper(), f"{SECRET} "]
        return [posted({**told("message_new", message, secret=""), "secret": secret}) for secret in secrets] + [
            posted(told("message_new", message, secret="")),
            posted({**told("message_new", message), "group_id": GROUP_ID + 1}),
        ]

    def sealed(self, content: bytes) -> RawRequest:
        return posted(json.dumps(told("message_new", None))[:-1].encode() + b', "object": ' + content + b"}")

    @property
    def sent(self) -> list[str]:
        return [message.text for message in self.emulator.sent]

    @property
    def keys(self) -> list[str]:
        return self.emulator.keys

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.fail(FAULTS[failure])

    def hang(self) -> asyncio.Event:
        self.emulator.fail(Fault.HANG)
        return self.emulator.abandoned

    def unreachable(self) -> VkCallback:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        return VkCallback(self.settings(api_base=nobody))

    def intruder(self) -> VkCallback:
        return VkCallback(self.settings(token="vk1.a.wrong"))
