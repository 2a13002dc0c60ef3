"""What subscribers hold in their hands: the emulated app of each messenger, a phone with SMS, and `meterline say`."""

import io
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from channels.console import create as create_console
from channels.sms.emulator import IncomingSms, SmsEmulator
from channels.telegram.emulator import TelegramEmulator, updates
from channels.toolkit.album import PICTURE
from channels.toolkit.emulation import Handset, Shown
from channels.viber.emulator import ViberEmulator
from channels.vk.emulator import VkEmulator
from core.domain.messages import Address, Event, TextReceived
from core.ports.clock import Clock
from parsers import Command, parse
from tests.world import texts

_NUMBERED = re.compile(r"^(\d{1,2}) (.+)$", re.MULTILINE)
_WORDS = re.compile(r"(?:Или ответьте|Or reply): (.+)$")
_PRINTED = re.compile(r"^-> (\S+) \(\d parts?\)\n((?:   .*\n)+)", re.MULTILINE)
_LABELS = re.compile("(?:menu|choice|factor|settings)-")
UNLISTED = frozenset({"Меню", "Menu"})
"""The way out, which need not be named where words are typed anyway."""


class Device(Protocol):
    """One subscriber's. Every action returns when we have acknowledged it."""

    address: Address

    async def write(self, text: str) -> None: ...

    async def press(self, label: str) -> None: ...

    async def press_old(self, label: str) -> None: ...

    async def forge(self, token: str) -> None: ...

    async def join(self, start: str) -> None: ...

    async def leave(self) -> None: ...

    async def share_contact(self, phone: str, *, own: bool) -> None: ...

    async def send_photo(self, caption: str, picture: bytes = PICTURE) -> None: ...

    async def send_sticker(self) -> None: ...

    def shown(self) -> Sequence[Shown]: ...

    def offers(self, label: str) -> bool:
        """Whether the last message of ours lets this be chosen."""

    def know(self) -> None:
        """Have written before, so that we may write to him."""


class Chat:
    """A messenger's app, as far as all of them are alike."""

    def __init__(self, channel: str, emulator: Handset, user: str) -> None:
        self.address = Address(channel, user)
        self.user = user
        self._handset = emulator

    async def write(self, text: str) -> None:
        acknowledged(await self._handset.write(self.user, text))

    async def press(self, label: str) -> None:
        acknowledged(await self._handset.press(self.user, label))

    async def join(self, start: str) -> None:
        acknowledged(await self._handset.join(self.user, start))

    async def leave(self) -> None:
        acknowledged(await self._handset.leave(self.user))

    async def share_contact(self, phone: str, *, own: bool) -> None:
        acknowledged(await self._handset.share_contact(self.user, phone, own=own))

    async def send_photo(self, caption: str, picture: bytes = PICTURE) -> None:
        acknowledged(await self._handset.send_photo(self.user, caption, picture))

    def shown(self) -> Sequence[Shown]:
        return self._handset.shown(self.user)

    def offers(self, label: str) -> bool:
        return any(label in row for row in self.shown()[-1].rows)


class TelegramChat(Chat):
    def __init__(self, emulator: TelegramEmulator, user: str) -> None:
        super().__init__("telegram", emulator, user)
        self._emulator = emulator

    def know(self) -> None:
        self._emulator.know(self.user)

    async def press_old(self, label: str) -> None:
        """Buttons stay under their messages."""
        await self.press(label)

    async def forge(self, token: str) -> None:
        message = self._emulator.sent[-1].as_telegram()
        update = updates.press(int(self.user), self._emulator.api.pressed(), token, message)
        acknowledged(await self._emulator.deliveries.deliver(int(self.user), update))

    async def send_sticker(self) -> None:
        acknowledged(await self._emulator.send(self.user, sticker={"file_id": "CAACAgIAAxkBAAIB"}))


class ViberChat(Chat):
    def __init__(self, emulator: ViberEmulator, user: str) -> None:
        super().__init__("viber", emulator, user)
        self._emulator = emulator

    def know(self) -> None:
        self._emulator.chat(self.user).is_subscribed = True

    async def press_old(self, label: str) -> None:
        """As a press does that was still on its way when the next message came."""
        bodies = [button for sent in self._own() for button in sent["keyboard"]["Buttons"] if button["Text"] == label]
        await self.write(bodies[-1]["ActionBody"])

    async def forge(self, token: str) -> None:
        await self.write(f"#ml:{token}")

    async def send_sticker(self) -> None:
        acknowledged(await self._emulator._say(self.user, {"type": "sticker", "sticker_id": 46105}))

    def _own(self) -> Sequence[dict[str, dict[str, list[dict[str, str]]]]]:
        return [dict(body) for body in self._emulator.chat(self.user).messages if "keyboard" in body]


class VkChat(Chat):
    def __init__(self, emulator: VkEmulator, user: str) -> None:
        super().__init__("vk", emulator, user)
        self._emulator = emulator

    def know(self) -> None:
        self._emulator.dialogues.open.add(self.user)

    async def press_old(self, label: str) -> None:
        """As a press does that was still on its way when the next message came."""
        messages = self._emulator.dialogues.with_user(self.user)
        actions = [action for message in messages for row in message.actions for action in row]
        payload = [action["payload"] for action in actions if action["label"] == label][-1]
        acknowledged(await self._emulator.say(self.user, label, payload=payload))

    async def forge(self, token: str) -> None:
        acknowledged(await self._emulator.say(self.user, "?", payload=json.dumps({"t": token})))

    async def send_sticker(self) -> None:
        sticker = {"type": "sticker", "sticker": {"product_id": 1, "sticker_id": 14}}
        acknowledged(await self._emulator.say(self.user, "", attachments=[sticker]))


