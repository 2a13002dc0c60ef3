"""Autopay: what a subscriber has agreed to, when a month's charge is due, and how much it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from core.domain.accounts import Branch
from core.domain.messages import Address
from core.domain.reminders import Hours
from core.domain.windows import local_day

CONSENT: Final = "1"
"""Version of the text that is agreed to, `autopay-consent-…`: a new one goes into every new agreement."""
LAST_DAY: Final = 28
"""Every month has it."""
TRIES: Final = 3
"""Charges of one month, a day apart, before it has failed."""
FAILED_MONTHS: Final = 2
"""Failed months in a row after which autopay pauses: the card is of no use any more."""
CATCH_UP: Final = 5
"""Days by which a month's day may have passed, while we were down, for its charge still to be made."""
SAVED: Final = "saved"
"""`Attempt.method` of a charge of a stored method; an attempt with another one, and an autopay, stores it."""
LASTS: Final = timedelta(hours=23)
"""How long a charge may be asked for again: YooKassa remembers an idempotency key for 24 hours."""


class Mode(StrEnum):
    """What is charged."""

    BILLED = "billed"
    """The debt on the day of the charge, up to the ceiling."""
    FIXED = "fixed"


class State(StrEnum):
    """States of an autopay."""

    BINDING = "binding"
    """Agreed to; the payment that stores the method has not been made yet."""
    ACTIVE = "active"
    PAUSED = "paused"
    """Charges fail; the subscriber is asked to bind another card."""
    STOPPED = "stopped"
    """For good: cancelled, or what it rested on is gone."""


LIVE: Final = frozenset({State.ACTIVE, State.PAUSED})


class Month(StrEnum):
    """States of a month's charge: noticed → skipped, or charging → paid or failed, or nothing was to be charged."""

    NOTICED = "noticed"
    SKIPPED = "skipped"
    CHARGING = "charging"
    PAID = "paid"
    FAILED = "failed"
    NOTHING_DUE = "nothing_due"
    OVER_CEILING = "over_ceiling"


class Reason(StrEnum):
    """Why an autopay has ended."""

    CANCELLED = "cancelled"
    REPLACED = "replaced"
    """The subscriber has bound anew."""
    MOVED = "moved"
    """The account has another number, is closed, or is paid through another provider."""
    UNLINKED = "unlinked"
    """The chat that agreed to it has nothing to do with the account any more."""


@dataclass(slots=True, kw_only=True)
class Autopay:
    """What a subscriber has agreed to. Sums are kopecks."""

    id: int
    account_id: int
    account_number: str = field(repr=False)
    """As it was then: a changed one ends the agreement."""
    branch: str
    provider: str
    mode: Mode
    amount: int
    """Of `Mode.FIXED`; 0 else."""
    day: int
    ceiling: int
    state: State
    address: Address
    language: str
    consent: str
    consent_at: datetime
    token: str = field(default="", repr=False)
    """The stored method, as the provider calls it. A secret: with it the card can be charged."""
    label: str = field(default="", repr=False)
    """The method as its owner knows it: `•• 4242`."""
    first_month: int = 0
    """`YYYYMM` of the first charge."""
    failures: int = 0
    """Failed months in a row."""
    reason: str = ""
    ended_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Charge:
    """One month of an autopay: the database has one only."""

    id: int
    autopay_id: int
    month: int
    state: Month
    due_at: datetime
    tries: int = 0
    order_id: int | None = None
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayTerms:
    """What the retailer sets about autopay."""

    providers: Mapping[str, str] = field(default_factory=dict)
    """By branch, who keeps methods; a branch that is not here offers no autopay."""
    notice_days: int = 2
    least: int = 10_000
    most: int = 3_000_000
    """Kopecks, both inclusive, of a ceiling and of a fixed sum."""
    hours: Hours = field(default_factory=Hours)
    """When notices and charges may be made, in the branch's time."""


def due_days(branch: Branch, notice_days: int, now: datetime) -> list[tuple[int, int, int]]:
    """The days whose charge is to be announced now, as `(month, first day, last day)`."""
    today = local_day(branch, now)
    found: dict[int, list[int]] = {}
    for offset in range(-CATCH_UP, notice_days + 1):
        day = today + timedelta(days=offset)
        if day.day <= LAST_DAY:
            found.setdefault(day.year * 100 + day.month, []).append(day.day)
    return [(month, min(days), max(days)) for month, days in found.items()]


def charge_day(month: int, day: int, notice_days: int, today: date) -> date:
    """The day of a month's charge that is announced today: never sooner than the notice promises."""
    return max(date(month // 100, month % 100, day), today + timedelta(days=notice_days))


def first_month(day: int, today: date) -> int:
    """The month of the first charge, for who agrees today: he has just paid, so the day must be still to come."""
    if day > today.day:
        return today.year * 100 + today.month
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following.year * 100 + following.month


def to_charge(autopay: Autopay, balance: int | None, transit: int, *, least: int, most: int) -> tuple[Month, int]:
    """What becomes of a month on its day, and the kopecks to charge (or those above the ceiling).

    Args:
        autopay: what was agreed to.
        balance: positive = owes; None where billing has told none.
        transit: paid and not in the balance yet.
        least: kopecks of the smallest payment.
        most: of the largest.
    """
    amount = autopay.amount if autopay.mode is Mode.FIXED else (balance or 0) - transit
    if amount < least:
        return Month.NOTHING_DUE, 0
    if amount > min(autopay.ceiling, most):
        return Month.OVER_CEILING, amount
    return Month.CHARGING, amount


def after_failure(charge: Charge, now: datetime) -> datetime | None:
    """When to try a failed charge again; None where it has failed for the month."""
    return now + timedelta(days=1) if charge.tries < TRIES else None
