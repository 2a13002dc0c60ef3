"""The configuration: one TOML file, the environment on top, read once and frozen. Only this module reads either."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.branches import BranchSettings
from bot.calculating import CalculationSettings
from bot.complaints import FaultySettings, complain, nearest
from bot.paying import NONE, PaymentSettings, autopay, terms
from bot.reminding import Reminders
from bot.sections import Section, beside
from bot.staff_chat import StaffChatSettings
from bot.staffing import Staff
from channels.sms.settings import Settings as SmsSettings
from channels.telegram.settings import Settings as TelegramSettings
from channels.viber.settings import Settings as ViberSettings
from channels.vk.settings import Settings as VkSettings
from core.domain.accounts import Branches
from core.domain.autopay import AutopayTerms
from core.domain.orders import Terms
from core.domain.retention import Periods
from core.domain.subscribers import Identity
from core.services.moderation import CLAIM, UNDO

PREFIX = "METERLINE__"
SQLITE = "sqlite:///"


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/]\S*", value):
        raise ValueError("should begin with https:// or http://")
    return value.rstrip("/")


class Server(Section):
    """Where we listen."""

    host: str = Field(default="127.0.0.1", min_length=1, examples=["127.0.0.1"])
    port: int = Field(default=8080, ge=0, le=65535, examples=[8080])
    """0 takes any free port; the log says which."""
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(default="", examples=["https://sms.example.ru"])
    """How vendors and subscribers reach us, where that differs from host and port."""
    trusted_proxies: tuple[str, ...] = Field(default=("127.0.0.1", "::1"), examples=[["127.0.0.1", "::1"]])
    """Networks of reverse proxies whose `X-Forwarded-For` we believe; it tells where payment providers call from."""
    stop_seconds: float = Field(default=20.0, gt=0, le=600, examples=[20.0])
    """How long a graceful stop may take; systemd and Docker must be more patient than that."""

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value


class Database(Section):
    """Where everything is kept."""

    url: str = Field(default=f"{SQLITE}meterline.db", repr=False, examples=[f"{SQLITE}meterline.db"])
    """A relative SQLite path is meant beside the configuration file. A password in it does not print."""

    @field_validator("url")
    @classmethod
    def _known(cls, value: str, info: ValidationInfo) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return value.replace("postgres://", "postgresql://", 1)
        path = value.removeprefix(SQLITE)
        if path == value or path in {"", ":memory:"}:
            raise ValueError(f"should name a file as {SQLITE}… or a server as postgresql://…")
        return f"{SQLITE}{beside(info) / path}"

    @property
    def file(self) -> Path | None:
        """SQLite's file; None where there is a server."""
        return Path(self.url.removeprefix(SQLITE)) if self.url.startswith(SQLITE) else None

    @property
    def shown(self) -> str:
        """The address without its password."""
        return re.sub(r"(?<=://)([^@/:]*):.*@", r"\1:***@", self.url)


class Privacy(Section):
    """What the law adds."""

    state_owned: bool = Field(default=False, examples=[False])
    """A retailer with a state share may not send personal or payment data through foreign messengers."""
    restricted: tuple[str, ...] = Field(default=(), examples=[["viber"]])
    """Further channels that say neither balance nor address and hand over to our own page instead."""

    @field_validator("restricted")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in Channels.model_fields:
                raise ValueError(f"no channel is called {name!r}{nearest(name, Channels.model_fields)}")
        return value


class Channels(Section):
    """One section for each channel."""

    sms: SmsSettings = SmsSettings()
    telegram: TelegramSettings = TelegramSettings()
    viber: ViberSettings = ViberSettings()
    vk: VkSettings = VkSettings()


