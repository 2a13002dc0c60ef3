"""The service is killed again and again in the middle of conversations by messenger."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from pydantic import BaseModel, SecretStr
from sqlalchemy import Connection, Row, select

from channels.telegram.emulator import TelegramEmulator
from channels.vk.emulator import VkEmulator
from core.storage.database import Database, connect
from core.storage.tables import event, outbox, profile, reading
from tests.crash.service import NOWHERE, ServiceProcess
from tests.crash.test_kill import fill_accounts

KILLS = {"vk": 10, "telegram": 4}
"""Each start with Telegram loads its library, which takes a processor ten seconds."""
SUBSCRIBERS = 40
CONFIG = """
[server]
port = 0
[database]
url = "{url}"
[channels.{name}]
{settings}
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
"""
STEPS = ("submit.pair", "submit.values", "submit.confirm", None)
"""Where the dialogue is after each text of a conversation."""

pytestmark = pytest.mark.crash


class Emulator(Protocol):
    """What the tests need of a vendor's emulator."""

    hooks: str
    sent: list[Any]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def write(self, user: str, text: str) -> int: ...

    def settings(self, **more: object) -> Any: ...

    def shown(self, user: str) -> list[Any]: ...


EMULATORS: dict[str, Callable[..., Emulator]] = {"telegram": TelegramEmulator, "vk": VkEmulator}


def texts(number: int) -> tuple[str, ...]:
    """A conversation that submits a reading in steps."""
    return ("передать показания", f"{1_000_000_000 + number} {20_000_000 + number}", "5100", "да")


class Conversations:
    """Subscribers who each say the next thing when the last was acknowledged; the vendor repeats what was not."""

    def __init__(self, name: str) -> None:
        self.emulator = EMULATORS[name](sleep=self._pause)
        self.acknowledged = dict.fromkeys(range(SUBSCRIBERS), 0)
        """By subscriber, how many of his texts."""
        self.running = asyncio.Event()
        """The service is there: meanwhile the vendor's pauses are short, otherwise they last."""
        self._moved = asyncio.Condition()

    async def _pause(self, _seconds: float) -> None:
        await asyncio.sleep(0.01)
        await self.running.wait()

    async def hold(self) -> None:
        """All conversations, a few at a time."""
        a_few = asyncio.Semaphore(8)

        async def converse(number: int) -> None:
            async with a_few:
                for text in texts(number):
                    assert await self.emulator.write(user(number), text) == 200
                    async with self._moved:
                        self.acknowledged[number] += 1
                        self._moved.notify_all()

        await asyncio.gather(*map(converse, range(SUBSCRIBERS)))

    async def go_on(self, more: int) -> None:
        """Wait until so many more texts were acknowledged."""
        goal = sum(self.acknowledged.values()) + more
        async with asyncio.timeout(60), self._moved:
            await self._moved.wait_for(lambda: sum(self.acknowledged.values()) >= goal)


def user(number: int) -> str:
    return str(5_550_000 + number)


async def test_vk_shows_each_reply_once(database_url: str, tmp_path: Path) -> None:
    """Killed ten times, every conversation goes on where it was, each text counts once, each reply is shown once."""
    database = connect(database_url)
    async with killed_in_conversations("vk", database, database_url, tmp_path) as emulator:
        for shown, rows in await _replies(database, emulator):
            assert shown == Counter(row.text for row in rows)
            assert {row.state for row in rows} == {"sent"}
    await database.close()


async def test_telegram_shows_no_reply_twice(sqlite_url: str, tmp_path: Path) -> None:
    """The same; but what Telegram may or may not have is `unknown` and is not sent again."""
    database = connect(sqlite_url)
    async with killed_in_conversations("telegram", database, sqlite_url, tmp_path) as emulator:
        for shown, rows in await _replies(database, emulator):
            assert shown <= Counter(row.text for row in rows)
            assert {row.state for row in rows} <= {"sent", "unknown"}
            assert all(shown[row.text] == 1 for row in rows if row.state == "sent")
    await database.close()


@asynccontextmanager
async def killed_in_conversations(name: str, database: Database, url: str, folder: Path) -> AsyncIterator[Emulator]:
    """Hold all conversations with a service that is killed again and again; what was acknowledged is looked at then."""
    chance = random.Random(20261125)  # noqa: S311 - a test's dice
    await database.write(fill_accounts)
    conversations = Conversations(name)
    emulator = conversations.emulator
    await emulator.start()
    settings = toml(emulator.settings(per_second=1000))
    service = ServiceProcess(folder, url, CONFIG.format(url=url, name=name, settings=settings))
    # Nobody listens yet, and the vendor tries again.
    emulator.hooks = f"{NOWHERE}hooks/{name}"
    talking = asyncio.create_task(conversations.hold())
    try:
        for _ in range(KILLS[name]):
            await _begin(service, conversations, name)
            await conversations.go_on(chance.randint(1, 14))
            conversations.running.clear()
            await service.kill()
            await database.read(lambda connection: _check(connection, dict(conversations.acknowledged)))
        await _begin(service, conversations, name)
        await talking
        await _settle(database)
        assert await service.stop() == 0
        await database.read(lambda connection: _check(connection, dict.fromkeys(range(SUBSCRIBERS), len(STEPS))))
        yield emulator
    finally:
        talking.cancel()
        await service.kill()
        await emulator.stop()


async def _begin(service: ServiceProcess, conversations: Conversations, name: str) -> None:
    await service.start()
    conversations.emulator.hooks = f"{service.url}/hooks/{name}"
    conversations.running.set()


def toml(settings: BaseModel) -> str:
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    clear = {name: v.get_secret_value() if isinstance(v, SecretStr) else v for name, v in values.items()}
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in clear.items())


async def _settle(database: Database) -> None:
    """Wait until nothing is to be sent any more."""
    waiting = select(outbox.c.id).where(outbox.c.state.in_(["queued", "sending"])).limit(1)
    async with asyncio.timeout(60):
        while await database.read(lambda connection: connection.execute(waiting).first()):  # noqa: ASYNC110 - another process works
            await asyncio.sleep(0.05)


def _check(connection: Connection, acknowledged: Mapping[int, int]) -> None:
    """What was acknowledged is stored once and in order; the dialogue is where the texts stored have led it."""
    found: dict[str, list[str]] = defaultdict(list)
    for who, text in connection.execute(select(event.c.external_id, event.c.text).order_by(event.c.id)):
        found[who].append(text)
    steps = {row.external_id: row.dialogue for row in connection.execute(select(profile))}
    values = Counter(connection.execute(select(reading.c.account_id)).scalars())
    for number, count in acknowledged.items():
        heard = found[user(number)]
        assert heard == list(texts(number)[: len(heard)])
        # The one behind the last acknowledged may be stored, and its acknowledgement lost.
        assert count <= len(heard) <= count + 1
        if heard:
            dialogue = json.loads(steps[user(number)] or "null")
            assert (dialogue and dialogue["step"]) == STEPS[len(heard) - 1]
        assert values[number + 1] == (len(heard) == len(STEPS))


async def _replies(database: Database, emulator: Emulator) -> list[tuple[Counter[str], list[Row[Any]]]]:
    """For each subscriber, what he was shown and how often, and what was to be said to him."""
    query = select(outbox.c.external_id, outbox.c.text, outbox.c.state)
    rows = await database.read(lambda connection: connection.execute(query).all())
    found = []
    for who in map(user, range(SUBSCRIBERS)):
        mine = [row for row in rows if row.external_id == who]
        assert len(mine) == len(STEPS)
        found.append((Counter(message.text for message in emulator.shown(who)), mine))
    return found
