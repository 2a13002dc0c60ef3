"""The three messengers in the same words: what their emulators bring us, take from us, and do wrong when told to."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, SecretStr

import channels.telegram.api  # noqa: F401 - it takes seconds, and no test's patience is meant for that
from channels.telegram import emulator as telegram
from channels.telegram.emulator import updates as telegram_updates
from channels.viber import emulator as viber
from channels.viber.emulator import callbacks as viber_callbacks
from channels.vk import emulator as vk
from channels.vk.emulator import updates as vk_updates
from core.ports.clock import Clock

Pause = Callable[[float], Awaitable[None]]


class Vendor(Protocol):
    """An emulated messenger with one subscriber.

    The names of `faults` are those of tests/survival/data/faults.toml.
    """

    name: ClassVar[str]
    polls: ClassVar[Mapping[str, object]]
    """The settings with which we ask the vendor; empty where only he calls us."""
    user: ClassVar[str]
    faults: ClassVar[Mapping[str, Any]]
    strange_token: ClassVar[str]
    """Well formed, and not ours."""
    emulator: Any

    def update(self, text: str, *, number: int, at: datetime) -> Any:
        """What the vendor tells us of a text; the same `number` is the same update."""

    async def bring(self, update: Any) -> int:
        """One attempt to deliver it; gives our status."""


class Telegram:
    name: ClassVar = "telegram"
    polls: ClassVar[Mapping[str, object]] = {"mode": "polling"}
    user: ClassVar = "5011223344"
    strange_token: ClassVar = "7123456789:AAanother"
    faults: ClassVar = {
        "busy": telegram.Fault.BUSY,
        "unavailable": telegram.Fault.UNAVAILABLE,
        "broken": telegram.Fault.BROKEN,
        "hang": telegram.Fault.HANG,
        "reset": telegram.Fault.RESET,
        "garbled": telegram.Fault.GARBLED,
        "stranger": telegram.Fault.STRANGER,
        "blocked": telegram.Fault.BLOCKED,
    }

    def __init__(self, clock: Clock, pause: Pause) -> None:
        self.emulator = telegram.TelegramEmulator(clock=clock, sleep=pause)
        self.emulator.know(self.user)

    def update(self, text: str, *, number: int, at: datetime) -> dict[str, Any]:
        return {"update_id": number, **telegram_updates.message(int(self.user), number, at, text=text)}

    async def bring(self, update: dict[str, Any]) -> int:
        status, _ = await self.emulator.deliveries.call(update)
        return status


class Viber:
    name: ClassVar = "viber"
    polls: ClassVar[Mapping[str, object]] = {}
    user: ClassVar = viber.user_id("Anna")
    strange_token: ClassVar = "another"
    faults: ClassVar = {
        "busy": viber.Fault.LIMITED,
        "unavailable": viber.Fault.UNAVAILABLE,
        "broken": viber.Fault.BROKEN,
        "hang": viber.Fault.HANG,
        "reset": viber.Fault.RESET,
        "garbled": viber.Fault.GARBLED,
        "stranger": 2,
        "blocked": 6,
    }

    def __init__(self, clock: Clock, pause: Pause) -> None:
        self.emulator = viber.ViberEmulator(clock=clock, sleep=pause)
        self.emulator.chat(self.user).is_subscribed = True

    def update(self, text: str, *, number: int, at: datetime) -> viber_callbacks.Call:
        body = viber_callbacks.message(self.user, {"type": "text", "text": text}, number, at)
        return viber_callbacks.signed(body, self.emulator.token)

    async def bring(self, update: viber_callbacks.Call) -> int:
        status, _ = await self.emulator._call(self.emulator.hooks, update)
        return status


class Vk:
    name: ClassVar = "vk"
    polls: ClassVar[Mapping[str, object]] = {"mode": "longpoll"}
    user: ClassVar = "5550001"
    strange_token: ClassVar = "vk1.a.another"
    faults: ClassVar = {
        "busy": vk.Fault.BUSY,
        "unavailable": vk.Fault.UNAVAILABLE,
        "broken": vk.Fault.BROKEN,
        "hang": vk.Fault.HANG,
        "reset": vk.Fault.RESET,
        "garbled": vk.Fault.GARBLED,
        "stranger": 5,
        "blocked": 901,
    }

    def __init__(self, clock: Clock, pause: Pause) -> None:
        self.emulator = vk.VkEmulator(clock=clock, sleep=pause)
        self.emulator.dialogues.open.add(self.user)

    def update(self, text: str, *, number: int, at: datetime) -> dict[str, Any]:
        return vk_updates.update(
            "message_new",
            vk_updates.message(int(self.user), text, at=at, number=number),
            group_id=self.emulator.community.group_id,
            secret=self.emulator.secret,
            event_id=f"{number:040x}",
        )

    async def bring(self, update: dict[str, Any]) -> int:
        return (await self.emulator.callbacks.call(self.emulator.hooks, update)).status


VENDORS: Mapping[str, Callable[[Clock, Pause], Vendor]] = {each.name: each for each in (Telegram, Viber, Vk)}


def environment(name: str, settings: BaseModel) -> dict[str, str]:
    """The settings of a channel as the environment gives them to the service."""
    given = {field: getattr(settings, field) for field in type(settings).model_fields}
    clear = {
        field: value.get_secret_value() if isinstance(value, SecretStr) else value for field, value in given.items()
    }
    return {f"METERLINE__CHANNELS__{name}__{field}".upper(): str(value) for field, value in clear.items()}
