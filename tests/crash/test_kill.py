"""The service is killed again and again, and nothing acknowledged is lost or done twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, insert, select

from core.storage.database import Database, connect
from core.storage.tables import account, event, meter, outbox, reading
from tests.crash.service import ServiceProcess, post
from tests.world import month_ago

KILLS = 20
MESSAGES = 900
SENDERS = 12

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("seed", [20261122])
async def test_sigkill_loses_nothing_and_repeats_nothing(database_url: str, tmp_path: Path, seed: int) -> None:
    """Killed 20 times at random moments, the service has each message's reading and reply exactly once."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    database = connect(database_url)
    await database.write(fill_accounts)
    service = ServiceProcess(tmp_path, database_url)
    waiting = list(range(MESSAGES))
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        await service.start()
        # A vendor sends what was not acknowledged again, and some of what was, because the answer got lost.
        repeated = chance.sample(sorted(acknowledged), min(5, len(acknowledged)))
        acknowledged |= await _deliver(service, waiting[:120] + repeated, kill_after=chance.randint(1, 60))
        waiting = [number for number in waiting if number not in acknowledged]
        assert await _counts(database, acknowledged) == {1}
    await service.start()
    while waiting:
        acknowledged |= await _deliver(service, waiting, kill_after=None)
        waiting = [number for number in waiting if number not in acknowledged]
    await service.stop()
    assert await _counts(database, set(range(MESSAGES))) == {1}
    assert await database.read(_totals) == (MESSAGES, MESSAGES, MESSAGES)
    await database.close()


async def _deliver(service: ServiceProcess, numbers: list[int], kill_after: int | None) -> set[int]:
    """Post many messages from several senders at once; kill the service after so many acknowledgements."""
    acknowledged: set[int] = set()
    queue = list(reversed(numbers))
    killed = asyncio.Event()

    async def send(session: aiohttp.ClientSession) -> None:
        while queue and not killed.is_set():
            number = queue.pop()
            if await post(session, service.url, number, f"{1_000_000_000 + number} {20_000_000 + number} 5100"):
                acknowledged.add(number)
            if kill_after is not None and len(acknowledged) >= kill_after:
                killed.set()

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        senders = [asyncio.create_task(send(session)) for _ in range(SENDERS)]
        if kill_after is not None:
            await killed.wait()
            # The other senders' requests are on their way just now.
            await service.kill()
        await asyncio.gather(*senders)
    return acknowledged


async def _counts(database: Database, numbers: set[int]) -> set[int]:
    """How often the messages occur among events, readings and replies: {1} when each is there exactly once."""

    def count(connection: Connection) -> set[int]:
        events = Counter(connection.execute(select(event.c.event_id)).scalars())
        replies = Counter(connection.execute(select(outbox.c.external_id)).scalars())
        readings = Counter(connection.execute(select(reading.c.account_id)).scalars())
        return (
            {events[f"generic:message-{number}"] for number in numbers}
            | {replies[f"+7914{number:07d}"] for number in numbers}
            | {readings[number + 1] for number in numbers}
        )

    return await database.read(count)


def _totals(connection: Connection) -> tuple[int, int, int]:
    size: Callable[..., int] = lambda table: len(connection.execute(select(table.c.id)).all())  # noqa: E731 - three uses
    return size(event), size(reading), size(outbox)


def fill_accounts(connection: Connection) -> None:
    """Accounts `1000000000 + i` with the phone `+7914…i` and the meter `20000000 + i`, one per message."""
    numbers = range(MESSAGES)
    accounts = [
        {
            "id": i + 1,
            "number": str(1_000_000_000 + i),
            "number_key": str(1_000_000_000 + i),
            "branch": "khb",
            "phone": f"+7914{i:07d}",
        }
        for i in numbers
    ]
    shape = {"zones": 1, "digits": 5, "ratio": 1, "t1": 5000, "read_on": month_ago(), "automatic": False}
    meters = [
        {"id": i + 1, "account_id": i + 1, "serial": str(20_000_000 + i), "serial_key": str(20_000_000 + i)} | shape
        for i in numbers
    ]
    connection.execute(insert(account), accounts)
    connection.execute(insert(meter), meters)
