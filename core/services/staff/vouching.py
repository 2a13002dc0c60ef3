"""Signing in by the word of an OpenID Connect issuer. What it said is checked elsewhere (`bot.oidc`), before this.

It opens accounts that exist, and makes none. The first time an account is found by its name; from then on it is the
subject's, and the name counts no more: not at the issuer, where names may be given to others, and not here.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog

from core.domain.handovers import digest_of, is_token
from core.domain.staff import JOURNEY, Member, Vouched
from core.services.staff.opening import Entered, Locked, Opening, Refused, Visitor
from core.services.staff.sessions import Sessions
from core.storage.staff import Secrets, by_name
from core.storage.staff_oidc import come_back, link, linked, set_out, unlink

WAY: Final = "oidc"
"""How the log names it."""

log = structlog.get_logger()


class Astray(Exception):
    """No browser of ours is on its way with this: it came back before, took too long, or never set out."""


class Linked(Exception):
    """The account, or the subject, is linked already."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser sets out for the issuer."""

    token: str = field(repr=False)
    """For its cookie. Whatever the issuer is told is made of it."""


class Vouching:
    """The way in by an issuer, and who is who there."""

    def __init__(self, sessions: Sessions, *, ask_totp: bool) -> None:
        """`ask_totp`: whether a second factor of ours is asked for after the issuer's own."""
        self._opening = Opening(sessions)
        self._database = sessions.database
        self._clock = sessions.clock
        self._new_token = sessions.new_token
        self._ask_totp = ask_totp

    async def set_out(self, following: str) -> Departure:
        """A browser leaves for the issuer, and wants to see the page `following` after it."""
        token, now = self._new_token(), self._clock.now()
        await self._database.write(
            partial(set_out, digest=digest_of(token), following=following, now=now, expires_at=now + JOURNEY)
        )
        return Departure(token)

    async def come_back(self, token: str) -> str:
        """The page it wants to see. Works once.

        Raises:
            Astray: it is none of ours, or was here before, or took longer than `JOURNEY`.
        """
        following = None
        if is_token(token):
            now = self._clock.now()
            following = await self._database.write(partial(come_back, digest=digest_of(token), now=now))
        if following is None:
            self.refused("astray")
            raise Astray
        return following

    async def enter(self, vouched: Vouched, visitor: Visitor, instead_of: str = "") -> Entered:
        """Open a session for whom the issuer vouches. The digest `instead_of` is of a session that ends with it.

        Raises:
            Refused: nobody here is he, the account is disabled, or it is linked to another subject.
            Locked: too many failures, as with a password.
        """
        found = await self._database.read(partial(_find, vouched=vouched))
        name = found.member.name if found else vouched.name
        tolls = await self._opening.tolls(name, visitor)
        try:
            await self._opening.pay(tolls)
        except Locked:
            self.refused("locked", found)
            raise
        if found is None or found.member.disabled_at is not None:
            self.refused("unknown" if found is None else "disabled", found)
            raise Refused

        def first(connection: Any) -> None:  # noqa: ANN401 - storage's Connection, which services may not import
            if not link(connection, vouched.issuer, vouched.subject, found.member.id, self._clock.now()):
                raise Linked

        proved = not self._ask_totp
        try:
            entered = await self._opening.open(
                found, visitor, instead_of, proved=proved, paid=tolls, way=WAY, first=first
            )
        except (Linked, Refused) as problem:
            self.refused("other_subject" if isinstance(problem, Linked) else "disabled", found)
            raise Refused from None
        log.info("staff_vouched_for", staff=name, stage=entered.session.stage.value)
        return entered

    async def link(self, member: Member, issuer: str, subject: str) -> None:
        """Say beforehand which subject is whose, so that no name is believed.

        Raises:
            Linked: one of the two is linked to another; nothing is changed.
        """
        now = self._clock.now()
        job = partial(link, issuer=issuer, subject=subject, staff_id=member.id, now=now)
        if not await self._database.write(job):
            raise Linked
        log.info("staff_oidc_linked", staff=member.name)

    async def unlink(self, member: Member) -> bool:
        """Forget whose subject is his: the next one with his name is. False where none was."""
        ended = bool(await self._database.write(partial(unlink, staff_id=member.id)))
        if ended:
            log.info("staff_oidc_unlinked", staff=member.name)
        return ended

    @staticmethod
    def refused(reason: str, found: Secrets | None = None) -> None:
        """Write down that somebody was not let in, and why; never what was said of him."""
        log.warning("staff_sign_in_refused", staff=found.member.name if found else "", way=WAY, reason=reason)


def _find(connection: Any, vouched: Vouched) -> Secrets | None:  # noqa: ANN401 - the same
    """Whose the subject is; else who has the name."""
    return linked(connection, vouched.issuer, vouched.subject) or by_name(connection, vouched.name)
