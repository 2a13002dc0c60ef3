"""The whole service between the vendors' emulators, all channels switched on, for one conversation after another."""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection, delete, select, update
from yarl import URL

from bot.assembly import build
from bot.branches import BranchSettings, PayeeSettings
from bot.ruling import rules
from bot.service import Service
from bot.settings import Settings
from bot.tariffs import read as read_tariffs
from channels.sms.emulator import SmsEmulator
from channels.telegram.emulator import TelegramEmulator
from channels.viber.emulator import ViberEmulator, user_id
from channels.vk.emulator import VkEmulator
from core.acquiring.yookassa.emulator import YookassaEmulator
from core.domain.keys import reference
from core.domain.messages import Arrival, Event
from core.ports.channel import Registers
from core.services.desk.desk import Desk
from core.services.moderation import Moderation
from core.services.outbox import Dispatcher
from core.storage.database import Database
from core.storage.tables import account, case, metadata
from tests.conftest import FixedClock
from tests.journeys.books import Seen
from tests.journeys.handsets import ConsolePhone, Device, SmsPhone, TelegramChat, Terminal, ViberChat, VkChat
from tests.world import AMUR, KHABAROVSK, fill, texts

PUBLIC_URL = "https://meterline.example"
TARIFFS = Path(__file__).parents[1] / "domain" / "data" / "tariffs" / "changes.toml"
BILLS_SECRET = "a-secret-of-the-bills"
_TABLES = tuple(reversed(metadata.sorted_tables))
PAYEE = PayeeSettings(
    name="ПАО Свет", account="40702810138250123017", bank="ПАО СБЕРБАНК", bic="044525225", inn="2723088770"
)
NO_BILLING: Mapping[str, Any] = {}
FAST = 100_000.0
"""Messages a second: no journey waits for a vendor's pace."""
_users = itertools.count(5_000_001)


