"""What the queue's functions take and give."""

from collections.abc import Mapping
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


def long_reference(key: int) -> str:
    """The last eight letters of a key."""
    return reference(key >> 25)[-3:] + reference(key)


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
    language: str
    priority: int
    due_at: datetime
    claimed_by: str
    """Who works on it, or did when it was closed."""
    claimed_until: datetime | None
    version: int
    """Grows with whatever changes what a decision is based on; a claim does not."""

    def held(self, now: datetime) -> bool:
        """Whether somebody works on it now: a claim that ran out is none."""
        return self.state == OPEN and self.claimed_until is not None and self.claimed_until > now

    @property
    def reference(self) -> str:
        """Five letters to name it by: those that the subscriber was told about his reading, else its own."""
        return reference(self.reading_id or self.id)

    @property
    def long_reference(self) -> str:
        """Its own last eight letters, for the rare case that five fit several."""
        return long_reference(self.id)


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

    id: int
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
class Elsewhere:
    """Where a reading belongs that was sent for a wrong meter or account; what is empty stays as it is."""

    account: str = field(default="", repr=False)
    serial: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What was found elsewhere: the account, its meters that fit, and their readings of the last 13 months."""

    account: Subscriber | None
    meters: tuple[Meter, ...]
    readings: tuple[Reading, ...]


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
    language: str = "ru"
    """What the subscriber reads: his own choice where he made one, else that of the message."""
    unreachable: bool = False
    """He has blocked us."""
    target: Target | None = None
    """Where the reading belongs instead, if a decision has asked for it."""

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
    due_at: datetime
    """Not before: the message of a bulk decision waits for as long as it can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A line of the audit log. `old` and `new` hold states and values, never a subscriber's words or name."""

    id: int
    at: datetime
    who: str
    skin: str
    """Where from: `cli`, `web` or `chat`."""
    what: str
    case_id: int | None = None
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    """The case's, as the subscriber and the list name it; filled in where the log is read."""


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
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases to list; an empty filter lets all pass."""

    branch: str = ""
    branches: frozenset[str] = frozenset()
    """Those whose cases somebody may see at all; empty = all."""
    kind: str = ""
    state: str = OPEN
    channel: str = ""
    claimed_by: str = ""
    """Those that this moderator works on at the moment `at`."""
    free: bool = False
    """Those that nobody works on at the moment `at`."""
    held: bool = False
    """Those that somebody works on at the moment `at`."""
    opened_before: datetime | None = None
    opened_after: datetime | None = None
    due_before: datetime | None = None
    search: str = field(default="", repr=False)
    """An account's number, present or former, a phone, a case's reference, or words of the subscriber's text."""
    passed: tuple[int, ...] = ()
    """Keys of a few cases that are left out."""
    at: datetime | None = None
    """The present, for the filters of claims."""


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
        language=row.language,
        priority=row.priority,
        due_at=row.due_at,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        version=row.version,
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


def action_row(action: Action) -> dict[str, object]:
    """An action as `case_action` holds it."""
    return {
        "id": action.id,
        "case_id": action.case_id,
        "at": action.at,
        "moderator": action.moderator,
        "action": action.action,
        "note": action.note,
        "outbox_id": action.outbox_id,
    }
