"""How every way in ends: the attempt is paid for, and a session opened in place of the one before.

An attempt is paid for before it is made (`core.storage.attempts.pay`), so that many at once gain nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from core.domain import staff as rules
from core.domain.handovers import digest_of, is_token
from core.domain.staff import Session, Stage, subject
from core.services.staff.sessions import Sessions
from core.storage.attempts import Toll, forgive, pay, refund
from core.storage.staff import Secrets, by_id, is_known, know

log = structlog.get_logger()


class Refused(Exception):
    """Wrong name, password or code, or nobody's account; which one is not said."""


class Locked(Exception):
    """Too many failures: wait."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks: what is known of a browser."""

    address: str
    user_agent: str = ""
    device: str = field(default="", repr=False)
    """The cookie by which it is known again; empty for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A session was opened."""

    token: str = field(repr=False)
    session: Session
    device: str = field(default="", repr=False)
    """For a cookie that outlives the session; empty while it is only half-way."""


class Opening:
    """Takes tolls, and opens sessions."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._database = sessions.database
        self._clock = sessions.clock

    async def tolls(self, name: str, visitor: Visitor) -> list[Toll]:
        """What an attempt counts against: the browser if it is known under this name, else name and address."""
        if is_token(visitor.device):
            digest, now = digest_of(visitor.device), self._clock.now()
            if await self._database.read(partial(is_known, digest=digest, name=name, now=now)):
                return [Toll(subject=subject("device", digest), patience=rules.OF_DEVICE)]
        return [
            Toll(subject=subject("name", name), patience=rules.OF_NAME),
            Toll(subject=subject("address", visitor.address), patience=rules.OF_ADDRESS),
        ]

    async def pay(self, tolls: list[Toll]) -> None:
        """Count an attempt before it is made.

        Raises:
            Locked: too many failures; nothing is counted.
        """
        until = await self._database.write(partial(pay, tolls=tolls, now=self._clock.now()))
        if until is not None:
            raise Locked(until)

    async def open(
        self,
        found: Secrets,
        visitor: Visitor,
        instead_of: str,
        *,
        proved: bool,
        paid: list[Toll],
        way: str,
        first: Callable[[Any], None] | None = None,
    ) -> Entered:
        """Open a session, forgive what was paid, and remember the browser once it is through.

        Args:
            found: the account as it was looked at.
            visitor: his browser.
            instead_of: the digest of a session that ends with it.
            proved: whether no second factor of ours is to come.
            paid: what the attempt counted against.
            way: how he came in, for the log.
            first: a job that belongs to the same transaction.

        Raises:
            Refused: the account was disabled, or its password replaced, while this one was being looked at.
        """
        stage = self._sessions.stage(found.member, proved=proved)
        device = self._sessions.new_token() if stage is Stage.FULL else ""
        now = self._clock.now()

        def job(connection: Any) -> tuple[str, Session]:  # noqa: ANN401 - storage's Connection, which services may not import
            current = by_id(connection, found.member.id)
            if current is None or current.member.disabled_at is not None or current.password != found.password:
                raise Refused
            if first is not None:
                first(connection)
            clear(connection, paid)
            if device:
                known_as = digest_of(visitor.device)
                know(connection, digest_of(device), found.member.id, now, instead_of=known_as)
            return self._sessions.open(
                connection, found.member, stage, user_agent=visitor.user_agent, instead_of=instead_of
            )

        token, session = await self._database.write(job)
        if stage is Stage.FULL:
            log.info("staff_signed_in", staff=found.member.name, way=way)
        return Entered(token=token, session=session, device=device)


def clear(connection: Any, tolls: list[Toll]) -> None:  # noqa: ANN401 - the same
    """The attempt was right: an address gets back what it paid, anything else begins anew."""
    for toll in tolls:
        (refund if toll.patience is rules.OF_ADDRESS else forgive)(connection, toll.subject)
