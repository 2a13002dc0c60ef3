"""Ages, dates and the names of things, as the queue's screens say them."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from bot.cli.context import printable

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
