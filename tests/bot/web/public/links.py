"""One-time links of a subscriber, stored as a dialogue stores them."""

from datetime import timedelta
from typing import Any

from core.domain.handovers import digest_of
from core.domain.messages import Address
from core.storage.database import Database
from tests.storage import kept
from tests.storage.kept import NOW, put

TOKEN = "Zr1-QpKx_9sVb7cN2mLd4Wt6"
WHO = Address("telegram", "700100200")


async def link(database: Database, purpose: str = "balance", token: str = TOKEN, **columns: Any) -> str:
    """Store a link that lasts for half an hour; its path."""
    await put(database, kept.a_handover(digest_of(token), WHO, NOW, purpose=purpose, **columns))
    return f"/my/{token}"


async def subscriber(database: Database, **account: Any) -> None:
    """Somebody with a linked account, and a message of each kind."""
    billed, counter = kept.accounts()
    opened = kept.a_case(WHO, NOW - timedelta(hours=2))
    await put(
        database,
        billed | account,
        counter,
        kept.a_round(),
        kept.a_profile(WHO),
        kept.a_link(WHO),
        kept.message(WHO, NOW - timedelta(hours=2)),
        kept.reply(WHO, NOW - timedelta(hours=2)),
        kept.a_reading(WHO, NOW - timedelta(hours=2)),
        kept.a_reading(kept.OTHER, NOW - timedelta(hours=1)),
        opened,
        kept.an_action(opened["id"]),
        kept.a_reminder(WHO),
        kept.message(kept.OTHER, NOW - timedelta(hours=2), text="чужое"),
    )