class Plain:
    """Text and nothing else: what is on offer stands in our last message."""

    address: Address

    async def write(self, text: str) -> None:
        raise NotImplementedError

    def shown(self) -> Sequence[Shown]:
        raise NotImplementedError

    async def press(self, label: str) -> None:
        """Type the number of the choice, or its word: one that is on offer, or one that is understood anywhere."""
        text = self.shown()[-1].text if self.shown() else ""
        typed = typing(text, label)
        if not typed and (label in UNLISTED or not choices(text)):
            typed = label if isinstance(parse(label), Command) else ""
        if not typed:
            raise LookupError(f"{label!r} is not on offer in {text!r}")
        await self.write(typed)

    def offers(self, label: str) -> bool:
        return label in UNLISTED or bool(typing(self.shown()[-1].text, label))

    def know(self) -> None:
        """A phone is known by its number."""

    async def press_old(self, label: str) -> None:
        raise NotImplementedError("no message has buttons")

    async def forge(self, token: str) -> None:
        raise NotImplementedError("no message has buttons")

    async def join(self, start: str) -> None:
        raise NotImplementedError("there is no chat to join")

    async def leave(self) -> None:
        raise NotImplementedError("there is no chat to leave")

    async def share_contact(self, phone: str, *, own: bool) -> None:
        raise NotImplementedError("there are no contact cards")

    async def send_photo(self, caption: str, picture: bytes = PICTURE) -> None:
        raise NotImplementedError("there are no pictures")

    async def send_sticker(self) -> None:
        raise NotImplementedError("there are no stickers")


class SmsPhone(Plain):
    """A phone in front of the gateway."""

    def __init__(self, emulator: SmsEmulator, phone: str, clock: Clock) -> None:
        self.address = Address("sms", phone)
        self._emulator, self._clock = emulator, clock
        self._begun = len(emulator.sent)

    async def write(self, text: str) -> None:
        sms = IncomingSms(sender=self.address.external_id, text=text, sent_at=self._clock.now())
        status = await self._emulator.deliver("kannel", sms)
        assert status == 200, status

    def shown(self) -> Sequence[Shown]:
        mine = self._emulator.sent[self._begun :]
        return [Shown(sms.text) for sms in mine if sms.to == self.address.external_id]


class Terminal:
    """Where the console prints."""

    def __init__(self, accept: Callable[[Event], Awaitable[None]]) -> None:
        """`accept` hands an event to the desk, as `meterline say` does."""
        self.accept = accept
        self.paper = io.StringIO()
        self.channel = create_console(self.paper)
        self.said = 0

    def printed(self, begun: int) -> list[tuple[str, str]]:
        """Phones and texts, behind this place of the paper."""
        found = _PRINTED.findall(self.paper.getvalue()[begun:])
        return [(phone, "\n".join(line[3:] for line in lines.splitlines())) for phone, lines in found]


class ConsolePhone(Plain):
    """`meterline say --from PHONE`."""

    def __init__(self, terminal: Terminal, phone: str, clock: Clock) -> None:
        self.address = Address("console", phone)
        self._terminal, self._clock = terminal, clock
        self._begun = len(terminal.paper.getvalue())

    async def write(self, text: str) -> None:
        self._terminal.said += 1
        event_id = f"say:{self._terminal.said}"
        sent_at = self._clock.now()
        await self._terminal.accept(TextReceived(event_id=event_id, address=self.address, sent_at=sent_at, text=text))

    def shown(self) -> Sequence[Shown]:
        printed = self._terminal.printed(self._begun)
        return [Shown(text) for phone, text in printed if phone == self.address.external_id]


def acknowledged(status: int) -> None:
    """Whether the vendor need not deliver again."""
    assert status == 200, f"our answer was {status}"


def choices(text: str) -> dict[str, str]:
    """What a text without buttons lets one choose, each with what is to be typed for it."""
    found = {label: number for number, label in _NUMBERED.findall(text)}
    words = _WORDS.search(text)
    return found | ({word: word for word in words[1].split(", ")} if words else {})


def typing(text: str, label: str) -> str:
    """What is to be typed to choose a label, which an SMS may show in its short form; empty where it is not listed."""
    listed = choices(text)
    return next((listed[name] for name in (label, *_short_forms(label)) if name in listed), "")


def _short_forms(label: str) -> Sequence[str]:
    """The short forms of a label, by the texts themselves."""
    found = []
    for language in ("ru", "en"):
        for key in filter(_LABELS.match, texts().keys(language)):
            names = texts().placeholders(language, key)
            full, *short = texts().variants(language, key, **{name: f"<{name}>" for name in names})
            shape = re.escape(full)
            for name in names:
                shape = shape.replace(re.escape(f"<{name}>"), f"(?P<{name}>.+)")
            if short and (fitting := re.fullmatch(shape, label)):
                found.append(re.sub("<(.+?)>", lambda mark: fitting[mark[1]], short[0]))
    return found
