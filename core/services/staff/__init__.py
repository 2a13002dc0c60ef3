"""Staff accounts: signing in, sessions, one-time links."""

from core.services.staff.accounts import Accounts, Invitation, IsDisabled, NameTaken, NoSuchMember, NotAName
from core.services.staff.passwords import Busy, Passwords
from core.services.staff.sessions import Lasting, Sessions
from core.services.staff.signing import (
    Entered,
    Locked,
    NoSuchLink,
    Refused,
    Signing,
    TooWeak,
    Visitor,
)

__all__ = [
    "Accounts",
    "Busy",
    "Entered",
    "Invitation",
    "IsDisabled",
    "Lasting",
    "Locked",
    "NameTaken",
    "NoSuchLink",
    "NoSuchMember",
    "NotAName",
    "Passwords",
    "Refused",
    "Sessions",
    "Signing",
    "TooWeak",
    "Visitor",
]
