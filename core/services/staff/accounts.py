"""What is done about somebody else's account: add, invite, reset, disable. No password passes through here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from core.domain.handovers import digest_of
from core.domain.keys import Keys
from core.domain.staff import INVITED, NAME, Member, Role, folded
from core.services.staff.sessions import Sessions
from core.storage.staff import (
    add,
    by_name,
    change,
    end_invites,
    end_sessions,
    everybody,
    forget_devices,
    invite,
    is_anybody,
    prefer,
    set_rights,
)

log = structlog.get_logger()


class NotAName(Exception):
    """Two to forty Latin letters, digits, dots, dashes and underscores."""


class NameTaken(Exception):
    """Somebody has it."""


class NoSuchMember(Exception):
    """Nobody has this name."""


class IsDisabled(Exception):
    """No link would let him in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link that sets a password."""

    member: Member
    token: str
    """Shown once, and not to be had again."""
    expires_at: datetime


class Accounts:
    """Looks after accounts."""

    def __init__(self, sessions: Sessions) -> None:
        self._database = sessions.database
        self._clock = sessions.clock
        self._new_token = sessions.new_token
        self._keys = Keys()

    async def is_anybody(self) -> bool:
        """Whether there is an account at all."""
        return await self._database.read(is_anybody)

    async def all(self) -> list[tuple[Member, datetime | None]]:
        """By name, each with when he was last seen."""
        return await self._database.read(everybody)

    async def add(self, name: str, display_name: str, role: Role, branches: Iterable[str] = ()) -> Invitation:
        """A new account, and the link that sets its password.

        Raises:
            NotAName, NameTaken: nothing is stored.
        """
        known_as = folded(name)
        if not NAME.fullmatch(known_as):
            raise NotAName(name)
        now = self._clock.now()
        member = Member(
            id=self._keys.new(now),
            name=known_as,
            display_name=display_name.strip() or known_as,
            role=role,
            branches=frozenset(branches),
        )

        def job(connection: Any) -> Invitation:  # noqa: ANN401 - storage's Connection, which services may not import
            if not add(connection, member, now):
                raise NameTaken(known_as)
            return self._invite(connection, member, now)

        made = await self._database.write(job)
        log.info("staff_added", staff=known_as, role=role.value)
        return made

    async def reset(self, name: str, *, second_factor: bool = False) -> Invitation:
        """A link that sets another password; the old one, and with `second_factor` the phone, count no more.

        Raises:
            NoSuchMember: nobody has this name.
            IsDisabled: `enable` comes first; nothing is changed.
        """
        member = await self.find(name)
        if member.disabled_at is not None:
            raise IsDisabled(member.name)
        values: dict[str, Any] = {"password": ""}
        if second_factor:
            values |= {"totp_secret": "", "totp_step": 0}

        def job(connection: Any) -> Invitation:  # noqa: ANN401 - the same
            change(connection, member.id, values)
            self._put_out(connection, member)
            return self._invite(connection, member, self._clock.now())

        made = await self._database.write(job)
        log.info("staff_reset", staff=member.name, second_factor=second_factor)
        return made

    async def disable(self, name: str) -> Member:
        """Keep somebody out from now on: sessions and links end at once. His name stays on what he decided.

        Raises:
            NoSuchMember: nobody has this name.
        """
        member = await self.find(name)
        now = self._clock.now()

        def job(connection: Any) -> None:  # noqa: ANN401 - the same
            change(connection, member.id, {"disabled_at": now})
            self._put_out(connection, member)
            end_invites(connection, member.id)

        await self._database.write(job)
        log.info("staff_disabled", staff=member.name)
        return replace(member, disabled_at=now)

    async def enable(self, name: str) -> Member:
        """Let somebody in again, with his old password.

        Raises:
            NoSuchMember: nobody has this name.
        """
        member = await self.find(name)
        await self._database.write(partial(change, staff_id=member.id, values={"disabled_at": None}))
        log.info("staff_enabled", staff=member.name)
        return replace(member, disabled_at=None)

    async def change(self, name: str, *, role: Role | None = None, branches: Iterable[str] | None = None) -> Member:
        """Other rights: sessions end, so that none keeps the old ones.

        Raises:
            NoSuchMember: nobody has this name.
        """
        member = await self.find(name)
        changed = replace(
            member,
            role=role or member.role,
            branches=member.branches if branches is None else frozenset(branches),
        )

        def job(connection: Any) -> None:  # noqa: ANN401 - the same
            set_rights(connection, changed)
            end_sessions(connection, member.id)

        await self._database.write(job)
        log.info("staff_changed", staff=member.name, role=changed.role.value)
        return changed

    async def speak(self, member: Member, language: str) -> None:
        """Show pages in a language from now on."""
        await self._database.write(partial(change, staff_id=member.id, values={"language": language}))

    async def prefer(self, member: Member, **preferences: str) -> None:
        """Remember what somebody prefers."""
        await self._database.write(partial(prefer, staff_id=member.id, preferences=preferences))

    async def find(self, name: str) -> Member:
        """The account with this name.

        Raises:
            NoSuchMember: nobody has it.
        """
        found = await self._database.read(partial(by_name, name=folded(name)))
        if found is None:
            raise NoSuchMember(name)
        return found.member

    def _invite(self, connection: Any, member: Member, now: datetime) -> Invitation:  # noqa: ANN401 - the same
        token, expires_at = self._new_token(), now + INVITED
        invite(connection, digest_of(token), member.id, now, expires_at)
        return Invitation(member=member, token=token, expires_at=expires_at)

    @staticmethod
    def _put_out(connection: Any, member: Member) -> None:  # noqa: ANN401 - the same
        end_sessions(connection, member.id)
        forget_devices(connection, member.id)
