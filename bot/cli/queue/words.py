"""Ages, dates, numbers, masks and the names of things, as the queue's screens say them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from bot.cli.context import printable
from core.domain.messages import Address

KINDS: Final = {
    "physical_limit": "beyond the limit",
    "rollover": "register restarted?",
    "verification_expired": "verification expired",
    "correction_after_export": "change after export",
    "unconfirmed": "question unanswered",
    "hand_over": "unreadable messages",
    "failed_event": "our mistake",
    "undelivered": "reply not delivered",
    "payment_mismatch": "payment does not fit",
    "payment_twice": "paid more than owed",
}
"""Kinds of case in two or three words; any other is its own name."""
ZONES: Final = {1: ("single",), 2: ("day", "night"), 3: ("peak", "night", "half-peak")}

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
BREAK: Final = " ⏎ "
"""Stands for a line break where there is one line only."""

_STREET = re.compile(r"(?<=\w\w)\w+")
_KEPT: Final = 2
"""Words as short as this are abbreviations such as `ул.` and tell nothing."""


def kind_words(kind: str) -> str:
    """A kind of case in plain words."""
    return KINDS.get(kind, kind.replace("_", " "))


def age(since: datetime, now: datetime) -> str:
    """`45 s`, `3 min`, `3 h`, `2 d`: how long ago, in the largest unit that is full."""
    span = max(now - since, timedelta())
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if span >= unit:
            return f"{span // unit} {name}"
    return f"{span.seconds} s"


def number(value: float) -> str:
    """`52 314`, with a space that does not break."""
    return f"{value:,.0f}".replace(",", "\u00a0")


def daily(value: float) -> str:
    """KWh a day: tenths matter below ten only."""
    return f"{value:.1f}" if 0 < value < 10 else number(value)  # noqa: PLR2004 - two digits that count


def values(given: Sequence[int]) -> str:
    """`5778 / 2542`."""
    return " / ".join(str(value) for value in given)


def day(moment: date) -> str:
    """`22 Nov 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime, zone: tzinfo) -> str:
    """`22 Nov 11:58` in the branch's time."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %H:%M}"


def one_line(text: str) -> str:
    """What somebody wrote, on one line and unable to move the cursor."""
    return BREAK.join(printable(line.strip()) for line in text.splitlines() if line.strip())


def sender(address: Address) -> str:
    """`sms …4567`."""
    return f"{address.channel} …{address.external_id[-4:]}"


def masked_phone(phone: str | None) -> str:
    """`+7…4567`."""
    return f"{phone[:2]}…{phone[-4:]}" if phone else "no phone on file"


def masked_address(address: str) -> str:
    """`г. Хабаровск, ул. Ка***, д. 1*, кв. **`: the town whole, of the rest just enough to compare with."""
    town, *parts = address.split(", ")
    return ", ".join([town, *(_masked_part(part) for part in parts)])


def _masked_part(part: str) -> str:
    words = []
    for word in part.split():
        if word[0].isdecimal():
            words.append("**" if "кв" in part.lower() else f"{word[0]}*")
        elif len(word.rstrip(".")) <= _KEPT or word.endswith("."):
            words.append(word)
        else:
            words.append(_STREET.sub("***", word, count=1))
    return " ".join(words)
