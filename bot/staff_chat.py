"""The staff's group in a messenger: the section [staff_chat] of meterline.toml, and what it makes of the parts."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from bot.complaints import nearest
from core.domain.cases import KINDS
from core.domain.readings import Code
from core.ports.posts import Posts

if TYPE_CHECKING:
    from bot.registry import Line
    from bot.settings import Settings
    from core.ports.clock import Clock
    from core.services.staff_chat import StaffChat
    from core.services.texts import Texts
    from core.storage.database import Database

REASON: Final = "reason-"
_CHAT: Final = re.compile(r"-?[1-9][0-9]{0,18}", re.ASCII)


class StaffChatSettings(BaseModel):
    """A group of staff that is told of new cases. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    enabled: bool = Field(default=False, examples=[False])
    channel: Literal["telegram", "vk"] = Field(default="telegram", examples=["telegram"])
    """The messenger that the group is in; its own section must be enabled too."""
    chat: str = Field(default="", examples=["-1001234567890"])
    """The group's number: negative in Telegram, above 2000000000 in VK."""
    kinds: tuple[str, ...] = Field(
        default=(Code.PHYSICAL_LIMIT.value, Code.UNCONFIRMED.value, Code.ROLLOVER.value),
        examples=[["physical_limit", "unconfirmed", "rollover"]],
    )
    """Which kinds of case are posted (`docs/moderation.md` lists them)."""
    locale: Literal["ru", "en"] = Field(default="ru", examples=["ru"])

    @property
    def messenger(self) -> str:
        """The channel of the group; empty where there is none."""
        return self.channel if self.enabled else ""

    @field_validator("chat")
    @classmethod
    def _number(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("enabled"):
            raise ValueError("is needed where the staff chat is enabled; docs/moderation.md says how to find it")
        if value and not _CHAT.fullmatch(value):
            raise ValueError("should be the group's number, in quotes")
        return value

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for kind in value:
            if kind not in KINDS:
                raise ValueError(f"no kind of case is called {kind!r}{nearest(kind, KINDS)}")
        return value


def chatting(
    settings: "Settings", database: "Database", clock: "Clock", texts: "Texts", switched_on: Iterable["Line"]
) -> "StaffChat | None":
    """The staff chat as the configuration has it; None where it is off. Does no I/O."""
    section = settings.staff_chat
    channel = next((line.channel for line in switched_on if line.channel.name == section.channel), None)
    if not section.enabled or not isinstance(channel, Posts):
        return None
    from bot.registry import capabilities  # noqa: PLC0415 - it reads the settings, which read this module
    from bot.web.staff.looks import words  # noqa: PLC0415 - the same
    from core.services.moderation import Moderation  # noqa: PLC0415 - the same
    from core.services.staff_chat import Group, Wording, staff_chat  # noqa: PLC0415 - the same

    known, server = capabilities(settings), settings.server
    moderation = Moderation(
        database,
        branches=settings.branches(),
        texts=texts,
        capabilities=known,
        clock=clock,
        skin="chat",
        claim=timedelta(minutes=settings.moderation.claim_minutes),
        confirm=timedelta(hours=settings.limits.confirm_hours),
    )
    wording = Wording(
        language=section.locale,
        kinds=words(section.locale)["kinds"],
        reasons=tuple(sorted(key.removeprefix(REASON) for key in texts.keys("ru") if key.startswith(REASON))),
        branches=settings.branches(),
        pages=f"{server.public_url}/staff" if server.public_url and settings.staff.enabled else "",
        shows_figures=known[section.channel].may_show_address,
    )
    group, kinds = Group(section.channel, section.chat), frozenset(section.kinds)
    return staff_chat(database, clock, channel, moderation, wording, group=group, kinds=kinds)
