"""Staff accounts: signing in, sessions, one-time links."""

from core.services.staff.accounts import Accounts, Invitation, IsDisabled, NameTaken, NoSuchMember, NotAName
from core.services.staff.opening import Entered, Locked, Opening, Refused, Visitor
from core.services.staff.passwords import Busy, Passwords
from core.services.staff.sessions import Lasting, Sessions
from core.services.staff.signing import NoSuchLink, Signing, TooWeak

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
    "Opening",
    "Passwords",
    "Refused",
    "Sessions",
    "Signing",
    "TooWeak",
    "Visitor",
]
