"""The messenger phones on the page: what a visitor does in them, and what came back through the emulated vendors."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Protocol

from bot.demo.household import STRANGER
from bot.demo.phones import State
from channels.telegram.emulator import TelegramEmulator
from channels.toolkit.emulation import Handset, Shown
from channels.viber.emulator import ViberEmulator, user_id
from channels.vk.emulator import VkEmulator
from core.ports.clock import Clock

KEPT: Final = 200
"""Entries remembered for a visitor."""
WATCH_SECONDS: Final = 3600.0
IDS: Final = 10**9
"""Telegram's and VK's subscribers are numbers; this many are possible, far below the limits of either."""


class Vendor(Handset, Protocol):
    """An emulated vendor, as far as the demo needs it beside its subscribers' phones."""

    @property
    def sent(self) -> Sequence[object]:
        """The messages that it took from us."""

    async def start(self) -> None:
        """Listen on a free port."""

    async def stop(self) -> None:
        """Stop listening."""

    async def wait_for(self, count: int, seconds: float) -> Sequence[object]:
        """Wait until it took so many messages."""


class Kind(StrEnum):
    """What an entry of a conversation is."""

    SAID = "said"
    """We said it."""
    TYPED = "typed"
    """The subscriber wrote it, or pressed a button whose label this messenger shows as his message."""
    PRESSED = "pressed"
    """He pressed a button, of which this messenger shows nothing in the conversation."""
    CONTACT = "contact"
    OPENED = "opened"
    """He opened the conversation; `text` is the account of the bill whose QR code led there."""
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"


@dataclass(slots=True, kw_only=True)
class Entry:
    """One line of a conversation, as the page shows it."""

    id: int
    kind: Kind
    text: str = field(repr=False)
    at: datetime
    state: State = State.SENT
    rows: tuple[tuple[str, ...], ...] = ()
    """The buttons that stand under it."""
    link: str = ""
    link_label: str = ""
    place: int = -1
    """Of what we said, its number among all that we said."""


@dataclass(slots=True)
class Thread:
    """A visitor's conversation in one messenger."""

    entries: list[Entry] = field(default_factory=list)
    heard: int = 0
    """How much of what we said stands in it."""
    blocked: bool = False


class Messenger:
    """The phones of one vendor, one for each visitor, who is known by the words of his browser session."""

    def __init__(self, vendor: Vendor, clock: Clock, user: Callable[[str], str], *, silent: bool) -> None:
        """Make them.

        Args:
            vendor: the emulator.
            clock: dates the entries.
            user: a session's subscriber.
            silent: whether pressing a key below the field for typing leaves no message of the subscriber's.
        """
        self.changed: Callable[[], None] = lambda: None
        """Called whenever a conversation has grown."""
        self.vendor = vendor
        self._clock = clock
        self._user = user
        self._silent = silent
        self._threads: dict[str, Thread] = {}
        self._ids = itertools.count(1)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for replies; from inside the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._listen(), name="demo messenger")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def state(self, session: str) -> dict[str, Any]:
        """A visitor's phone, for the page's JSON."""
        thread = self._threads.get(session, Thread())
        keyboard = self.vendor.keyboard(self._user(session))
        return {
            "entries": [_entry(entry) for entry in thread.entries],
            "keyboard": _keyboard(keyboard) if keyboard is not None else None,
            "blocked": thread.blocked,
        }

    async def open(self, session: str, start: str = "", account: str = "") -> None:
        """Open the conversation; `start` is what the QR code on the account's bill carries."""
        await self._do(session, Kind.OPENED, account, self.vendor.join(self._user(session), start))

    async def type(self, session: str, text: str) -> None:
        """Type a text and send it."""
        await self._do(session, Kind.TYPED, text, self.vendor.write(self._user(session), text))

    async def press(self, session: str, label: str, *, place: int = -1, phone: str = "") -> None:  # noqa: ARG002 - Telegram's
        """Press a key of the keyboard below the field for typing.

        Args:
            session: whose phone.
            label: the key's.
            place: of the message that the button stands under, in what we said; where buttons stand so.
            phone: the number of this phone, where a key may share it.

        Raises:
            LookupError: there is no such button.
        """
        kind = Kind.PRESSED if self._silent else Kind.TYPED
        await self._do(session, kind, label, self.vendor.press(self._user(session), label))

    async def block(self, session: str) -> None:
        """Block us."""
        await self._do(session, Kind.BLOCKED, "", self.vendor.leave(self._user(session)), blocked=True)

    async def unblock(self, session: str) -> None:
        """Let us in again, in this vendor's way."""
        await self._do(session, Kind.UNBLOCKED, "", self._let_in(self._user(session)))

    def _let_in(self, user: str) -> Awaitable[int]:
        return self.vendor.join(user)

    async def _do(self, session: str, kind: Kind, text: str, doing: Awaitable[int], *, blocked: bool = False) -> None:
        """Do something as a subscriber, and show at once that it was done and then whether the service took it."""
        thread = self._thread(session)
        entry = self._add(thread, kind, text)
        try:
            status = await doing
        except LookupError:
            thread.entries.remove(entry)
            raise
        entry.state = State.DELIVERED if status == HTTPStatus.OK else State.REFUSED
        thread.blocked = blocked
        self._look(session, thread)
        self.changed()

    def _thread(self, session: str) -> Thread:
        return self._threads.setdefault(session, Thread())

    def _add(self, thread: Thread, kind: Kind, text: str) -> Entry:
        entry = Entry(id=next(self._ids), kind=kind, text=text, at=self._clock.now())
        thread.entries.append(entry)
        del thread.entries[:-KEPT]
        self.changed()
        return entry

    async def _listen(self) -> None:
        while True:
            with suppress(TimeoutError):
                await self.vendor.wait_for(len(self.vendor.sent) + 1, WATCH_SECONDS)
            for session, thread in self._threads.items():
                self._look(session, thread)

    def _look(self, session: str, thread: Thread) -> None:
        """Show what was said since the last look."""
        for shown in self.vendor.shown(self._user(session))[thread.heard :]:
            entry = self._add(thread, Kind.SAID, shown.text)
            entry.state, entry.place = State.DELIVERED, thread.heard
            if shown.inline:
                entry.rows, entry.link, entry.link_label = shown.rows, shown.link, shown.link_label
            thread.heard += 1


