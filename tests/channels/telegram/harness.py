"""Telegram and its emulator, as the conformance suite wants to see them."""

import asyncio
import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from channels.telegram import create
from channels.telegram.adapter import TelegramChannel
from channels.telegram.emulator import Fault, TelegramEmulator, updates
from channels.telegram.emulator.chats import SentMessage
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

TOKEN = "7123456789:AAmade-up_for-tests-only"
SECRET = "made-up_for-tests-only"
SUBSCRIBER = "5011223344"
CHAT = int(SUBSCRIBER)
HEADER = "x-telegram-bot-api-secret-token"
FAULTS: dict[type[SendFailure], Fault] = {
    TemporarilyUnavailable: Fault.UNAVAILABLE,
    RateLimited: Fault.BUSY,
    OutcomeUnknown: Fault.GARBLED,
    RecipientUnavailable: Fault.BLOCKED,
    ContentRejected: Fault.REJECTED,
    Misconfigured: Fault.STRANGER,
}


def posted(body: bytes, received_at: datetime = RECEIVED_AT, **headers: str) -> RawRequest:
    """A call of the webhook."""
    ours = {HEADER: SECRET, "content-type": "application/json"}
    return RawRequest(method="POST", path="", headers={**ours, **headers}, body=body, received_at=received_at)


def brought(update: Mapping[str, Any], number: int = 1, received_at: datetime = RECEIVED_AT) -> RawRequest:
    """The call that brings an update."""
    return posted(json.dumps({"update_id": number, **update}).encode(), received_at)


class TelegramHarness(Harness):
    """A bot that Telegram calls."""

    failures = tuple(FAULTS)
    secrets = (TOKEN, TOKEN.partition(":")[2], SECRET)
    subscriber = Address("telegram", SUBSCRIBER)
    cannot: Mapping[Ability, str] = MappingProxyType(
        {
            Ability.HANDSHAKE: "Telegram asks for none",
            Ability.REPORTS: "the Bot API has no delivery reports",
            Ability.VENDOR_KEYS: "sendMessage takes no key of ours",
        }
    )

    def __init__(self, emulator: TelegramEmulator) -> None:
        self.emulator = emulator
        emulator.know(SUBSCRIBER)
        self.channel: TelegramChannel = self.build()

    def build(self) -> TelegramChannel:
        return create(self.emulator.settings())

    def text(self, text: str, *, number: int = 1, sent_at: datetime = SENT_AT) -> RawRequest:
        return brought(updates.message(CHAT, number, sent_at, text=text), number)

    def press(self, token: str) -> RawRequest:
        message = SentMessage(chat=CHAT, message_id=1, text="Верно?", date=int(SENT_AT.timestamp()))
        return brought(updates.press(CHAT, "4382", token, message.as_telegram()))

    def photo(self) -> RawRequest:
        return brought(updates.message(CHAT, 1, SENT_AT, photo=updates.photo()))

    def joined(self, start: str) -> RawRequest:
        return self.text(f"/start {start}")

    def left(self) -> RawRequest:
        return brought(updates.membership(CHAT, SENT_AT, "member", "kicked"))

    def echo(self) -> RawRequest:
        ours = updates.message(CHAT, 1, SENT_AT, text="Принято: 4711")
        ours["message"]["from"] = updates.BOT
        return brought(ours)

    def unknown(self) -> RawRequest:
        return brought({"poll_answer": {"poll_id": "1", "user": updates.user(CHAT), "option_ids": [0]}})

    def garbage(self) -> list[RawRequest]:
        good = self.text("4711")
        bodies = [b"", b"\xff\xfe\xfd", b"[" * 5000, b"[1]", b"null", b'"4711"', b"1" * 5000, b'{"update_id":1']
        plain = replace(good, headers={**good.headers, "content-type": "text/plain"})
        return [*map(posted, bodies), plain, replace(good, method="GET"), replace(good, path="/more")]

    def forged(self) -> list[RawRequest]:
        good = self.text("4711")
        bare = {name: value for name, value in good.headers.items() if name != HEADER}
        forged = [bare, *({**bare, HEADER: value} for value in ("", "wrong", SECRET + "x", "пароль", "\udcff\x00"))]
        return [replace(good, headers=headers) for headers in forged]

    def sealed(self, content: bytes) -> RawRequest:
        return posted(content)

    @property
    def sent(self) -> list[str]:
        return [message.text for message in self.emulator.sent]

    def fail(self, failure: type[SendFailure]) -> None:
        self.emulator.fail(FAULTS[failure])

    def hang(self) -> asyncio.Event:
        self.emulator.fail(Fault.HANG)
        return self.emulator.api.abandoned

    def unreachable(self) -> TelegramChannel:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        return create(self.emulator.settings(api_base=nobody))

    def intruder(self) -> TelegramChannel:
        return create(self.emulator.settings(token="7123456789:AAanother"))