class Stage:
    """One service and one database for all journeys: to start them takes longer than a conversation."""

    def __init__(self, database_url: str, *, restricted: bool = False, billing: Mapping[str, Any] = NO_BILLING) -> None:
        """`restricted`: no channel may show a balance or an address; `billing`: the section [calculation]."""
        self.clock = FixedClock()
        self.sms = SmsEmulator(clock=self.clock)
        self.telegram = TelegramEmulator(clock=self.clock)
        self.viber = ViberEmulator(clock=self.clock)
        self.vk = VkEmulator(clock=self.clock)
        self.bank = YookassaEmulator(clock=self.clock)
        self.terminal = Terminal(self._say)
        self._url = database_url
        self._restricted = restricted
        self._billing = billing
        self._before: Mapping[str, int] = {}
        self._emulators = {"sms": self.sms, "telegram": self.telegram, "viber": self.viber, "vk": self.vk}

    @property
    def database(self) -> Database:
        return self.service.database

    async def open(self) -> None:
        for emulator in self._emulators.values():
            await emulator.start()
        await self.bank.start()
        self.settings = self._settings()
        self.service: Service = build(self.settings, texts(), self.clock)
        desk_rules = rules(self.settings, texts())
        self._desk = Desk(self.database, desk_rules, Aside(self.clock, 1))
        self._printer = Dispatcher(self.database, self.terminal.channel, Aside(self.clock, 1), per_second=FAST)
        self.moderation = Moderation(
            self.database,
            branches=desk_rules.branches,
            texts=texts(),
            capabilities=desk_rules.capabilities,
            clock=Aside(self.clock, 2),
        )
        for channel in self.service.channels:
            # Telegram's library takes many seconds to load; the journeys are not about that.
            await channel.open()
        host, port = await self.service.start()
        self.url = f"http://{host}:{port}"
        self.sms.hooks = f"{self.url}/hooks/sms"
        self.bank.hook = f"{self.url}/hooks/pay/yookassa"
        for channel in self.service.channels:
            if isinstance(channel, Registers):
                await channel.register(f"http://{host}:{port}")

    async def close(self) -> None:
        await self.service.stop()
        await self.bank.stop()
        for emulator in self._emulators.values():
            await emulator.stop()

    async def begin(self, accounts: Sequence[Mapping[str, Any]]) -> None:
        """Put nothing but these accounts into the database."""

        def job(connection: Connection) -> None:
            for table in _TABLES:
                connection.execute(delete(table))
            fill([dict(given) for given in accounts])(connection)

        await self.database.write(job)
        self.bank.declines = ""
        self._before = {name: len(emulator.sent) for name, emulator in self._emulators.items()}

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

    async def settle(self) -> Seen:
        """What is stored now, once all that stands in the outbox was taken by its vendor."""
        seen = await self.database.read(Seen)
        if seen.outbox["console"]:
            await self._printer.send_due()
            await self._printer.drain(5)
        for name, emulator in self._emulators.items():
            # What is found in a picture is one answer more.
            await emulator.wait_for(self._before[name] + seen.outbox[name] + seen.photos[name])
        for _, dispatcher in self.service.dispatchers:
            # Until a send has ended, nothing else goes to its address; and the clock stands still.
            await dispatcher.drain(5)
        return await self.database.read(Seen) if seen.photos.total() else seen

    async def answer_newest_case(self, channel: str, words: str) -> None:
        """A moderator answers, and closes the case."""
        ref = await self.database.read(lambda connection: _newest_case(connection, channel))
        await self.moderation.reply(ref, words, "irina", close=True)
        self._wake()

    async def pay(self, link: str, amount: str) -> str:
        """Press the button of the payment page behind a link, and of the one-time page before it; the page then.

        `amount` is typed into the page; empty leaves what it proposes.
        """
        async with aiohttp.ClientSession() as session:
            if "/my/" in link:
                async with session.post(link.replace(PUBLIC_URL, self.url), allow_redirects=False) as answer:
                    link = str(answer.url.join(URL(answer.headers["Location"])))
            link = link.replace(PUBLIC_URL, self.url)
            async with session.get(link) as answer:
                page = await answer.text()
            proposed = re.search(r'name="amount"[^>]* value="([^"]*)"', page)
            if proposed is None:
                return page
            async with session.post(link, data={"amount": amount or proposed[1]}) as answer:
                return (await answer.text()).replace("\N{NO-BREAK SPACE}", " ")

    async def let_bank_say(self, account: str, what: str) -> None:
        """The bank decides about the newest payment for an account, and calls us."""
        name = next(
            name for name, kept in reversed(self.bank.payments.items()) if kept.object["description"].endswith(account)
        )
        waiting = self.bank.notification(name)
        {"succeeds": self.bank.succeed, "babbles": self.bank.succeed, "cancels": self.bank.cancel}.get(
            what, self.bank.refund
        )(name)
        calls = [self.bank.notification(name, "refund.succeeded" if what == "refunds" else "")]
        if what == "babbles":
            late = self.bank.notification(name, "payment.canceled")
            calls = [calls[0], waiting, calls[0], late, calls[0]]
        for call in calls:
            assert await self.bank.notify(call) == 200
            await self.service.payments.work()

    async def happen(self, event: str) -> None:
        """Something that nobody of a conversation does."""
        match event:
            case "autopay":
                await self.service.payments.autopays.work()
                await self.service.payments.work()
                self._wake()
            case "bill":
                await self._change(balance=150_000, balance_date=date(2026, 12, 1))
            case "rename":
                await self._change(number=account.c.number + "9", number_key=account.c.number_key + "9")
            case "no money":
                self.bank.declines = "insufficient_funds"

    async def _change(self, **columns: Any) -> None:
        await self.database.write(lambda connection: connection.execute(update(account).values(**columns)))

    async def _say(self, event: Event) -> None:
        assert await self._desk.handle([Arrival(event, self.clock.now())]) == [True]
        self._wake()

    def _wake(self) -> None:
        """What another process has queued, the service finds within half a second; here at once."""
        for _, dispatcher in self.service.dispatchers:
            dispatcher.wake()

    def _settings(self) -> Settings:
        return Settings.model_validate(
            {
                "server": {"port": 0, "public_url": PUBLIC_URL},
                "database": {"url": self._url},
                "privacy": {"restricted": list(self._emulators) if self._restricted else []},
                "channels": {
                    "sms": self.sms.settings(per_second=FAST),
                    "telegram": self.telegram.settings(per_second=FAST),
                    "viber": self.viber.settings(per_second=FAST),
                    "vk": self.vk.settings(per_second=FAST),
                },
                "payments": {"yookassa": self.bank.settings(), "autopay": {"enabled": True}},
                "calculation": self._billing,
                "identity": {"deep_link_secret": BILLS_SECRET},
                "branch": _branches(),
            }
        )


def _branches() -> Sequence[BranchSettings]:
    """Khabarovsk, Amur, which takes payments, one that refuses what comes outside its window, one with price lists."""
    plain = [
        BranchSettings(
            code=branch.code, name=branch.name, timezone=str(branch.timezone), phones=branch.phones, payee=PAYEE
        )
        for branch in (KHABAROVSK, AMUR)
    ]
    plain[1] = plain[1].model_copy(update={"payment_provider": "yookassa"})
    strict = plain[0].model_copy(update={"code": "strict", "outside": "reject", "payment_provider": "yookassa"})
    priced = {"code": "priced", "tariffs": read_tariffs(TARIFFS), "payment_provider": "yookassa"}
    return (*plain, strict, plain[0].model_copy(update=priced))


def _newest_case(connection: Connection, channel: str) -> str:
    newest = select(case.c.id, case.c.reading_id).where(case.c.channel == channel).order_by(case.c.id.desc())
    row = connection.execute(newest.limit(1)).one()
    return reference(row.reading_id or row.id)


class Aside:
    """A clock a little behind another one, so that two that make keys never make the same."""

    def __init__(self, clock: FixedClock, milliseconds: int) -> None:
        self._clock, self._behind = clock, timedelta(milliseconds=milliseconds)

    def now(self) -> datetime:
        return self._clock.now() - self._behind
