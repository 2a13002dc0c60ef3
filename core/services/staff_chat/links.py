"""Who of the staff is who in a messenger: one-time codes."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from core.domain.handovers import digest_of
from core.domain.keys import ALPHABET
from core.domain.staff import Member
from core.ports.clock import Clock
from core.storage.database import Database
from core.storage.staff_chat import linked_since, offer_code, unlink

LASTS: Final = timedelta(minutes=10)
LENGTH: Final = 10
"""Letters of 5 bits: at a thousand guesses a second, ten minutes find one code in two thousand million tries."""
_LOOKALIKES: Final = str.maketrans("OIL", "011", " -")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Code:
    """A code to send to the bot."""

    text: str = field(repr=False)
    expires_at: datetime


def tidied(code: str) -> str:
    """A code as it is compared: no capitals, blanks or look-alikes are in the way."""
    return code.upper().translate(_LOOKALIKES)


class Links:
    """Gives out codes, and takes links back."""

    def __init__(self, database: Database, clock: Clock, channel: str) -> None:
        """`channel` is the messenger of the staff's group; empty where there is none."""
        self._database = database
        self._clock = clock
        self.channel = channel

    async def offer(self, member: Member) -> Code:
        """A new code; the one before is good no more."""
        code, now = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), self._clock.now()
        digest, expires_at = digest_of(code), now + LASTS
        await self._database.write(lambda connection: offer_code(connection, digest, member.id, now, expires_at))
        return Code(code, expires_at)

    async def since(self, member: Member) -> datetime | None:
        """Since when somebody is linked."""
        return await self._database.read(partial(linked_since, staff_id=member.id, channel=self.channel))

    async def end(self, member: Member) -> bool:
        """Take somebody's link back; False where there was none."""
        ended = bool(await self._database.write(partial(unlink, staff_id=member.id)))
        if ended:
            log.info("staff_chat_unlinked", staff=member.name)
        return ended
