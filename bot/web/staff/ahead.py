"""The next case, loaded before it is wanted, so that it stands on the screen the moment this one is decided.

Whoever begins to decide gets the next case of his line as well: claimed for him, for a short while, and noted in the
audit log as loaded, for its page is in his browser then. What he does not come to goes back when he leaves, or later.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from core.domain.staff import Member
from core.services.moderation import Moderation, Refused
from core.storage.cases import Case, Filters, Picture

LASTS: Final = timedelta(minutes=2)
"""How long a case is held that nobody looks at yet: longer than most decisions take, shorter than a colleague waits."""
FEW: Final = 5
"""Where no more cases than this wait, each is left for whoever is free."""


class Loaded(NamedTuple):
    """A case as the browser names it: its reference, and the version its page shows."""

    ref: str
    version: int

    def __str__(self) -> str:
        """As `read` takes it."""
        return f"{self.ref}.{self.version}"


def read(text: str) -> Loaded | None:
    """What a form says was loaded; None for anything else."""
    ref, _, version = text[:40].partition(".")
    if not ref or not (version.isascii() and version.isdecimal()):
        return None
    return Loaded(ref, int(version))


class Ahead:
    """Claims the next case early, and takes it up."""

    def __init__(self, moderation: Moderation) -> None:
        self._moderation = moderation

    async def load(self, member: Member, line: Filters) -> Picture | None:
        """The next case of his line, claimed and noted as loaded; None where few are left."""
        # What colleagues work on does not wait.
        if len(await self._moderation.page(replace(line, free=True), FEW + 1)) <= FEW:
            return None
        found = await self._moderation.next_case(member.name, line, lasts=LASTS)
        if found is None:
            return None
        seen = await self._moderation.picture(found.long_reference)
        await self._moderation.note_look(seen, member.name, ahead=True)
        return seen

    async def take(self, member: Member, loaded: Loaded | None) -> Case | None:
        """The case that was loaded for him, now claimed like any other; None where he does not hold it any more."""
        if loaded is None or not await self._is_his(member, loaded.ref):
            return None
        try:
            return await self._moderation.claim(loaded.ref, member.name)
        except Refused:
            return None

    async def let_go(self, member: Member, loaded: Loaded | None) -> None:
        """He does not come to it."""
        if loaded is not None and await self._is_his(member, loaded.ref):
            await self._moderation.release(loaded.ref, member.name)

    async def _is_his(self, member: Member, ref: str) -> bool:
        try:
            case = await self._moderation.find(ref)
        except Refused:
            return False
        return member.sees(case.branch) and case.claimed_by == member.name
