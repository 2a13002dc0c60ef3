"""Whom a round of reminders may concern, as the files have it: accounts, what they lack, and where they are reached."""

from dataclasses import dataclass, field
from datetime import date, datetime

from core.domain.messages import Address


@dataclass(frozen=True, slots=True)
class Lacking:
    """An open meter that does not report by itself: when its billed values were read, and its last period read."""

    read_on: date
    period: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """An address that an account may be reached at, and what we keep of it; `heard_at` is that of the link at least."""

    address: Address
    heard_at: datetime
    linked_at: datetime
    key: int
    language: str = ""
    is_closed: bool = False
    is_wanted: bool = True
    """False where the subscriber has switched reminders off."""


@dataclass(slots=True, kw_only=True)
class Prospect:
    """An account that may have to be reminded, as the files have it."""

    id: int
    number: str
    phone: str | None = field(default=None, repr=False)
    meters: list[Lacking] = field(default_factory=list)
    links: list[Reach] = field(default_factory=list)
    at_phone: Reach | None = None
    """What we keep of the phone on file as an address; None where there is nothing, or no SMS may be sent."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The accounts that are looked at now (`ids`, in order), with those that share an address with one of them."""

    ids: tuple[int, ...]
    prospects: tuple[Prospect, ...]
