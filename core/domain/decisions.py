"""What the desk decided about one event: everything there is to store, and nothing stored yet."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.domain.autopay import Autopay
from core.domain.calculations import Calculation
from core.domain.messages import Address, Buttons, Delivery, Event
from core.domain.readings import Code, Reading
from core.domain.subscribers import Link, Profile

HAND_OVER: Final = "hand_over"
FAILED_EVENT: Final = "failed_event"
UNDELIVERED: Final = "undelivered"
OPERATOR: Final = "operator"
"""The subscriber asked for a person."""
PHOTO: Final = "photo"
PAYMENT_MISMATCH: Final = "payment_mismatch"
"""A provider says paid, and sum, currency, order or test mode are not what we asked for: nothing is credited."""
PAYMENT_TWICE: Final = "payment_twice"
"""More was paid than was to be paid: the subscriber may have the second back, or leave it on his balance."""
"""Kinds of case beside the codes of readings."""
PHOTO_WAITS: Final = "photo_waits"
"""Outcome code of a picture in which a bill's code is looked for; `PhotoRead` answers it."""

FAILURES: Final = frozenset(
    {
        "format",
        "empty",
        "too_long",
        "bill_unreadable",
        "phone_for_account",
        "not_understood",
        Code.ACCOUNT_NOT_FOUND.value,
        Code.METER_NOT_FOUND.value,
    }
)
"""Outcome codes that count towards a sender's daily stop: unreadable texts, and pairs that do not exist (guessing)."""


class Outcome(StrEnum):
    """What became of an event."""

    HANDLED = "handled"
    IGNORED = "ignored"
    """Read, and deliberately not answered: a limit, a loop, nothing to say."""
    FAILED = "failed"
    """Our mistake: a case is open."""


@dataclass(slots=True, kw_only=True)
class NewCase:
    """A case to open. `kind` is a reading's `Code`, or one of the kinds above."""

    kind: str
    branch: str = ""
    account_id: int | None = None
    meter_id: int | None = None
    reading_id: int | None = None
    text: str = field(default="", repr=False)
    photo: str = field(default="", repr=False)
    language: str = "ru"
    id: int | None = None
    """Where what follows must be able to name it; else the store makes one."""


@dataclass(frozen=True, slots=True)
class CaseNote:
    """What the subscriber adds to a case of his that is still open."""

    case_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to another address than the one that wrote: a code by SMS, the news that an account was linked."""

    to: Address
    text: str = field(repr=False)
    lasts: timedelta
    """How long it makes sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHandover:
    """A one-time link to our own page (`core.domain.handovers`): its token's digest, and whose balance it shows."""

    digest: str
    account_id: int | None
    purpose: str
    language: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaymentPage:
    """A link to our payment page (`core.domain.orders`): its token's digest, whose account, and the sum proposed."""

    digest: str
    account_id: int
    amount: int | None
    """Kopecks; None where the subscriber is to say."""
    language: str
    expires_at: datetime
    autopay_id: int | None = None
    """The autopay that the payment stores the method for."""


@dataclass(slots=True, kw_only=True)
class Decision:
    """One event's outcome. `key` is the event row's and, if there is a reply, the outbox row's key."""

    key: int
    event: Event
    received_at: datetime
    sent_at: datetime
    """The moment that counts: the vendor's, or that of arrival where the vendor's cannot be believed."""
    outcome: Outcome = Outcome.HANDLED
    code: str = ""
    text: str = field(default="", repr=False)
    """The text to keep; not always the text that came."""
    keep_raw: bool = True
    """False where the payload holds what must not be stored."""
    account_id: int | None = None
    reply: str | None = field(default=None, repr=False)
    readings: list[Reading] = field(default_factory=list)
    """New ones."""
    changed: list[Reading] = field(default_factory=list)
    """Stored ones with a new status."""
    resent: list[Reading] = field(default_factory=list)
    """Stored ones that came again, with the later time of sending."""
    cases: list[NewCase] = field(default_factory=list)
    delivery: Delivery | None = None
    """A delivery report's news; nothing else is stored then."""
    buttons: Buttons = ()
    link: str = field(default="", repr=False)
    link_label: str = ""
    """What the reply has beside its text."""
    calculation: Calculation | None = None
    """What billing is to be asked about the reply."""
    patience: timedelta = timedelta()
    """How long the reply waits for that."""
    profile: Profile | None = None
    """The sender's, where it is new or has changed."""
    links: list[Link] = field(default_factory=list)
    """New ones, and those with a new name or proof."""
    unlinked: list[Link] = field(default_factory=list)
    guessed: list[int | None] = field(default_factory=list)
    """Proofs that failed, each with the account it was about, if there is such an account."""
    notices: list[Notice] = field(default_factory=list)
    notes: list[CaseNote] = field(default_factory=list)
    handovers: list[NewHandover] = field(default_factory=list)
    payment_pages: list[NewPaymentPage] = field(default_factory=list)
    autopays: list[Autopay] = field(default_factory=list)
    """New ones, whose method is not stored yet."""
    autopay_skips: list[int] = field(default_factory=list)
    """Announced charges that are not to be made."""
    autopay_stops: list[int] = field(default_factory=list)
    """Autopays that are cancelled."""
    forgets: bool = False
    """The sender wants to be forgotten: what was kept of the address goes, this event's text included."""
