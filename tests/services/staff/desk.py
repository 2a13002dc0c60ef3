"""What the tests of staff share: quick hashes, and one account of each role."""

from argon2 import PasswordHasher

from core.domain.staff import Role
from core.services.staff import Accounts, Lasting, Passwords, Sessions, Signing, Visitor
from core.storage.database import Database
from tests.conftest import FixedClock

PASSWORD = "nineteen wet harnesses"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Real ones take 50 ms each."""
HERE = Visitor(address="192.0.2.1", user_agent="Firefox")


class Office:
    """The services over one database."""

    def __init__(self, database: Database, clock: FixedClock, lasting: Lasting | None = None) -> None:
        self.database = database
        self.clock = clock
        self.sessions = Sessions(database, clock, lasting or Lasting(second_factor=frozenset()))
        self.signing = Signing(self.sessions, Passwords(QUICK))
        self.accounts = Accounts(self.sessions)

    async def hire(self, name: str = "ivanova", role: Role = Role.MODERATOR, password: str = PASSWORD) -> None:
        """An account with a password."""
        invitation = await self.accounts.add(name, "Иванова А. П.", role)
        entered = await self.signing.accept(invitation.token, password, HERE)
        await self.sessions.end_all(entered.session.member)
