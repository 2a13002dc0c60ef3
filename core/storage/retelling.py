"""Replies that wait for billing's sum: what they say then, and that they wait no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from core.domain.calculations import Told
from core.storage.extras import Extra, to_text
from core.storage.sets import constant
from core.storage.tables import Instant, outbox, payment_page


@dataclass(frozen=True, slots=True)
class Retold:
    """A reply by its key, and what it is to say."""

    key: int
    channel: str
    told: Told


_REPLY: Final = (
    update(outbox)
    .where(outbox.c.id == bindparam("key"))
    .values(text=bindparam("says"), extra=bindparam("beside"), due_at=bindparam("now", type_=Instant()))
)
_PAGE: Final = (
    update(payment_page)
    .where(payment_page.c.digest == bindparam("of"), payment_page.c.order_id.is_(None))
    .values(amount=bindparam("sum"))
)


def retell(connection: Connection, retold: Sequence[Retold], now: datetime) -> int:
    """Change the replies that still wait, and the sums of the pages they lead to; how many.

    A reply that is on its way already is left alone, and its page with it: the two must say the same.
    """
    keys = [each.key for each in retold]
    waiting = set(
        connection.execute(
            select(outbox.c.id)
            .where(outbox.c.id.in_(keys), outbox.c.state == constant("queued"), outbox.c.attempts == constant(0))
            .with_for_update()
        ).scalars()
    )
    fresh = [each for each in retold if each.key in waiting]
    if not fresh:
        return 0
    connection.execute(
        _REPLY,
        [
            {
                "key": each.key,
                "says": each.told.text,
                "beside": to_text(Extra(each.told.buttons, each.told.link, each.told.link_label)),
                "now": now,
            }
            for each in fresh
        ],
    )
    pages = [{"of": each.told.digest, "sum": each.told.amount} for each in fresh if each.told.digest]
    if pages:
        connection.execute(_PAGE, pages)
    return len(fresh)
