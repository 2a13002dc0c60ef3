"""Which bulk decision somebody can still take back, for the bar above his list."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.keys import reference
from core.domain.staff import Member, Permission
from core.services.moderation import Bulks


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A bulk decision whose messages still wait."""

    name: str
    action: str
    decided: int
    seconds: int
    """Until they go out."""


async def undoable(bulks: Bulks, member: Member, now: datetime) -> Undoable | None:
    """His own last one that can be undone."""
    if not member.may(Permission.BULK):
        return None
    for made in await bulks.recent():
        if made.who == member.name and made.undone_at is None and made.undo_until > now:
            left = int((made.undo_until - now).total_seconds())
            return Undoable(name=reference(made.id), action=made.action, decided=made.decided, seconds=left)
    return None
