"""The whole service behind Debian's Kannel: SMS in, reading stored, reply SMS out, and nothing lost meanwhile."""

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from core.storage.database import SqliteDatabase, connect
from core.storage.tables import event, outbox, reading
from tests.crash.service import ServiceProcess
from tests.crash.test_kill import fill_accounts
from tests.gateways.kannel import PASSWORD, PATIENCE, USERNAME, Kannel, SmsCentre, free_port, installed

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.skipif(not installed(), reason="needs Kannel: sh tests/gateways/install.sh"),
]
SECRET = "kannel-secret"
OURS = "22334"
CONFIG = """
[server]
port = {port}
[database]
url = "{url}"
[channels.sms]
enabled = true
gateway = "kannel"
per_second = 100
[channels.sms.kannel]
secret = "{secret}"
sendsms_url = "{sendsms}"
username = "{username}"
password = "{password}"
sender = "{sender}"
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
window = [1, 31]
"""


class Scene:
    """A subscriber's end of the network, and a look into the database."""

    def __init__(self, centre: SmsCentre, service: ServiceProcess, database: SqliteDatabase) -> None:
        self.centre, self.service, self.database = centre, service, database

    async def text(self, number: int, body: str) -> None:
        """Subscriber `number` texts."""
        await self.centre.send(f"+7914{number:07d}", OURS, body)

    async def answer(self) -> tuple[str, str]:
        """The next reply, joined from its parts: to whom, and what."""
        first = await self.centre.receive()
        text = first.text
        # The sixth octet of a part's header is its number, the fifth how many there are (3GPP TS 23.040, 9.2.3.24.1).
        for _ in range(first.udh[4] - 1 if first.udh else 0):
            text += (await self.centre.receive()).text
        return first.to, text

    async def count(self, table: object, *conditions: object) -> int:
        def job(connection: Connection) -> int:
            query = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]
            return int(connection.execute(query).scalar_one())

        return await self.database.read(job)

    async def until(self, expected: int, table: object, *conditions: object) -> None:
        """Wait for the service, another process, to have got so far."""
        async with asyncio.timeout(PATIENCE):
            while await self.count(table, *conditions) != expected:  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.02)


@pytest.fixture
async def scene(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Scene]:
    port = free_port()
    kannel = Kannel(tmp_path, f"http://127.0.0.1:{port}/hooks/sms/kannel", SECRET)
    filled = CONFIG.format(
        port=port,
        url=sqlite_url,
        secret=SECRET,
        sendsms=kannel.sendsms_url,
        username=USERNAME,
        password=PASSWORD,
        sender=OURS,
    )
    tomllib.loads(filled)
    database = connect(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    await database.write(fill_accounts)
    service = ServiceProcess(tmp_path, sqlite_url, filled)
    await kannel.start()
    await service.start()
    yield Scene(await kannel.connect(), service, database)
    await service.stop()
    await kannel.stop()
    await database.close()


async def test_reading_by_sms_is_stored_and_answered(scene: Scene) -> None:
    """An SMS through Kannel becomes an accepted reading; its Cyrillic answer arrives whole, its report comes back."""
    await scene.text(1, "1000000001 20000001 5100")
    to, text = await scene.answer()
    assert to == "+79140000001"
    assert text.startswith("Принято: ЛС *0001, ПУ *0001, показание 5100, 100 кВт·ч. №")
    assert await scene.count(reading, reading.c.status == "accepted") == 1
    await scene.until(1, outbox, outbox.c.state == "delivered")


async def test_cyrillic_comes_and_goes(scene: Scene) -> None:
    """A Cyrillic SMS with labels is understood, and a question in Cyrillic is answered with ДА in Cyrillic."""
    await scene.text(2, "ЛС 1000000002 ПУ 20000002 показание 7900 кВт")
    _, question = await scene.answer()
    assert "тветьте ДА" in question
    await scene.text(2, "Да")
    _, answer = await scene.answer()
    assert answer.startswith("Принято:")
    assert await scene.count(reading, reading.c.status == "accepted") == 1


async def test_nothing_is_lost_while_the_service_is_down(scene: Scene) -> None:
    """SMS that arrive while the service is killed are delivered by Kannel later: each stored and answered once."""
    await scene.text(10, "1000000010 20000010 5100")
    assert (await scene.answer())[0] == "+79140000010"
    await scene.service.kill()
    for number in range(11, 31):
        await scene.text(number, f"{1_000_000_000 + number} {20_000_000 + number} 5100")
    await scene.service.start()
    answered = [(await scene.answer())[0] for _ in range(11, 31)]
    assert sorted(answered) == [f"+7914{number:07d}" for number in range(11, 31)]
    assert await scene.count(event) == await scene.count(reading) == await scene.count(outbox) == 21
