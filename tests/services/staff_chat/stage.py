"""A staff group in each messenger's emulator, the real channel, and the staff chat over a real database."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from aiohttp import web

from channels.telegram.adapter import TelegramChannel
from channels.telegram.emulator import TelegramEmulator
from channels.telegram.emulator.faults import Fault as TelegramFault
from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator
from channels.vk.emulator.faults import Fault as VkFault
from core.domain.keys import Keys
from core.domain.messages import Event, RawRequest
from core.domain.staff import Member, Role
from core.ports.channel import NotAccepted
from core.services.moderation import Moderation
from core.services.staff_chat import Group, Links, StaffChat, Wording, staff_chat
from core.services.texts import Texts
from core.storage import tables
from core.storage.database import Database
from core.storage.staff import add, change
from tests.conftest import FixedClock
from tests.services.moderation.scene import Scene
from tests.world import AMUR, KHABAROVSK, SMS

KINDS = frozenset({"physical_limit", "hand_over", "operator"})
NAMES = {"physical_limit": "beyond the limit", "hand_over": "not understood", "operator": "wants a person"}
REASONS = ("digits", "less", "meter", "much", "photo", "unreadable")
PAGES = "https://sms.example.ru/staff"
IRINA, OLEG, STRANGER = 101, 102, 909


class Messenger(Protocol):
    """What a test does in a group, whatever the messenger."""

    name: str
    chat: str
    channel: Any

    async def start(self, hooks: str) -> None: ...
    async def stop(self) -> None: ...
    def posts(self) -> list[tuple[str, list[list[str]]]]: ...
    async def press(self, user: int, label: str) -> str: ...
    async def press_old(self, user: int, place: int, token: str) -> str: ...
    def told(self, press: str) -> str: ...
    async def write(self, user: int, text: str, *, privately: bool = False) -> None: ...
    def said_to(self, user: int) -> list[str]: ...
    def fail(self, how: str, what: str) -> None: ...
    def delete(self) -> None: ...
    def leave(self) -> None: ...


def naps(clock: FixedClock) -> Callable[[float], Awaitable[None]]:
    """Waits that take no time, though the clock notices them."""

    async def sleep(seconds: float) -> None:
        clock.advance(seconds=seconds)

    return sleep


class InTelegram:
    """A group in Telegram."""

    name = "telegram"

    def __init__(self, clock: FixedClock) -> None:
        self.chat = "-1001234567890"
        self.emulator = TelegramEmulator(clock=clock, sleep=naps(clock))
        self.channel: TelegramChannel

    async def start(self, hooks: str) -> None:
        await self.emulator.start()
        self.emulator.hooks = f"{hooks}/hooks/telegram"
        self.emulator.groups.present.add(int(self.chat))
        self.channel = TelegramChannel(self.emulator.settings())

    async def stop(self) -> None:
        await self.channel.close()
        await self.emulator.stop()

    def posts(self) -> list[tuple[str, list[list[str]]]]:
        found = self.emulator.groups.posts(int(self.chat))
        return [(one.text, [[button["text"] for button in row] for row in one.rows]) for one in found]

    async def press(self, user: int, label: str) -> str:
        return await self.emulator.groups.press(user, int(self.chat), label)

    async def press_old(self, user: int, place: int, token: str) -> str:
        message = self.emulator.groups.posts(int(self.chat))[place]
        return await self.emulator.groups.press_token(user, message, token)

    def told(self, press: str) -> str:
        return self.emulator.api.said[press][0]

    async def write(self, user: int, text: str, *, privately: bool = False) -> None:
        if privately:
            await self.emulator.write(str(user), text)
        else:
            await self.emulator.groups.write(user, int(self.chat), text)

    def said_to(self, user: int) -> list[str]:
        return [shown.text for shown in self.emulator.shown(str(user))]

    def fail(self, how: str, what: str) -> None:
        fault = {"busy": TelegramFault.BUSY, "away": TelegramFault.UNAVAILABLE, "lost": TelegramFault.RESET}[how]
        self.emulator.fail(fault, method={"post": "sendMessage", "edit": "editMessageText"}[what])

    def delete(self) -> None:
        self.emulator.groups.delete(int(self.chat), self.emulator.groups.posts(int(self.chat))[0].message_id)

    def leave(self) -> None:
        self.emulator.groups.present.clear()


class InVk:
    """A chat in VK."""

    name = "vk"

    def __init__(self, clock: FixedClock) -> None:
        self.chat = "2000000007"
        self.emulator = VkEmulator(clock=clock, sleep=naps(clock))
        self.channel: VkCallback

    async def start(self, hooks: str) -> None:
        await self.emulator.start()
        self.emulator.hooks = f"{hooks}/hooks/vk"
        self.emulator.chats.present.add(int(self.chat))
        self.channel = VkCallback(self.emulator.settings())

    async def stop(self) -> None:
        await self.channel.close()
        await self.emulator.stop()

    def posts(self) -> list[tuple[str, list[list[str]]]]:
        found = self.emulator.chats.posts(int(self.chat))
        return [(one.text, [[action["label"] for action in row] for row in one.actions]) for one in found]

    async def press(self, user: int, label: str) -> str:
        return await self.emulator.chats.press(user, int(self.chat), label)

    async def press_old(self, user: int, place: int, token: str) -> str:
        message = self.emulator.chats.posts(int(self.chat))[place]
        return await self.emulator.chats.press_payload(user, message, {"t": token})

    def told(self, press: str) -> str:
        return self.emulator.chats.said[press]

    async def write(self, user: int, text: str, *, privately: bool = False) -> None:
        if privately:
            self.emulator.dialogues.open.add(str(user))
        await self.emulator.chats.write(user, user if privately else int(self.chat), text)

    def said_to(self, user: int) -> list[str]:
        return [one.text for one in self.emulator.chats.posts(user)]

    def fail(self, how: str, what: str) -> None:
        fault = {"busy": VkFault.BUSY, "away": VkFault.UNAVAILABLE, "lost": VkFault.RESET}[how]
        self.emulator.fail(fault, method={"post": "messages.send", "edit": "messages.edit"}[what])

    def delete(self) -> None:
        self.emulator.chats.delete(int(self.chat), self.emulator.chats.posts(int(self.chat))[0].id)

    def leave(self) -> None:
        self.emulator.chats.present.clear()


class Stage:
    """The whole, except for the service's loops: a test makes each step itself."""

    def __init__(self, database: Database, clock: FixedClock, messenger: Messenger) -> None:
        self.database, self.clock, self.messenger = database, clock, messenger
        self.scene = Scene(database, clock)
        self.passed_on: list[Event] = []
        """What went to the desk."""
        self.statuses: list[int] = []
        self.chat: StaffChat
        self._keys = Keys()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hooks/{name}", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        await self.messenger.start(f"http://127.0.0.1:{self._runner.addresses[0][1]}")
        await self.begin()

    async def begin(self, **more: Any) -> None:
        """A new process."""
        moderation = Moderation(
            self.database,
            branches={"khb": KHABAROVSK, "amur": AMUR},
            texts=Texts(),
            capabilities={"sms": SMS},
            clock=self.clock,
            skin="chat",
        )
        self.chat = staff_chat(
            self.database,
            self.clock,
            self.messenger.channel,
            moderation,
            self.wording(**more),
            group=Group(self.messenger.name, self.messenger.chat),
            kinds=KINDS,
        )
        await self.chat.room.enter()

    def wording(self, *, shows_figures: bool = True, language: str = "en") -> Wording:
        return Wording(
            language=language,
            kinds=NAMES,
            reasons=REASONS,
            branches={"khb": KHABAROVSK, "amur": AMUR},
            pages=PAGES,
            shows_figures=shows_figures,
        )

    async def stop(self) -> None:
        assert self._runner is not None
        await self.messenger.stop()
        await self._runner.cleanup()

    async def step(self, *, seconds: float = 2) -> None:
        """What the background work does in one turn."""
        self.clock.advance(seconds=seconds)
        await self.chat.poster.step()
        answers = self.chat.room.answers
        while not answers.empty():
            await self.chat.poster.answer(answers.get_nowait())

    async def press(self, user: int, label: str) -> str:
        """Press the newest button, and what its person is told."""
        press = await self.messenger.press(user, label)
        await self.step()
        return self.messenger.told(press)

    async def hire(self, name: str, role: Role = Role.MODERATOR, **columns: Any) -> Member:
        now = self.clock.now()
        branches = frozenset(columns.pop("branches", ()))
        member = Member(id=self._keys.new(now), name=name, display_name=name, role=role, branches=branches)
        await self.database.write(lambda connection: add(connection, member, now))
        if columns:
            await self.database.write(lambda connection: change(connection, member.id, columns))
        return member

    async def link(self, name: str, user: int, role: Role = Role.MODERATOR, **columns: Any) -> Member:
        """Somebody of the staff, who has linked this account of the messenger."""
        member = await self.hire(name, role, **columns)
        code = await Links(self.database, self.clock, self.messenger.name).offer(member)
        await self.messenger.write(user, f"/link {code.text}", privately=True)
        await self.step()
        return member

    async def doubtful(self, values: Sequence[int] = (57780, 2542), **columns: Any) -> str:
        """A case of a reading in review, opened just now."""
        opened = self.clock.now() - timedelta(minutes=1)
        return await self.scene.case(await self.scene.reading(tuple(values)), opened_at=opened, **columns)

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.scene.rows(tables.staff_post)]

    def texts(self) -> list[str]:
        return [text for text, _ in self.messenger.posts()]

    async def _hook(self, request: web.Request) -> web.Response:
        raw = RawRequest(
            method="POST",
            path="",
            headers=request.headers,
            body=await request.read(),
            received_at=self.clock.now(),
        )
        decoded = self.messenger.channel.decode(raw)
        status = decoded.answer.status
        try:
            self.passed_on.extend(await self.chat.presses.sort_out(decoded.events))
        except NotAccepted:
            status = 503
        self.statuses.append(status)
        headers = {"Content-Type": decoded.answer.content_type}
        return web.Response(status=status, body=decoded.answer.body, headers=headers)
