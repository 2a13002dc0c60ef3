"""The emulated vendors of the demo's four phones, each with secrets of its own, and a bank; all on this machine."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Self

from bot.demo.household import OUR_NUMBER
from bot.demo.messengers import Messenger, TelegramPhones, ViberPhones, VkPhones
from bot.settings import Channels
from channels.sms.emulator import SmsEmulator
from channels.telegram.emulator import TelegramEmulator
from channels.viber.emulator import ViberEmulator
from channels.vk.emulator import VkEmulator
from core.acquiring.yookassa.emulator import YookassaEmulator
from core.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Emulators:
    """One for each channel."""

    sms: SmsEmulator
    telegram: TelegramEmulator
    viber: ViberEmulator
    vk: VkEmulator
    bank: YookassaEmulator

    @classmethod
    def make(cls, clock: Clock) -> Self:
        """All of them; nothing listens yet."""
        return cls(
            SmsEmulator(secret=_secret(), clock=clock),
            TelegramEmulator(secret=_secret(), clock=clock),
            ViberEmulator(token=_secret(), clock=clock),
            VkEmulator(secret=_secret(), clock=clock),
            YookassaEmulator(clock=clock),
        )

    async def start(self, address: str) -> None:
        """Listen on free ports, and call the service at this address."""
        await asyncio.gather(
            self.sms.start(), self.telegram.start(), self.viber.start(), self.vk.start(), self.bank.start()
        )
        self.sms.hooks = f"{address}/hooks/sms"
        self.telegram.hooks = f"{address}/hooks/telegram"
        self.viber.hooks = f"{address}/hooks/viber"
        self.vk.hooks = f"{address}/hooks/vk"
        self.bank.hook, self.bank.notifies = f"{address}/hooks/pay/yookassa", True

    async def stop(self) -> None:
        """Stop listening."""
        await asyncio.gather(self.sms.stop(), self.telegram.stop(), self.viber.stop(), self.vk.stop(), self.bank.stop())

    def settings(self) -> Channels:
        """Settings with which all channels reach them and believe them."""
        return Channels(
            sms=self.sms.settings("kannel", own_numbers=(OUR_NUMBER,)),
            telegram=self.telegram.settings(),
            viber=self.viber.settings(),
            vk=self.vk.settings(),
        )

    def phones(self, clock: Clock) -> dict[str, Messenger]:
        """The messengers' phones by the names of their channels."""
        return {
            "telegram": TelegramPhones(self.telegram, clock),
            "viber": ViberPhones(self.viber, clock),
            "vk": VkPhones(self.vk, clock),
        }


def _secret() -> str:
    """Nobody else on this machine can talk to the service in a vendor's name."""
    return secrets.token_urlsafe(16)
