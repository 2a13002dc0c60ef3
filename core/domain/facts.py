"""The facts that deciding a batch needs, held in memory: loaded once a batch, and kept true while it is decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.domain.accounts import Account, Meter, search_key
from core.domain.autopay import Autopay, Charge
from core.domain.messages import Address
from core.domain.orders import Paid
from core.domain.readings import LIVE, Reading, Status
from core.domain.subscribers import Guesses, Link, Profile

AUTOPAY: Final = "autopay"
"""What the words, the buttons' tokens and the dialogue's steps about autopay begin with."""
PAY_FOR_READINGS: Final = "yes-pay"
"""The button that stores readings and brings a link to pay for them."""
PAY_WITH_READINGS: Final = "pay-readings"
"""The button that brings a link to pay for readings stored before."""
MONEY: Final = ("balance", "payment", PAY_FOR_READINGS, PAY_WITH_READINGS, AUTOPAY)
"""Words and buttons' tokens that ask about money, and what the dialogue's steps about it begin with."""


@dataclass(slots=True)
class Needs:
    """What a batch needs to know, gathered from its messages."""

    events: list[tuple[str, str]] = field(default_factory=list)
    """(channel, event_id): which of them are known already?"""
    addresses: set[Address] = field(default_factory=set)
    account_keys: set[str] = field(default_factory=set)
    """`search_key`s of everything in a text that may be an account."""
    phones: set[str] = field(default_factory=set)
    proofs: bool = False
    """Whether an account is shown to be somebody's who may never have written before: who else has it, who guesses?"""
    money: bool = False
    """Somebody asks for a balance or wants to pay."""
    autopay: bool = False
    """Somebody asks about autopay, or answers an announcement."""


@dataclass(slots=True)
class Sender:
    """What an address has done lately."""

    last_hour: int = 0
    """Messages in the last hour."""
    failures: int = 0
    """Messages within a day that led to nothing (`core.domain.decisions.FAILURES`)."""
    handed_over: bool = False
    """A moderator was asked within a day to look after this subscriber."""


@dataclass(slots=True)
class Facts:
    """What is known. The desk adds each decision to it, so the second message of a batch sees the first."""

    known_events: set[tuple[str, str]] = field(default_factory=set)
    accounts: dict[str, Account] = field(default_factory=dict)
    """By search key, the old numbers of renamed accounts included."""
    accounts_of_phone: dict[str, list[Account]] = field(default_factory=dict)
    account_by_id: dict[int, Account] = field(default_factory=dict)
    meters: dict[int, list[Meter]] = field(default_factory=dict)
    """By account, in the order of their serials."""
    readings: dict[int, list[Reading]] = field(default_factory=dict)
    """By meter, those of the last 13 months that count or may come to count, oldest first."""
    paid: dict[int, Sequence[Paid]] = field(default_factory=dict)
    """By account, its payments of late; loaded where somebody asks about money."""
    autopays: dict[int, Autopay] = field(default_factory=dict)
    """By account, the autopay that is in force; loaded where somebody asks about it."""
    autopay_charges: dict[int, Charge] = field(default_factory=dict)
    """By autopay, the charge that is announced and not made yet."""
    asked: dict[Address, list[Reading]] = field(default_factory=dict)
    """Readings that wait for a `ДА` from an address."""
    senders: dict[Address, Sender] = field(default_factory=dict)
    profiles: dict[Address, Profile] = field(default_factory=dict)
    links: dict[Address, list[Link]] = field(default_factory=dict)
    """Of the senders, in the order of linking."""
    links_of_account: dict[int, list[Link]] = field(default_factory=dict)
    """Of everybody, by account; loaded where somebody with a profile writes, or shows a bill."""
    guesses: dict[Address, Guesses] = field(default_factory=dict)
    guesses_of_account: dict[int, int] = field(default_factory=dict)
    guesses_lately: int = 0
    """Failed proofs of everybody within an hour."""
    open_cases: set[int] = field(default_factory=set)
    """Of the cases that dialogues have opened, those still open."""

    def account(self, number: str) -> Account | None:
        """The account with this number, present or former."""
        return self.accounts.get(search_key(number))

    def meter(self, account: Account, serial: str) -> Meter | None:
        """The account's meter with this serial; an open one before a closed one."""
        key = search_key(serial)
        fitting = [meter for meter in self.meters.get(account.id, ()) if search_key(meter.serial) == key]
        return fitting[0] if len(fitting) == 1 else min(fitting, key=_closed, default=None)

    def open_meters(self, account: Account) -> list[Meter]:
        """The account's meters that were not replaced."""
        return [meter for meter in self.meters.get(account.id, ()) if meter.closed_on is None]

    def sender(self, address: Address) -> Sender:
        """What the address did lately; never None."""
        return self.senders.setdefault(address, Sender())

    def live(self, meter: Meter) -> list[Reading]:
        """The meter's readings that count or may come to count, oldest first."""
        return [reading for reading in self.readings.get(meter.id, ()) if reading.status in LIVE]

    def add(self, reading: Reading) -> None:
        """Take a new reading in, in the order of sending."""
        history = self.readings.setdefault(reading.meter_id, [])
        history.append(reading)
        history.sort(key=_sent)
        if reading.status is Status.NEEDS_CONFIRMATION:
            self.asked.setdefault(reading.address, []).append(reading)

    def waiting(self, address: Address, now: datetime) -> list[Reading]:
        """What a `ДА` from the address confirms now."""
        return [
            reading
            for reading in self.asked.get(address, ())
            if reading.status is Status.NEEDS_CONFIRMATION and reading.asked_until is not None
            if reading.asked_until >= now
        ]


def search_keys(numbers: Iterable[str]) -> set[str]:
    """The search keys of many numbers."""
    return {search_key(number) for number in set(numbers)}


def _closed(meter: Meter) -> bool:
    return meter.closed_on is not None


def _sent(reading: Reading) -> datetime:
    return reading.sent_at
