"""The same delivery twice at the same instant, over HTTP, to the service as it is run."""

import asyncio
from pathlib import Path

import aiohttp
from sqlalchemy import Connection, func, select

from core.storage.database import connect
from core.storage.tables import event, outbox, reading
from tests.crash.service import ServiceProcess, post
from tests.crash.test_kill import fill_accounts

MESSAGES = 500


async def test_each_message_twice_at_once_counts_once(database_url: str, tmp_path: Path) -> None:
    """500 messages, each posted twice at the same instant, give 500 readings and 500 replies; both posts get 200."""
    database = connect(database_url)
    await database.write(fill_accounts)
    service = ServiceProcess(tmp_path, database_url)
    await service.start()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session:
        answers = await asyncio.gather(
            *(
                post(session, service.url, number, f"{1_000_000_000 + number} {20_000_000 + number} 5100")
                for number in range(MESSAGES)
                for _ in range(2)
            )
        )
    assert await service.stop() == 0
    assert all(answers)
    assert await database.read(_totals) == [MESSAGES, MESSAGES, MESSAGES]
    await database.close()


def _totals(connection: Connection) -> list[int]:
    return [
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (event, reading, outbox)
    ]
