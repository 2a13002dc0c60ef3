"""Pictures that wait to be looked at: events that say so, and that nothing has come of yet."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, exists, literal, select

from core.domain.decisions import PHOTO_WAITS
from core.domain.keys import first_key
from core.domain.messages import READ_PREFIX, Address
from core.storage.sets import constant
from core.storage.store import PHOTO_KEY
from core.storage.tables import event

AT_ONCE: Final = 100
"""More are found when some of these are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A picture that waits; `key` is its event's."""

    key: int
    event_id: str
    address: Address
    sent_at: datetime
    received_at: datetime
    photo: str = field(repr=False)
    caption: str = field(repr=False)


def waiting(connection: Connection, channels: Iterable[str], since: datetime) -> list[Waiting]:
    """What has waited on these channels, accepted since then, oldest first.

    Of somebody who has been forgotten meanwhile nothing is left that could be fetched.
    """
    done = event.alias()
    answered = exists().where(
        done.c.event_id == literal(READ_PREFIX) + event.c.event_id, done.c.channel == event.c.channel
    )
    rows = connection.execute(
        select(event)
        .where(
            event.c.id >= first_key(since),
            event.c.code == constant(PHOTO_WAITS),
            event.c.channel.in_(list(channels)),
            event.c.raw != "",
            ~answered,
        )
        .order_by(event.c.id)
        .limit(AT_ONCE)
    )
    return [
        Waiting(
            key=row.id,
            event_id=row.event_id,
            address=Address(row.channel, row.external_id),
            sent_at=row.sent_at,
            received_at=row.received_at,
            photo=json.loads(row.raw)[PHOTO_KEY],
            caption=row.text,
        )
        for row in rows
    ]
