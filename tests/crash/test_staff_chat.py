"""The service is killed between a post to the staff's group and the note that it stands there."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from channels.telegram.emulator import Fault as TelegramFault
from channels.telegram.emulator import TelegramEmulator
from channels.vk.emulator import VkEmulator
from channels.vk.emulator.faults import Fault as VkFault
from core.domain.keys import Keys
from core.storage.database import Database, connect
from core.storage.tables import case, staff_post
from tests.crash.service import ServiceProcess
from tests.crash.test_messengers import toml

CHATS = {"vk": "2000000007", "telegram": "-1001234567890"}
CONFIG = """
[server]
port = 0
[database]
url = "{url}"
[channels.{name}]
{settings}
[staff_chat]
enabled = true
channel = "{name}"
chat = "{chat}"
kinds = ["hand_over"]
locale = "en"
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
"""
REPEATED = "This may be a repetition"

pytestmark = pytest.mark.crash


async def test_vk_has_each_case_once(database_url: str, tmp_path: Path) -> None:
    """VK took the post, did not say so, and we died: the next process learns its number, and it stands there once."""
    emulator = VkEmulator()
    await emulator.start()
    emulator.chats.present.add(int(CHATS["vk"]))
    emulator.fail(VkFault.HANG)
    posts = await killed(
        "vk", database_url, tmp_path, toml(emulator.settings()), lambda: texts(emulator.chats.posts(int(CHATS["vk"])))
    )
    await emulator.stop()
    assert len(posts) == 3
    assert not any(REPEATED in text for text in posts)


async def test_telegram_says_what_may_be_twice(sqlite_url: str, tmp_path: Path) -> None:
    """Telegram knows no key: the one post that nobody knows of is made again, and says so; the others once."""
    emulator = TelegramEmulator()
    await emulator.start()
    emulator.groups.present.add(int(CHATS["telegram"]))
    emulator.fail(TelegramFault.HANG)
    posts = await killed(
        "telegram",
        sqlite_url,
        tmp_path,
        toml(emulator.settings()),
        lambda: texts(emulator.groups.posts(int(CHATS["telegram"]))),
    )
    await emulator.stop()
    assert len(posts) == 4
    assert [REPEATED in text for text in posts].count(True) == 1
    assert len({text.splitlines()[0] for text in posts}) == 3


async def killed(name: str, url: str, folder: Path, settings: str, shown: Callable[[], list[str]]) -> list[str]:
    """Three cases; the service dies when the vendor has taken the first post, and begins again; what stands then."""
    database = connect(url)
    await _cases(database)
    service = ServiceProcess(folder, url, CONFIG.format(url=url, name=name, settings=settings, chat=CHATS[name]))
    try:
        await service.start()
        async with asyncio.timeout(60):
            while not shown():  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.02)
        await service.kill()
        assert len(shown()) == 1
        await service.start()
        async with asyncio.timeout(60):
            while await _states(database) != ["posted"] * 3:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.05)
        assert await service.stop() == 0
    finally:
        await service.kill()
        await database.close()
    return shown()


def texts(posts: list) -> list[str]:  # type: ignore[type-arg] # either messenger's
    return [post.text for post in posts]


async def _cases(database: Database) -> None:
    keys, now = Keys(), datetime.now(UTC)
    rows = [
        {
            "id": keys.new(now),
            "kind": "hand_over",
            "state": "open",
            "branch": "khb",
            "channel": "sms",
            "external_id": f"+7914000000{number}",
            "opened_at": now - timedelta(minutes=5 - number),
        }
        for number in range(3)
    ]
    await database.write(lambda connection: connection.execute(insert(case), rows))


async def _states(database: Database) -> list[str]:
    query = select(staff_post.c.state)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))
