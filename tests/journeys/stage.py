"""The whole service between the vendors' emulators, with all channels switched on, for one conversation after another."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, delete, func, select

from bot.assembly import build, rules
from bot.service import Service
from bot.settings import BranchSettings, Settings
from channels.sms.emulator import SmsEmulator
from channels.telegram.emulator import TelegramEmulator
from channels.viber.emulator import ViberEmulator, user_id
from channels.vk.emulator import VkEmulator
from core.domain.messages import Arrival, Event
from core.ports.channel import Registers
from core.services.desk.desk import Desk
from core.services.moderation import Moderation
from core.services.outbox import Dispatcher
from core.storage.database import Database
from core.storage.tables import metadata, outbox
from tests.conftest import FixedClock
from tests.journeys.handsets import ConsolePhone, Device, SmsPhone, TelegramChat, Terminal, ViberChat, VkChat
from tests.world import AMUR, KHABAROVSK, texts

PUBLIC_URL = "https://meterline.example"
BILLS_SECRET = "a-secret-of-the-bills"
FAST = 100_000.0
"""Messages a second: no journey waits for a vendor's pace."""
_users = itertools.count(5_000_001)


class Stage:
    """One service and one database for all journeys: to start them takes longer than a conversation."""

    def __init__(self, database_url: str) -> None:
        self.clock = FixedClock()
        self.sms = SmsEmulator(clock=self.clock)
        self.telegram = TelegramEmulator(clock=self.clock)
        self.viber = ViberEmulator(clock=self.clock)
        self.vk = VkEmulator(clock=self.clock)
        self.terminal = Terminal(self._say)
        self._url = database_url
        self._before: Mapping[str, int] = {}

    @property
    def database(self) -> Database:
        return self.service.database

    async def open(self) -> None:
        for emulator in (self.sms, self.telegram, self.viber, self.vk):
            await emulator.start()
        self.settings = self._settings()
        self.service: Service = build(self.settings, texts(), self.clock)
        desk_rules = rules(self.settings, texts())
        self._desk = Desk(self.database, desk_rules, self.clock)
        self._printer = Dispatcher(self.database, self.terminal.channel, self.clock, per_second=FAST)
        self.moderation = Moderation(
            self.database,
            branches=desk_rules.branches,
            texts=texts(),
            capabilities=desk_rules.capabilities,
            clock=self.clock,
        )
        host, port = await self.service.start()
        self.sms.hooks = f"http://{host}:{port}/hooks/sms"
        for channel in self.service.channels:
            if isinstance(channel, Registers):
                await channel.register(f"http://{host}:{port}")

    async def close(self) -> None:
        await self.service.stop()
        for emulator in (self.sms, self.telegram, self.viber, self.vk):
            await emulator.stop()

    async def clear(self) -> None:
        """Empty the database before another journey."""
        await self.database.write(_empty)
        self._before = self._taken()

    def device(self, channel: str, phone: str) -> Device:
        """One that has not been used yet; `phone` is the number in it."""
        user = str(next(_users))
        match channel:
            case "sms":
                return SmsPhone(self.sms, phone, self.clock)
            case "console":
                return ConsolePhone(self.terminal, phone, self.clock)
            case "telegram":
                self.telegram.phones[user] = phone
                return TelegramChat(self.telegram, user)
            case "viber":
                return ViberChat(self.viber, user_id(user))
            case "vk":
                return VkChat(self.vk, user)
        raise LookupError(channel)

    async def settle(self) -> None:
        """Wait until everything that stands in the outbox was taken by its vendor."""
        for _, dispatcher in self.service.dispatchers:
            # What the console or a moderator has queued, the service would find within half a second.
            dispatcher.wake()
        await self._printer.send_due()
        await self._printer.drain(5)
        waiting = await self.database.read(_by_channel)
        for name, emulator in self._emulators().items():
            await emulator(self._before[name] + waiting[name])

    async def _say(self, event: Event) -> None:
        assert await self._desk.handle([Arrival(event, self.clock.now())]) == [True]

    def _emulators(self) -> dict[str, Callable[[int], object]]:
        return {
            "sms": self.sms.wait_for,
            "telegram": self.telegram.wait_for,
            "viber": self.viber.wait_for,
            "vk": self.vk.wait_for,
        }

    def _taken(self) -> Mapping[str, int]:
        emulators = {"sms": self.sms, "telegram": self.telegram, "viber": self.viber, "vk": self.vk}
        return {name: len(emulator.sent) for name, emulator in emulators.items()}

    def _settings(self) -> Settings:
        return Settings.model_validate(
            {
                "server": {"port": 0, "public_url": PUBLIC_URL},
                "database": {"url": self._url},
                "channels": {
                    "sms": self.sms.settings(per_second=FAST),
                    "telegram": self.telegram.settings(per_second=FAST),
                    "viber": self.viber.settings(per_second=FAST),
                    "vk": self.vk.settings(per_second=FAST),
                },
                "identity": {"deep_link_secret": BILLS_SECRET},
                "branch": _branches(),
            }
        )


def _branches() -> Sequence[BranchSettings]:
    """Khabarovsk, Amur, and one that refuses what comes outside its window."""
    plain = [
        BranchSettings(code=branch.code, name=branch.name, timezone=str(branch.timezone), phones=branch.phones)
        for branch in (KHABAROVSK, AMUR)
    ]
    return (*plain, plain[0].model_copy(update={"code": "strict", "outside": "reject"}))


def _by_channel(connection: Connection) -> Counter[str]:
    rows = connection.execute(select(outbox.c.channel, func.count()).group_by(outbox.c.channel)).all()
    return Counter({channel: count for channel, count in rows})


def _empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))
