"""What a text message may turn out to be: the parser's answer, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

Language = Literal["ru", "en"]


class Outcome(StrEnum):
    """How sure the parser is of what it read."""

    OK = "ok"
    """The strict grammar matched: store without a word more."""
    OK_WITH_REPAIR = "ok_with_repair"
    """Something was mended on the way; the answer must say what was understood."""
    NEEDS_CONFIRMATION = "needs_confirmation"
    """Readable in more than one way even after look-up; ask before storing."""
    REJECT = "reject"


class Repair(StrEnum):
    """One thing the parser mended."""

    CHARACTERS = "characters"
    """Letters that look like digits, exotic digits, dashes or spaces."""
    SEPARATORS = "separators"
    """`#`, `*`, `;`, `/`, commas or line breaks stood between the groups."""
    LABELS = "labels"
    """Words such as ЛС, ПУ, Т1, день, ночь or units were read and dropped."""
    FRACTION = "fraction"
    """Digits behind the decimal mark were dropped; the subscriber is told."""
    JOINED = "joined"
    """An account was typed in groups, by spaces or hyphens, or a figure in thousands: `12345-678-90`, `5 778`."""
    EMAIL = "email"
    """An e-mail address stood at the end."""
    WORDS = "words"
    """Greetings and other words that carry no figure were dropped."""
    SWAPPED = "swapped"
    """The meter stood before the account: never stored unasked. Zones in another order are told by their labels."""


class Zone(StrEnum):
    """A zone of the day, when the subscriber labelled the value (`T1`, `день`)."""

    T1 = "t1"
    """Day, or the only one."""
    T2 = "t2"
    """Night."""
    T3 = "t3"
    """Half-peak of a three-zone meter."""


class Value(NamedTuple):
    """A register's figure as typed; `number` holds the digits before the decimal mark, `digits` how many were typed."""

    number: int
    digits: int
    zone: Zone | None = None


class Entry(NamedTuple):
    """One meter's reading. Account and meter are digits as typed, leading zeros kept; None where the text has none."""

    account: str | None
    meter: str | None
    values: tuple[Value, ...]


class Candidate(NamedTuple):
    """One way to read the whole message. The core takes the first that its look-up bears out."""

    entries: tuple[Entry, ...]
    repairs: frozenset[Repair] = frozenset()


@dataclass(frozen=True, slots=True)
class Submission:
    """Readings. `candidates` come most literal first, at least one, at most `MAX_CANDIDATES`.

    Those of a plain text are made when they are looked at.
    `accounts` are all the strings that any candidate takes for an account: what the core must look up.
    `phone_like` says that the first number looks like a mobile phone: a hint for the answer when look-up finds nothing.
    """

    outcome: Outcome
    candidates: Sequence[Candidate]
    accounts: tuple[str, ...]
    matched: str
    language: Language | None = None
    phone_like: bool = False


class CommandKind(StrEnum):
    """What a subscriber may ask for in a word."""

    BALANCE = "balance"
    PAYMENT = "payment"
    AUTOPAY = "autopay"
    AUTOPAY_SKIP = "autopay_skip"
    """The next announced charge is not to be made."""
    HELP = "help"
    YES = "yes"
    NO = "no"
    """Also `отмена`: it declines a question, and leaves whatever is under way."""
    MENU = "menu"
    SUBMIT = "submit"
    ACCOUNTS = "accounts"
    HISTORY = "history"
    OPERATOR = "operator"
    BACK = "back"
    SAME = "same"
    """The same figures as before."""
    LINK = "link"
    SETTINGS = "settings"
    REMIND = "remind"
    DO_NOT_REMIND = "do_not_remind"
    RUSSIAN = "russian"
    ENGLISH = "english"
    MY_DATA = "my_data"
    FORGET_ME = "forget_me"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Command:
    """A request in a word, perhaps with the account and the meter it is about."""

    kind: CommandKind
    matched: str
    language: Language | None
    """None for what is no word of any language, such as a button."""
    outcome: Outcome = Outcome.OK
    account: str | None = None
    meter: str | None = None


class RejectCode(StrEnum):
    """Why the text is nothing we can act on. The codes are part of the interface: they stand in metrics and cases."""

    EMPTY = "empty"
    FORMAT = "format"
    TOO_LONG = "too_long"
    CARD_NUMBER = "card_number"
    """13 to 19 digits that pass the Luhn check, alone: not stored, not logged."""
    PHONE_FOR_ACCOUNT = "phone_for_account"
    """A phone number stands where the account should be."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing to act on. `accounts` are numbers in it that might be an account, so that a case can name it."""

    code: RejectCode
    matched: str
    language: Language | None = None
    accounts: tuple[str, ...] = field(default=())
    outcome: Outcome = Outcome.REJECT


@dataclass(frozen=True, slots=True)
class BillCode:
    """The two-dimensional code of a bill, sent as text; `matched` is its header."""

    matched: str
    payload: str = field(repr=False)
    """The text from the header on."""
    language: Language | None = None
    outcome: Outcome = Outcome.OK


Parsed = Submission | Command | Rejected | BillCode

MAX_CANDIDATES = 16
"""A bound on the ways to read one message, so that a batch's look-up stays bounded."""