class Keeping(Section):
    """How long what is kept (`core.storage.retention`)."""

    words_days: int = Field(default=Periods().words.days, ge=7, examples=[90])
    """Texts and payloads of messages, texts of replies, words in closed cases. Nothing waits longer to be sent."""
    readings_days: int = Field(default=Periods().readings.days, ge=400, examples=[1095])
    """Readings, and who decided what. Validation looks back 13 months."""
    idle_days: int = Field(default=Periods().idle.days, ge=30, examples=[365])
    """What we know of addresses that wrote long ago and that no account is linked to."""

    def periods(self) -> Periods:
        """The same as storage knows it."""
        return Periods(
            words=timedelta(days=self.words_days),
            readings=timedelta(days=self.readings_days),
            idle=timedelta(days=self.idle_days),
        )


class SenderLimits(Section):
    """How much one sender may do."""

    messages_per_hour: int = Field(default=60, ge=1, examples=[60])
    """Beyond that only accepted readings are answered, until the hour is over."""
    format_errors_per_day: int = Field(default=5, ge=1, examples=[5])
    """Then a moderator takes over."""
    confirm_hours: int = Field(default=24, ge=1, le=240, examples=[24])
    """How long a ДА confirms a doubtful reading."""


class Moderating(Section):
    """How the moderation desk works (`core.services.moderation`)."""

    claim_minutes: int = Field(default=CLAIM // timedelta(minutes=1), ge=1, le=480, examples=[15])
    """How long a moderator has a case for himself."""
    undo_seconds: int = Field(default=UNDO // timedelta(seconds=1), ge=5, le=900, examples=[60])
    """How long a decision about many cases can be undone; so long its messages wait."""


class IdentitySettings(Section):
    """How subscribers show that an account is theirs (`core.services.desk.scene.Identity`)."""

    consent_version: str = Field(default="1", min_length=1, max_length=20, examples=["1"])
    """Change it with the text `consent`: whoever links an account then agrees to the new one."""
    deep_link_secret: SecretStr = Field(default=SecretStr(""), examples=[""])
    """Signs the links on bills (`meterline deeplink`); empty refuses them."""
    guesses_per_day: int = Field(default=Identity().address_guesses, ge=1, examples=[6])
    """Failed proofs, and codes sent by SMS, for one address."""
    guesses_per_account: int = Field(default=Identity().account_guesses, ge=1, examples=[12])
    """The same for one account, whoever tries."""
    guesses_per_hour: int = Field(default=Identity().all_guesses, ge=1, examples=[500])
    """The same for everybody together: beyond it nobody links for a while."""


class Wording(Section):
    """What we say to subscribers."""

    overrides: Path | None = Field(default=None, examples=["texts"])
    """A folder with `ru.ftl` or `en.ftl`: the retailer's own wording for some of the texts."""

    @field_validator("overrides", mode="before")
    @classmethod
    def _present(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str) or not value:
            return value or None
        path = beside(info) / value
        if not path.is_dir():
            raise ValueError(f"there is no folder {path}")
        return path


class Logs(Section):
    """What we write down."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", examples=["info"])
    format: Literal["auto", "json", "console"] = Field(default="auto", examples=["json"])
    """`auto` is for people on a terminal and for programs elsewhere."""


class Settings(Section):
    """The whole."""

    server: Server = Server()
    database: Database = Database()
    privacy: Privacy = Privacy()
    channels: Channels = Channels()
    retention: Keeping = Keeping()
    moderation: Moderating = Moderating()
    limits: SenderLimits = SenderLimits()
    identity: IdentitySettings = IdentitySettings()
    reminders: Reminders = Reminders()
    staff: Staff = Staff()
    staff_chat: StaffChatSettings = StaffChatSettings()
    payments: PaymentSettings = PaymentSettings()
    calculation: CalculationSettings = CalculationSettings()
    texts: Wording = Wording()
    logs: Logs = Logs()
    branch: tuple[BranchSettings, ...]

    @field_validator("branch")
    @classmethod
    def _distinct(cls, value: tuple[BranchSettings, ...]) -> tuple[BranchSettings, ...]:
        if not value:
            raise ValueError("should name at least one")
        codes = [branch.code for branch in value]
        if len(set(codes)) < len(codes):
            raise ValueError("two branches have the same code")
        return value

    @model_validator(mode="after")
    def _payable(self) -> "Settings":
        for branch in self.branch:
            if branch.payment_provider != NONE:
                self.payments.known(branch.payment_provider)
        if self.terms().providers and not self.server.public_url:
            raise ValueError("payments need server.public_url: subscribers pay on a page of ours")
        return self

    @model_validator(mode="after")
    def _chattable(self) -> "Settings":
        chat = self.staff_chat
        if chat.enabled and not getattr(self.channels, chat.channel).enabled:
            raise ValueError(f"staff_chat needs its messenger: set enabled = true in [channels.{chat.channel}]")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> "Settings":
        if self.staff.oidc.enabled and not self.server.public_url:
            raise ValueError("staff.oidc needs server.public_url: the issuer sends browsers back to it")
        return self

    @model_validator(mode="after")
    def _calculable(self) -> "Settings":
        priced = {branch.code: branch.tariffs is not None for branch in self.branch}
        for code in self.calculation.branches:
            if code not in priced:
                raise ValueError(f"calculation.branches: no branch is called {code!r}{nearest(code, priced)}")
        if self.calculation.url and not self.calculated():
            raise ValueError("calculation needs a branch with tariffs: they tell the sum when billing does not answer")
        return self

    def calculated(self) -> frozenset[str]:
        """The branches whose billing is asked what readings cost."""
        section = self.calculation
        wanted = section.branches or tuple(branch.code for branch in self.branch)
        priced = {branch.code for branch in self.branch if branch.tariffs is not None}
        return frozenset(wanted) & priced if section.url else frozenset()

    def terms(self) -> Terms:
        """What the core goes by about payments."""
        return terms(self.payments, {branch.code: branch.payment_provider for branch in self.branch})

    def autopay(self) -> AutopayTerms:
        """The same about autopay."""
        return autopay(self.payments, self.terms(), self.reminders.hours)

    def branches(self) -> Branches:
        """The branches by code."""
        return {branch.code: branch.branch() for branch in self.branch}

    def secrets(self) -> frozenset[str]:
        """Every secret in clear, so that the logs can keep them out."""
        return frozenset(_secrets(self))


def load(file: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file and the environment.

    Raises:
        FaultySettings: the file is missing or no TOML, or something in it or in the environment cannot be used.
    """
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise FaultySettings(
            f"{file} is not there: `meterline init` writes one, `--config FILE` names another"
        ) from None
    except OSError as error:
        raise FaultySettings(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FaultySettings(f"{file} is not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise FaultySettings(f"{file} is not TOML: {error}") from None
    origins = _overlay(data, os.environ if environment is None else environment)
    # A section that is left out has checks to pass too: its relative paths are meant beside the file.
    data.setdefault("database", {})
    try:
        return Settings.model_validate(data, context={"beside": file.parent.absolute()})
    except ValidationError as error:
        raise FaultySettings(complain(str(file), Settings, error, origins)) from None


def _overlay(data: dict[str, Any], environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put `METERLINE__SECTION__KEY` over the file's values; say which place came from which variable."""
    origins = {}
    for variable, text in sorted(environment.items()):
        if not variable.upper().startswith(PREFIX):
            continue
        *sections, key = place = tuple(variable[len(PREFIX) :].lower().split("__"))
        target = data
        for section in sections:
            inner = target.setdefault(section, {})
            if not isinstance(inner, dict):
                raise FaultySettings(f"{variable}: {section} is no section; give the whole of it in one variable")
            target = inner
        target[key] = _value(variable, text)
        origins[place] = variable
    return origins


def _value(variable: str, text: str) -> object:
    """A list or table is written as in TOML; everything else is taken as it stands."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise FaultySettings(f"{variable} is not a list or table in TOML: {error}") from None


def _secrets(section: BaseModel) -> Iterator[str]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _secrets(value)
        elif isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
