"""Signing in: a password, then a code; links that set a password; and changes to either.

Name and password are looked at with the same work whether the name exists, is disabled, or has no password yet. How a
session is opened, and what guessing costs, is `core.services.staff.opening`'s.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from core.domain import staff as rules
from core.domain.handovers import digest_of, is_token
from core.domain.staff import Member, Session, Stage, Weakness, folded, subject, weakness
from core.services.staff import codes
from core.services.staff.opening import Entered, Opening, Refused, Visitor, clear
from core.services.staff.passwords import Busy, Passwords
from core.services.staff.sessions import Sessions
from core.storage.attempts import Toll, refund
from core.storage.staff import (
    Secrets,
    by_id,
    by_name,
    change,
    end_sessions,
    forget_devices,
    invited,
    offer,
    rehash,
    use_invite,
    use_step,
)

log = structlog.get_logger()


class TooWeak(Exception):
    """The password may not be set."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(weakness)
        self.weakness = weakness


class NoSuchLink(Exception):
    """The link was used, is too old, or is none of ours."""


class Signing:
    """The ways into a session."""

    def __init__(self, sessions: Sessions, passwords: Passwords) -> None:
        self._opening = Opening(sessions)
        self._database = sessions.database
        self._clock = sessions.clock
        self._passwords = passwords

    async def enter(self, name: str, password: str, visitor: Visitor, instead_of: str = "") -> Entered:
        """Name and password. The digest `instead_of` is of a session that ends with it.

        Raises:
            Refused: wrong, unknown, disabled or not set: all the same.
            Locked: too many failures, of the name, known or not, or of the address.
            Busy: too many at once.
        """
        known_as = folded(name)
        tolls = await self._opening.tolls(known_as, visitor)
        await self._opening.pay(tolls)
        found = await self._database.read(partial(by_name, name=known_as))
        right = await self._verified(password, found, tolls)
        if found is None or right is None or found.member.disabled_at is not None:
            log.warning("staff_sign_in_refused", staff=found.member.name if found else "")
            raise Refused
        if right != found.password:
            await self._database.write(partial(rehash, staff_id=found.member.id, old=found.password, new=right))
        renewed = replace(found, password=right)
        return await self._opening.open(renewed, visitor, instead_of, proved=False, paid=tolls, way="password")

    async def prove(self, session: Session, code: str, visitor: Visitor) -> Entered:
        """The second factor's code, for a session at `Stage.CODE`; the session is rotated.

        Raises:
            Refused: wrong, or used before.
            Locked: too many failures.
        """
        tolls = [Toll(subject=subject("code", str(session.member.id)), patience=rules.OF_CODE)]
        await self._opening.pay(tolls)
        found = await self._fresh(session)
        step = codes.matched(found.totp_secret, code, self._clock.now(), found.totp_step)
        if step is None or not await self._database.write(partial(use_step, staff_id=found.member.id, step=step)):
            log.warning("staff_code_refused", staff=found.member.name)
            raise Refused
        return await self._opening.open(found, visitor, session.digest, proved=True, paid=tolls, way="code")

    async def invited(self, token: str) -> Member:
        """Whose one-time link it is. Uses nothing up.

        Raises:
            NoSuchLink: used, too old, none of ours, or of a disabled account.
        """
        member = None
        if is_token(token):
            digest, now = digest_of(token), self._clock.now()
            member = await self._database.read(partial(invited, digest=digest, now=now))
        if member is None:
            raise NoSuchLink
        return member

    async def accept(self, token: str, password: str, visitor: Visitor, instead_of: str = "") -> Entered:
        """Set the password by a one-time link; of two who come at once, one does. Ends all sessions, opens one.

        Raises:
            NoSuchLink: as `invited`.
            TooWeak: nothing is used up.
            Busy: too many at once; nothing is used up.
        """
        member = await self.invited(token)
        hashed = await self._acceptable(password, member)
        now = self._clock.now()

        def job(connection: Any) -> Secrets | None:  # noqa: ANN401 - storage's Connection, which services may not import
            if not use_invite(connection, digest_of(token), now):
                return None
            self._replace(connection, member, hashed)
            return by_id(connection, member.id)

        found = await self._database.write(job)
        if found is None:
            raise NoSuchLink
        log.info("staff_password_set", staff=member.name)
        return await self._opening.open(found, visitor, instead_of, proved=False, paid=[], way="link")

    async def change_password(self, session: Session, current: str, new: str, visitor: Visitor) -> Entered:
        """Set another password: all other sessions end, this one is rotated.

        Raises:
            Refused, Locked, Busy: of the current password, as at sign-in.
            TooWeak: of the new one.
        """
        found = await self._confirmed(session, current, visitor)
        hashed = await self._acceptable(new, found.member)
        await self._database.write(lambda connection: self._replace(connection, found.member, hashed))
        log.info("staff_password_changed", staff=found.member.name)
        renewed = replace(found, password=hashed)
        return await self._opening.open(renewed, visitor, session.digest, proved=True, paid=[], way="password")

    async def offer(self, session: Session) -> str:
        """A new second factor's secret, to be shown; the same for as long as this session lasts."""
        return await self._database.write(partial(offer, digest=session.digest, secret=codes.new_secret()))

    async def enrol(self, session: Session, code: str, current: str, visitor: Visitor) -> Entered:
        """Make the offered secret the second factor, once a code shows that the phone has it; the session is rotated.

        `current` is the password; at `Stage.ENROL` it was given a moment ago, and is not asked for.

        Raises:
            Refused, Locked, Busy: the password, as at sign-in, or the code.
        """
        if session.stage is Stage.FULL:
            found = await self._confirmed(session, current, visitor)
        else:
            found = await self._fresh(session)
        secret = await self.offer(session)
        step = codes.matched(secret, code, self._clock.now(), 0)
        if step is None:
            raise Refused
        values = {"totp_secret": secret, "totp_step": step}

        def job(connection: Any) -> None:  # noqa: ANN401 - the same
            change(connection, found.member.id, values)
            end_sessions(connection, found.member.id, but=session.digest)

        await self._database.write(job)
        log.info("staff_second_factor_set", staff=found.member.name)
        renewed = replace(found, member=replace(found.member, has_second_factor=True))
        return await self._opening.open(renewed, visitor, session.digest, proved=True, paid=[], way="code")

    async def _verified(self, password: str, found: Secrets | None, tolls: list[Toll]) -> str | None:
        try:
            return await self._passwords.verified(
                rules.normalised(password)[: rules.LONGEST + 1], found.password if found else ""
            )
        except Busy:
            await self._database.write(lambda connection: refund(connection, *(toll.subject for toll in tolls)))
            raise

    async def _confirmed(self, session: Session, password: str, visitor: Visitor) -> Secrets:
        """The account, after its own password was given once more."""
        tolls = await self._opening.tolls(session.member.name, visitor)
        await self._opening.pay(tolls)
        found = await self._fresh(session)
        if await self._verified(password, found, tolls) is None:
            raise Refused
        await self._database.write(lambda connection: clear(connection, tolls))
        return found

    async def _fresh(self, session: Session) -> Secrets:
        found = await self._database.read(partial(by_id, staff_id=session.member.id))
        if found is None or found.member.disabled_at is not None:
            raise Refused
        return found

    async def _acceptable(self, password: str, member: Member) -> str:
        weak = weakness(password, member)
        if weak is not None:
            raise TooWeak(weak)
        return await self._passwords.hashed(password)

    @staticmethod
    def _replace(connection: Any, member: Member, hashed: str) -> None:  # noqa: ANN401 - the same
        change(connection, member.id, {"password": hashed})
        end_sessions(connection, member.id)
        forget_devices(connection, member.id)
