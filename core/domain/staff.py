"""Staff accounts: who may do what, which passwords are refused, how long a wrong one makes wait.

Pure. The rules of passwords, waits and sessions follow NIST SP 800-63B: length instead of composition, a list of the
commonest refused, no forced changes, limits on guessing, idle and absolute ends of sessions.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is employed for."""

    OPERATOR = "operator"
    """Answers the phone, and types readings from paper."""
    MODERATOR = "moderator"
    """Decides cases."""
    SUPERVISOR = "supervisor"
    """Leads them."""
    AUDITOR = "auditor"
    """Looks at what was done, and changes nothing."""


class Permission(StrEnum):
    """One thing that may be done."""

    OWN_ACCOUNT = "own_account"
    """Be signed in: the home page, one's own password and language."""
    VIEW_QUEUE = "view_queue"
    """See cases, personal data masked."""
    REVEAL = "reveal"
    """See personal data in clear; each look is audited."""
    DECIDE = "decide"
    BULK = "bulk"
    """Decide many cases at once."""
    OVERRIDE_CLAIM = "override_claim"
    """Take a case that somebody else is working on."""
    ENTER_READINGS = "enter_readings"
    """By phone or from paper."""
    SEE_STATISTICS = "see_statistics"
    SEE_AUDIT = "see_audit"
    MANAGE_STAFF = "manage_staff"


MAY: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OPERATOR: frozenset(
        {Permission.OWN_ACCOUNT, Permission.VIEW_QUEUE, Permission.REVEAL, Permission.ENTER_READINGS}
    ),
    Role.MODERATOR: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.VIEW_QUEUE,
            Permission.REVEAL,
            Permission.DECIDE,
            Permission.ENTER_READINGS,
            Permission.SEE_STATISTICS,
        }
    ),
    Role.SUPERVISOR: frozenset(Permission),
    Role.AUDITOR: frozenset(
        {Permission.OWN_ACCOUNT, Permission.VIEW_QUEUE, Permission.SEE_STATISTICS, Permission.SEE_AUDIT}
    ),
}
"""The whole table: what is not here is not allowed."""


class Stage(StrEnum):
    """How far a session has come."""

    CODE = "code"
    """The password was right; the second factor's code is to come."""
    ENROL = "enrol"
    """A second factor is required and must be set up before anything else."""
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the staff, without his secrets."""

    id: int
    name: str
    """What he signs in with: lower case."""
    display_name: str
    role: Role
    branches: frozenset[str] = frozenset()
    """Codes of the branches he may see; empty = all."""
    language: str = ""
    """Empty: whatever his browser prefers."""
    preferences: Mapping[str, str] = field(default_factory=dict)
    has_password: bool = False
    has_second_factor: bool = False
    disabled_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether his role has it. A disabled account may nothing."""
        return self.disabled_at is None and permission in MAY[self.role]

    def sees(self, branch: str) -> bool:
        """Whether a branch's cases are his to see. Cases of no branch are for those who see all."""
        return not self.branches or branch in self.branches


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that somebody has signed in with."""

    digest: str = field(repr=False)
    stage: Stage
    member: Member
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    user_agent: str


LONGEST_SUBJECT: Final = 255
"""OpenID Connect Core, 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What an OpenID Connect issuer that we trust says of whoever has just signed in there."""

    issuer: str
    subject: str
    """Its name for him that never changes, and is never given to another (OpenID Connect Core, 2)."""
    name: str
    """What he may be called here; nobody need be."""


NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
"""What names look like: Latin, as a mail address begins, so that nobody's keyboard layout is in the way."""


def folded(name: str) -> str:
    """A name as it is compared: nobody remembers whether it was typed with a capital."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


SHORTEST: Final = 12
LONGEST: Final = 200
"""Beyond that it is no password but an attack on the processor; SP 800-63B asks for at least 64."""
FEWEST_LETTERS: Final = 4
"""Different characters: `111111111111` is twelve long and no password."""
COMMON: Final = frozenset(
    {
        "0987654321qwerty",
        "123456123456",
        "123456654321",
        "123456789012",
        "1234567890123",
        "1234567890qwerty",
        "12345qwert12345",
        "123qweasdzxc",
        "1q2w3e4r5t6y",
        "1q2w3e4r5t6y7u",
        "1qaz2wsx3edc",
        "1qaz2wsx3edc4rfv",
        "abcdefghijkl",
        "administrator",
        "changeme1234",
        "correcthorsebatterystaple",
        "iloveyou1234",
        "letmeinletmein",
        "parolparolparol",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "qazwsxedcrfv",
        "qwerty123456",
        "qwerty1234567",
        "qwertyqwerty",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiop[]",
        "qwertyuiopasdf",
        "welcome12345",
        "администратор",
        "йцукен123456",
        "йцукенгшщзхъ",
        "пароль123456",
        "парольпароль",
        "показания123",
        "электроэнергия",
    }
)
"""The commonest of twelve characters and more, in the two layouts, and the words of this trade."""


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    NAME = "name"
    """It contains the account's own name, or is made of the service's."""


def normalised(password: str) -> str:
    """A password as it is hashed: the same on every keyboard and system (SP 800-63B asks for NFKC)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, member: Member) -> Weakness | None:
    """Why this one may not be set; None if it may."""
    plain = normalised(password)
    letters = plain.casefold()
    if len(plain) < SHORTEST:
        return Weakness.SHORT
    if len(plain) > LONGEST:
        return Weakness.LONG
    if letters in COMMON or len(set(letters)) < FEWEST_LETTERS:
        return Weakness.COMMON
    own = {member.name, member.display_name.casefold(), "meterline"}
    # A name of two letters is found in innocent passwords; what is left beside a longer one must be long enough itself.
    if any(len(letters.replace(word, "")) < SHORTEST and word in letters for word in own if len(word) > 2):  # noqa: PLR2004 - the same
        return Weakness.NAME
    return None


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures in a row cost nothing, and how long the following ones make wait."""

    free: int
    first: timedelta
    longest: timedelta = timedelta(minutes=15)
    """Nobody is locked out for longer, however many strangers try his name."""

    def wait(self, failures: int) -> timedelta:
        """How long after the last of so many failures nobody may try again; doubles with each."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta(0)
        return min(self.longest, self.first * (1 << min(beyond - 1, 20)))


FORGOTTEN: Final = timedelta(days=1)
"""After so long without a failure the count begins anew."""
OF_NAME: Final = Patience(free=4, first=timedelta(seconds=30))
"""Whether the name exists or not: a wait must not tell."""
OF_ADDRESS: Final = Patience(free=30, first=timedelta(minutes=1))
"""A whole office comes from one address."""
OF_DEVICE: Final = Patience(free=4, first=timedelta(seconds=30))
"""A browser that was signed in before has a count of its own, so that strangers cannot keep its owner out."""
OF_CODE: Final = Patience(free=4, first=timedelta(seconds=30))
"""Who gets this far knows the password; at most some hundred guesses a day at a million codes."""

INVITED: Final = timedelta(days=3)
"""How long a one-time link is good."""
HALF_WAY: Final = timedelta(minutes=15)
"""How long the second factor may take, or its set-up."""
JOURNEY: Final = timedelta(minutes=10)
"""How long signing in at an issuer may take: its own form, a second factor there, perhaps another password."""
REMEMBERED: Final = timedelta(days=180)
"""How long a browser counts as known after its last sign-in."""


def subject(kind: str, value: str) -> str:
    """What a count is kept under."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()
