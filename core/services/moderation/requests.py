"""What a moderator may ask for about a case, why it may be refused, and what it comes to. Values, without behaviour."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.domain.readings import Reading
from core.storage.cases import Case, Elsewhere

APPROVED: Final = "approved"
CORRECTED: Final = "corrected"
REJECTED: Final = "rejected"
ASKED: Final = "asked"
"""Closed with a question to the subscriber; his silence opens a case anew."""
ANSWERED: Final = "answered"
"""Closed with a reply in the moderator's own words."""
ENDED: Final = "closed"
"""Closed without a word to the subscriber: there was no reading to reject, or it is not waiting any more."""
SUPERSEDED: Final = "superseded"
MERGED: Final = "merged"
REPLIED: Final = "replied"
NOTED: Final = "noted"
"""Actions that leave the case open, as `merged` does with the case that the others are merged into."""


class Refused(Exception):
    """The decision cannot be taken; the text says why, and what to do instead.

    `code` and `values` say the same to a skin that has words of its own.
    """

    def __init__(self, text: str, code: str = "refused", **values: object) -> None:
        super().__init__(text)
        self.code = code
        self.values = values


class Untold(StrEnum):
    """Why a subscriber is told nothing, where he should be."""

    FORGOTTEN = "the subscriber asked to be forgotten"
    NOT_SET_UP = "his channel is not set up here"
    BLOCKED = "the subscriber has blocked us"


class AlreadyDecided(Refused):
    """Another decision was taken before: by whom, when and which."""

    def __init__(self, text: str, *, by: str, at: datetime, decision: str) -> None:
        super().__init__(text)
        self.by, self.at, self.decision = by, at, decision


class Moved(Refused):
    """The case is open, but not as the moderator has seen it."""


class Held(Refused):
    """Somebody else works on the case."""

    def __init__(self, text: str, *, by: str, until: datetime) -> None:
        super().__init__(text)
        self.by, self.until = by, until


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """The values are right."""

    moderator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Other values are right, or they belong to another meter or account; no values: those sent."""

    moderator: str
    values: tuple[int, ...] = ()
    note: str = ""
    force: bool = False
    """Store them although they look wrong themselves."""
    elsewhere: Elsewhere | None = None
    within: frozenset[str] = frozenset()
    """Codes of the branches to whose accounts the moderator may move a reading; empty = all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """The values are not taken; without a reading to reject, the case is closed and the reason stays with us."""

    moderator: str
    reason: str = ""
    """The moderator's own words."""
    code: str = ""
    """One of `reasons`, told in the subscriber's language; own words go before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The subscriber shall say whether the values are right; an empty question is a plain one of ours."""

    moderator: str
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message in the moderator's own words, or a canned one with the case's own figures."""

    moderator: str
    text: str = ""
    canned: str = ""
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Other open cases of the same account are about the same thing: they close, and this one stays."""

    moderator: str
    others: tuple[int, ...]
    """Keys of cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Nothing is left to do, and nothing to say."""

    moderator: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that colleagues should know."""

    moderator: str
    text: str


Request = Approve | Correct | Reject | Ask | Reply | Merge | Close | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a request comes to."""

    action: str
    closes: bool = True
    note: str = ""
    reading: Reading | None = None
    """With its new state."""
    superseded: tuple[Reading, ...] = ()
    closes_too: tuple[Case, ...] = ()
    closes_as: str = SUPERSEDED
    text_key: str = ""
    """What the subscriber is told: a text of ours, or `words`; nothing at all where both are empty."""
    code: str = ""
    """Names a reason of ours, or a canned reply."""
    reason: str = ""
    words: str = ""
    serial: str = field(default="", repr=False)
    """The meter's, where the reading was moved to another one."""
    repeated: bool = False
    """The same was decided before by the same moderator: nothing is to be stored."""
