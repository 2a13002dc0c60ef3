"""What billing knows of a sample account, and what is worth trying on it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

OUR_NUMBER: Final = "+79990000000"
"""Where subscribers write to."""
OWN_PHONE: Final = "+79990001122"
"""The phone on file of the account that the visitor plays with."""
STRANGER: Final = "+79990003344"
"""On file nowhere."""
YEAR: Final = 365


class Kind(StrEnum):
    """What is special about an account."""

    OWN = "own"
    ONE_ZONE = "one_zone"
    THREE_ZONES = "three_zones"
    RENAMED = "renamed"
    REPLACED = "replaced"
    AUTOMATIC = "automatic"
    EXPIRED = "expired"
    ROLLOVER = "rollover"
    RATIO = "ratio"
    TWO_METERS = "two_meters"
    DEBT = "debt"
    OVERPAID = "overpaid"
    PAID = "paid"
    UNKNOWN_BALANCE = "unknown_balance"
    AMUR = "amur"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMeter:
    """A meter as billing has it. `values`: day or single, then night, then half-peak."""

    serial: str
    values: tuple[int, ...]
    digits: int = 5
    ratio: int = 1
    verification_days: int = 6 * YEAR
    """How long the verification still holds; negative where it is over."""
    automatic: bool = False
    replaced: bool = False
    """It was in billing's last file and is not in this one."""
    new: bool = False
    """It is in this file and was not in the last one."""

    def later(self, *used: int) -> str:
        """What the registers show after such a use, as a subscriber copies them: with their leading zeros."""
        capacity = 10**self.digits
        shown = ((old + kwh) % capacity for old, kwh in zip(self.values, used, strict=True))
        return " ".join(f"{value:0{self.digits}d}" for value in shown)


@dataclass(frozen=True, slots=True)
class Try:
    """A text worth sending: its name in the words of the page, and from which phone; any, if that is empty."""

    name: str
    text: str
    sender: str = ""
    mistake: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAccount:
    """An account as billing has it, and what to try on it."""

    kind: Kind
    number: str
    branch: str = "khabarovsk"
    address: str
    phone: str = ""
    balance: str = ""
    """Roubles, positive = owes; empty = unknown."""
    old_number: str = ""
    bill_code: str = ""
    """Printed on the bill, to prove who has it."""
    tariff: str = ""
    """The group in the branch's price lists."""
    meters: tuple[SampleMeter, ...]
    tries: tuple[Try, ...] = field(default=())
    featured: bool = True
    """Shown with what is special about it; the others stand in a plain list."""


def reading(account: SampleAccount, *used: int, meter: int = 0) -> str:
    """The text with which a careful subscriber sends a month's use of a meter."""
    subject = account.meters[meter]
    return f"{account.number} {subject.serial} {subject.later(*used)}"
