"""What the tests of staff share: quick hashes, and one account of each role."""

from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from core.domain.staff import Role
from core.services.staff import Accounts, Entered, Lasting, Passwords, Refused, Sessions, Signing, Visitor
from core.storage.database import Database
from tests.conftest import FixedClock

PASSWORD = "nineteen wet harnesses"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Real ones take 50 ms each."""
WRONG = "nineteen dry harnesses"
HERE = Visitor(address="192.0.2.1", user_agent="Firefox")
STRANGER = Visitor(address="203.0.113.9")


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


async def everything(database: Database, column: Any) -> list[Any]:
    return await database.read(lambda connection: list(connection.execute(select(column)).scalars()))


async def fail(office: Office, times: int, name: str = "ivanova", visitor: Visitor = STRANGER) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            await office.signing.enter(name, WRONG, visitor)


def code(secret: str, clock: FixedClock) -> str:
    return pyotp.TOTP(secret).at(clock.now())


async def enrolled(office: Office) -> tuple[str, Entered]:
    """The secret of a second factor that was set up, and the session."""
    entered = await office.signing.enter("ivanova", PASSWORD, HERE)
    secret = await office.signing.offer(entered.session)
    return secret, await office.signing.enrol(entered.session, code(secret, office.clock), PASSWORD, HERE)
