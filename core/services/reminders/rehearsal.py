"""What a round would do, without doing it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from core.domain.messages import Address
from core.domain.reminders import Round
from core.services.reminders.choosing import Skip, gather
from core.services.reminders.planner import CHUNK
from core.services.reminders.rules import Rules
from core.storage.database import Database
from core.storage.prospects import chunk

Tell = Callable[[int], None]
"""Is told how many accounts were looked at."""


@dataclass(slots=True)
class Rehearsal:
    """Accounts looked at, messages by channel, and accounts without a message by the reason."""

    looked_at: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    skipped: Counter[Skip] = field(default_factory=Counter)


async def rehearse(database: Database, rules: Rules, which: Round, tell: Tell) -> Rehearsal:
    """Look at all accounts of the round's branch as the planner would, and change nothing."""
    found, cursor = Rehearsal(), 0
    branch = rules.branches[which.branch]
    told: set[Address] = set()
    while True:
        part = await database.read(
            lambda connection, cursor=cursor: chunk(  # type: ignore[misc] # the default is the cursor of this turn
                connection,
                which.branch,
                which.period,
                cursor=cursor,
                most=CHUNK,
                phone_channel=rules.phone_channel,
            )
        )
        if not part.ids:
            return found
        wanted, skipped = gather(part, branch, which.period, rules.routes)
        fresh = {each.to.address for each in wanted} - told
        found.messages.update(address.channel for address in fresh)
        skipped[Skip.TOLD] += len(wanted) - len(fresh)
        found.skipped.update(skipped)
        found.looked_at += len(part.ids)
        told |= fresh
        cursor = part.ids[-1]
        tell(found.looked_at)
