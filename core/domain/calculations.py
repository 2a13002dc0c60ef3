"""What billing itself makes of readings, where it can be asked: preferred to our estimate, and never waited for long.

The one who draws up the bill knows what no price list tells: benefits, recalculations, penalties, common needs of the
house. A reply that names a preliminary sum is stored with ours, waits a moment, and says billing's where it comes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from core.domain.messages import Buttons

ITEMS_LIMIT: Final = 8
"""Parts of a sum that are shown; more than a screen of a phone holds beside the rest."""
NAME_LIMIT: Final = 60
"""Characters of a part's name."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A meter's values, by register, and the day they are of."""

    serial: str
    values: tuple[int, ...]
    read_on: date


@dataclass(frozen=True, slots=True)
class Question:
    """What would these values cost? Asking changes nothing at billing."""

    branch: str
    account: str = field(repr=False)
    meters: tuple[Usage, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A part of billing's sum, in its own words."""

    name: str
    kopecks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated:
    """Billing's answer, in kopecks."""

    charge: int
    """What the values cost."""
    to_pay: int | None = None
    """What is owed then altogether, by billing's books; None where it says the charge only."""
    to_pay_on: date | None = None
    """The day those books are of: a payment of that day or later is not in them. None: that of the balance."""
    items: tuple[Item, ...] = ()
    """What the charge is made of; empty where billing does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """A reply as it is stored: what a calculation may change."""

    text: str = field(repr=False)
    buttons: Buttons = ()
    link: str = field(default="", repr=False)
    link_label: str = ""
    digest: str = ""
    """Of the payment page that the link leads to, where the sum it proposes changes, too."""
    amount: int | None = None
    """That sum; 0 where nothing is to be paid."""


@dataclass(slots=True)
class Calculation:
    """A question to billing that a reply waits for."""

    question: Question
    ours: int | None
    """What our price lists make of it, in kopecks; None where they do not tell."""
    retell: Callable[[Told, Calculated], Told]
    """The reply with billing's sum in place of ours. Pure."""