class TelegramPhones(Messenger):
    """Telegram: buttons stand under their message, old ones too, and there are contact cards."""

    def __init__(self, vendor: TelegramEmulator, clock: Clock) -> None:
        super().__init__(vendor, clock, numbered(6 * IDS), silent=False)
        self._telegram = vendor

    async def press(self, session: str, label: str, *, place: int = -1, phone: str = "") -> None:
        """Press a button under a message, or a key of the keyboard that asks for the contact."""
        user = self._user(session)
        keyboard = self._telegram.keyboard(user)
        if place >= 0:
            await self._do(session, Kind.PRESSED, label, self._telegram.press(user, label, place))
        elif keyboard is None or label not in itertools.chain(*keyboard.rows):
            raise LookupError(label)
        elif label == keyboard.contact:
            self._telegram.phones[user] = phone = phone or STRANGER
            await self._do(session, Kind.CONTACT, phone, self._telegram.press(user, label))
        else:
            await super().press(session, label)

    async def share(self, session: str, phone: str) -> None:
        """Share one's own contact card, unasked."""
        await self._do(session, Kind.CONTACT, phone, self._telegram.share_contact(self._user(session), phone))


class ViberPhones(Messenger):
    """Viber: whoever left comes back by subscribing."""

    def __init__(self, vendor: ViberEmulator, clock: Clock) -> None:
        super().__init__(vendor, clock, user_id, silent=True)
        self._viber = vendor

    def _let_in(self, user: str) -> Awaitable[int]:
        return self._viber.subscribe(user)


class VkPhones(Messenger):
    """VK: messages can be allowed again."""

    def __init__(self, vendor: VkEmulator, clock: Clock) -> None:
        super().__init__(vendor, clock, numbered(1), silent=False)
        self._vk = vendor

    def _let_in(self, user: str) -> Awaitable[int]:
        return self._vk.allow(user)


def numbered(first: int) -> Callable[[str], str]:
    """Subscribers whose names are numbers from `first` on, made from the words of a session."""

    def user(session: str) -> str:
        return str(first + int.from_bytes(sha256(session.encode()).digest()[:8]) % IDS)

    return user


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "text": entry.text,
        "at": int(entry.at.timestamp() * 1000),
        "state": entry.state.value,
        "rows": entry.rows,
        "link": entry.link,
        "link_label": entry.link_label,
        "place": entry.place,
    }


def _keyboard(shown: Shown) -> dict[str, Any]:
    return {"rows": shown.rows, "link": shown.link, "link_label": shown.link_label}
