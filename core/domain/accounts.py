"""Branches, accounts and meters, as billing sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from core.domain.tariffs import Tariffs
from core.domain.values import value

OutsidePolicy = Literal["next_period", "reject", "accept"]
ExpiredPolicy = Literal["review", "accept"]


class Level(StrEnum):
    """How well we know who writes (docs/architecture.md, identity)."""

    ANONYMOUS = "L0"
    LINKED = "L1"
    FRESH = "L2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a consumption is doubtful, in kWh a day at ratio 1; both grow with the meter's ratio.

    Daily, because the interval between readings varies. Above `soft` the subscriber is asked, above `hard` a moderator
    decides. Where the meter's own average is known, `soft` is at least `average_factor` times it.
    """

    usual_daily_kwh: int = 15
    """The most that is usual for a flat; above it, a value with one digit too many is suspected (`x10`)."""
    soft_daily_kwh: int = 60
    """A heated house in January."""
    hard_daily_kwh: int = 360
    """15 kW, the usual allowed power of a household, for 24 hours."""
    average_factor: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Whom a bill is to be paid to: the requisites as its code has them (`core.domain.bill_codes`)."""

    name: str = ""
    account: str = ""
    """At the bank, 20 characters."""
    bank: str = ""
    bic: str = ""
    correspondent_account: str = ""
    """Empty where the bank has none."""
    inn: str = ""
    kpp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch (отделение): its calendar, its policies, its phones."""

    code: str
    name: str
    timezone: tzinfo
    window: tuple[int, int] = (20, 25)
    """First and last day of the month, both inclusive, in the branch's time."""
    outside: OutsidePolicy = "next_period"
    expired_verification: ExpiredPolicy = "review"
    account_pattern: str = r"\d{4,20}"
    phones: tuple[str, ...] = ()
    tariffs: Tariffs | None = None
    """Its price lists; without them nothing is said about what readings would cost."""
    limits: Limits = field(default_factory=Limits)
    payee: Payee | None = None
    """Who is paid by this branch's bills; None where we cannot tell our bills from others'."""


Branches = Mapping[str, Branch]


@value(kw_only=True)
class Account:
    """A subscriber's account. `balance` is in kopecks, positive = the subscriber owes; `phone` is E.164."""

    id: int
    number: str
    branch: str
    phone: str | None = field(default=None, repr=False)
    balance: int | None = None
    balance_date: date | None = None
    address: str = field(default="", repr=False)
    """Where the meter is; shown masked, and to those linked only."""
    bill_code: str = field(default="", repr=False)
    """The code printed on the bill: a second factor. Empty where billing prints none."""
    tariff: str = ""
    """The group in the branch's price lists; empty for the default one."""
    residents: int | None = None
    """How many are registered there: what a social norm grows with. None where billing does not say."""


@value(kw_only=True)
class Meter:
    """A meter and its last billed values: `billed[0]` is day or single, then night, then half-peak."""

    id: int
    account_id: int
    serial: str
    zones: int
    digits: int
    ratio: int
    billed: tuple[int, ...]
    read_on: date
    verification_due: date | None = None
    automatic: bool = False
    closed_on: date | None = None


@lru_cache(maxsize=4096)
def search_key(number: str) -> str:
    """What two spellings of an account or serial number share: no leading zeros or separators, Latin for look-alikes.

    Retailers print numbers with and without leading zeros (Magadan `0010334090`, Ivanovo without), so look-up ignores
    them; what is shown is always the number as on the bill.
    """
    if number.isdecimal():
        return number.lstrip("0") or "0"
    return number.upper().translate(_SPELLING).lstrip("0") or "0"


def mask(number: str) -> str:
    """The last four characters, as in `*7890`: all that an SMS shows of an account or serial number.

    An asterisk, because `…` is outside the SMS alphabet and would make two parts of an English answer.
    """
    return f"*{number[-4:]}" if len(number) > 4 else number  # noqa: PLR2004 - four, as banks do


_SPELLING = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX", " -./")
