"""Where a channel that asks its vendor had got to: what it noted with the newest event that was stored."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from core.domain.keys import first_key
from core.storage.tables import event


def newest_raw(connection: Connection, channel: str, since: datetime) -> Mapping[str, str]:
    """The `raw` of the channel's newest event since then that has one; empty where there is none."""
    found = connection.execute(
        select(event.c.raw)
        .where(event.c.id >= first_key(since), event.c.channel == channel, event.c.raw != "")
        .order_by(event.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    raw: dict[str, str] = json.loads(found) if found else {}
    return raw
