"""Sessions: whose cookie it is, and when that is over. The database knows no more of a cookie than its SHA-256."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from core.domain.handovers import digest_of, is_token
from core.domain.staff import HALF_WAY, Member, Role, Session, Stage
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.staff import (
    SEEN_EVERY,
    end_session,
    end_sessions,
    find_session,
    open_session,
    see,
    sessions_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long a session lasts, and for whom a second factor is a must."""

    whole: timedelta = timedelta(hours=12)
    """From signing in, whatever happens."""
    idle: timedelta = timedelta(minutes=30)
    """Since the last request."""
    second_factor: frozenset[Role] = frozenset(Role)


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        lasting: Lasting,
        new_token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`new_token` makes 32 random bytes readable; it is replaced by tests."""
        self.database = database
        self.clock = clock
        self.lasting = lasting
        self.new_token = new_token

    async def find(self, token: str, *, notes: bool = True) -> Session | None:
        """Whose cookie it is; None when it is over or none of ours. Notes that it was seen. Raises `Unavailable`.

        `notes`: whether it counts as seen. What a page asks by itself, with nobody before it, must keep no session.
        """
        if not is_token(token):
            return None
        now, digest = self.clock.now(), digest_of(token)
        found = await self.database.read(partial(find_session, digest=digest, now=now, idle=self.lasting.idle))
        if notes and found is not None and now - found.seen_at >= SEEN_EVERY:
            await self.database.write(partial(see, digest=digest, now=now))
        return found

    async def of(self, member: Member) -> list[Session]:
        """All of somebody's, the one seen last first."""
        return await self.database.read(
            partial(sessions_of, member=member, now=self.clock.now(), idle=self.lasting.idle)
        )

    async def end(self, session: Session) -> None:
        """Sign out here."""
        await self.database.write(partial(end_session, digest=session.digest))

    async def end_all(self, member: Member, *, but: str = "") -> None:
        """Sign out everywhere, perhaps but for one digest."""
        await self.database.write(partial(end_sessions, staff_id=member.id, but=but))

    def stage(self, member: Member, *, proved: bool) -> Stage:
        """How far somebody is whose password was right; `proved` says that his code was, too."""
        if proved:
            return Stage.FULL
        if member.has_second_factor:
            return Stage.CODE
        return Stage.ENROL if member.role in self.lasting.second_factor else Stage.FULL

    def open(
        self,
        connection: Any,  # noqa: ANN401 - storage's Connection, which services may not import
        member: Member,
        stage: Stage,
        *,
        user_agent: str,
        instead_of: str = "",
    ) -> tuple[str, Session]:
        """Store a new session within a transaction, in place of the digest `instead_of`; its token."""
        now, token = self.clock.now(), self.new_token()
        session = Session(
            digest=digest_of(token),
            stage=stage,
            member=member,
            created_at=now,
            seen_at=now,
            expires_at=now + (self.lasting.whole if stage is Stage.FULL else HALF_WAY),
            user_agent=user_agent,
        )
        open_session(connection, session, now, rotated_from=instead_of)
        return token, session
