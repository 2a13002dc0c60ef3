"""The sections [[branch]]: whose accounts they are, when readings are taken, what they cost, and who is paid."""

import re
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, InstanceOf, ValidationInfo, field_validator, model_validator

from bot.complaints import nearest
from bot.sections import Section, beside
from bot.tariffs import TariffFile
from bot.tariffs import read as read_tariffs
from core.domain.accounts import Branch, ExpiredPolicy, Limits, OutsidePolicy, Payee
from core.domain.bill_codes import Bill, UnwritableBill, write

LAST_DAY = 31


class DailyLimits(Section):
    """When a consumption is doubtful, in kWh a day at ratio 1 (`core.domain.accounts.Limits`)."""

    soft_daily_kwh: int = Field(default=Limits().soft_daily_kwh, ge=1, examples=[60])
    """Above this the subscriber is asked."""
    hard_daily_kwh: int = Field(default=Limits().hard_daily_kwh, ge=1, examples=[360])
    """Above this a moderator decides."""
    average_factor: int = Field(default=Limits().average_factor, ge=1, examples=[3])
    """Where a meter's own average is known, the soft limit is at least this many times it."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.soft_daily_kwh > self.hard_daily_kwh:
            raise ValueError("soft_daily_kwh should not be above hard_daily_kwh")
        return self


class PayeeSettings(Section):
    """Whom a branch's bills are to be paid to, as their code has it (`core.domain.bill_codes`). Empty: not told."""

    name: str = Field(default="", examples=["ПАО «Свет»"])
    account: str = Field(default="", examples=["40702810138250123017"])
    bank: str = Field(default="", examples=["ПАО СБЕРБАНК"])
    bic: str = Field(default="", examples=["044525225"])
    correspondent_account: str = Field(default="", examples=["30101810400000000225"])
    inn: str = Field(default="", examples=["2723088770"])
    kpp: str = Field(default="", examples=["272301001"])

    @model_validator(mode="after")
    def _as_the_standard_has_it(self) -> Self:
        payee = self.payee()
        try:
            if payee is not None:
                write(Bill(payee=payee))
        except UnwritableBill as error:
            raise ValueError(f"cannot stand in a bill's code: {error}") from None
        return self

    def payee(self) -> Payee | None:
        """The same as the core knows it; None where nothing is told."""
        told = self.model_dump()
        return Payee(**told) if any(told.values()) else None


class BranchSettings(Section):
    """A branch."""

    code: str = Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$", examples=["khabarovsk"])
    name: str = Field(min_length=1, examples=["Хабаровск"])
    timezone: str = Field(examples=["Asia/Vladivostok"])
    window: tuple[int, int] = Field(default=(20, 25), examples=[[20, 25]])
    """First and last day of the month for readings, both included, in the branch's time."""
    outside: OutsidePolicy = Field(default="next_period", examples=["next_period"])
    expired_verification: ExpiredPolicy = Field(default="review", examples=["review"])
    account_pattern: str = Field(default=r"\d{4,20}", examples=["[0-9]{10}"])
    phones: tuple[str, ...] = Field(default=(), examples=[["8-800-000-00-00"]])
    tariffs: InstanceOf[TariffFile] | None = None
    """A file with price lists: what readings would cost is then told with them (`docs/files.md`)."""
    payee: PayeeSettings = PayeeSettings()
    payment_provider: str = Field(default="", examples=["yookassa"])
    """Who takes this branch's payments; empty: payments.provider; `none`: nobody."""
    limits: DailyLimits = DailyLimits()

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        zones = available_timezones()
        if value not in zones:
            raise ValueError(f"no time zone is called {value!r}{nearest(value, zones)}")
        return value

    @field_validator("window")
    @classmethod
    def _days(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= LAST_DAY:
            raise ValueError("should be the first and the last day of the window within a month")
        return value

    @field_validator("account_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value

    @field_validator("tariffs", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str) or not value:
            return value or None
        return read_tariffs(beside(info) / value)

    def branch(self) -> Branch:
        """The same as the core knows it."""
        return Branch(
            code=self.code,
            name=self.name,
            timezone=ZoneInfo(self.timezone),
            window=self.window,
            outside=self.outside,
            expired_verification=self.expired_verification,
            account_pattern=self.account_pattern,
            phones=self.phones,
            tariffs=self.tariffs.tariffs if self.tariffs else None,
            limits=Limits(**self.limits.model_dump()),
            payee=self.payee.payee(),
        )
