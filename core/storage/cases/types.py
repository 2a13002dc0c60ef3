"""What the queue's functions take and give."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from core.domain.accounts import Meter
from core.domain.keys import reference
from core.domain.messages import Address
from core.domain.readings import Reading, Status

OPEN: Final = "open"
CLOSED: Final = "closed"

PENDING: Final = (Status.IN_REVIEW, Status.NEEDS_CONFIRMATION)
"""Readings that wait for somebody; a decision settles no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An item of the queue, as stored."""

    id: int
    kind: str
    state: str
    branch: str
    account_id: int | None
    meter_id: int | None
    reading_id: int | None
    event_key: int | None
    address: Address
    text: str = field(repr=False)
    opened_at: datetime
    closed_at: datetime | None
    decision: str
    decided_by: str

    @property
    def reference(self) -> str:
        """Five letters to name it by: those that the subscriber was told about his reading, else its own."""
        return reference(self.reading_id or self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the list: the case, and what it is about."""

    case: Case
    account: str = field(repr=False)
    serial: str = field(repr=False)
    values: tuple[int, ...]
    consumption: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """The account as a moderator may need it; whoever shows it masks address and phone."""

    number: str = field(repr=False)
    branch: str
    address: str = field(repr=False)
    phone: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the dialogue: what came in with its outcome, or what we wrote with its state."""

    at: datetime
    ours: bool
    text: str = field(repr=False)
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Who did what to a case."""

    id: int
    case_id: int
    at: datetime
    moderator: str
    action: str
    note: str = field(default="", repr=False)
    outbox_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that a decision needs."""

    case: Case
    account: Subscriber | None
    meter: Meter | None
    readings: tuple[Reading, ...]
    """The meter's readings of the last 13 months, in every status, oldest first; the one in question among them."""
    typed: str = field(repr=False)
    """The message that the reading, or else the case, came of."""
    dialogue: tuple[Line, ...]
    """The last messages of the subscriber's address and our answers, oldest first."""
    actions: tuple[Action, ...]
    related: tuple[Case, ...]
    """Other open cases of the same account, oldest first."""

    @property
    def reading(self) -> Reading | None:
        """The reading in question."""
        return next((item for item in self.readings if item.id == self.case.reading_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A reply of a moderator, to be put into the outbox."""

    id: int
    to: Address
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a decision changes: all of it is stored, or nothing is."""

    action: Action
    decision: str = ""
    """Closes the case; empty leaves it open."""
    reading: Reading | None = None
    superseded: tuple[int, ...] = ()
    """Readings that the decided one replaces."""
    closes_too: tuple[Action, ...] = ()
    """Closes the cases of those readings."""
    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases to list; an empty filter lets all pass."""

    branch: str = ""
    kind: str = ""
    state: str = OPEN


def to_case(row: Row[Any]) -> Case:
    """A row that has all columns of `moderation_case`."""
    return Case(
        id=row.id,
        kind=row.kind,
        state=row.state,
        branch=row.branch,
        account_id=row.account_id,
        meter_id=row.meter_id,
        reading_id=row.reading_id,
        event_key=row.event_key,
        address=Address(row.channel, row.external_id),
        text=row.text,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        decision=row.decision,
        decided_by=row.decided_by,
    )


def to_action(row: Row[Any], prefix: str = "") -> Action:
    """A row that has all columns of `case_action`, each under its name behind the prefix."""
    part = row._mapping  # noqa: SLF001 - SQLAlchemy's public name, underscored so that no column can hide it
    return Action(
        id=part[f"{prefix}id"],
        case_id=part[f"{prefix}case_id"],
        at=part[f"{prefix}at"],
        moderator=part[f"{prefix}moderator"],
        action=part[f"{prefix}action"],
        note=part[f"{prefix}note"],
        outbox_id=part[f"{prefix}outbox_id"],
    )
