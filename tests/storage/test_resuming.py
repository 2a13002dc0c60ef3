from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.messages import Address, TextReceived
from core.services.desk.desk import Desk
from core.storage.database import Database
from core.storage.resuming import newest_raw
from tests import world
from tests.conftest import FixedClock

LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


async def test_the_newest_note_of_a_channel(database: Database, clock: FixedClock) -> None:
    """What a channel noted with its newest event is found; not another channel's, nor what is older than asked for."""
    rules = replace(world.rules(), capabilities={"sms": world.SMS, "vk": world.SMS})
    desk = Desk(database, rules, clock)
    for channel, ts in (("sms", "1"), ("vk", "2"), ("vk", "3"), ("sms", "4"), ("vk", "")):
        clock.advance(seconds=1)
        raw = {"ts": ts} if ts else {}
        came = TextReceived(
            event_id=f"e{ts}", address=Address(channel, "5550001"), sent_at=clock.now(), text="помощь", raw=raw
        )
        await desk.handle(world.arrivals([came], clock.now()))
    assert await database.read(lambda connection: newest_raw(connection, "vk", LONG_AGO)) == {"ts": "3"}
    clock.advance(days=8)
    since = clock.now() - timedelta(days=7)
    assert await database.read(lambda connection: newest_raw(connection, "vk", since)) == {}
