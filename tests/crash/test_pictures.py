"""The service is killed again and again while pictures wait to be looked at."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from channels.toolkit.album import AlbumFault
from channels.vk.emulator import VkEmulator
from core.storage.database import connect
from core.storage.tables import event
from tests.codes import pictured
from tests.crash.service import ServiceProcess
from tests.crash.test_kill import fill_accounts
from tests.crash.test_messengers import CONFIG, toml, user

KILLS = 4
PICTURES = 3
"""Of so many subscribers between two kills; one has to wait for his vendor, the others are on their way anywhere."""
BILL = "ST00012|Name=ПАО Свет|PersAcc=1000000001|Sum=100"

pytestmark = pytest.mark.crash


async def test_each_picture_is_answered_once(database_url: str, tmp_path: Path) -> None:
    """Whatever a picture was about when the service died, its subscriber gets one answer, and what is on it."""
    database = connect(database_url)
    await database.write(fill_accounts)
    emulator = VkEmulator()
    await emulator.start()
    settings = toml(emulator.settings(per_second=1000))
    service = ServiceProcess(tmp_path, database_url, CONFIG.format(url=database_url, name="vk", settings=settings))
    picture = await asyncio.to_thread(pictured, BILL.encode())
    try:
        for round_ in range(KILLS):
            await service.start()
            emulator.hooks = f"{service.url}/hooks/vk"
            emulator.album.fail(AlbumFault.SLOW)
            for number in range(PICTURES):
                assert await emulator.send_photo(user(round_ * PICTURES + number), "", picture) == 200
            await emulator.wait_for(len(emulator.sent) + (round_ % 2))
            await service.kill()
        await service.start()
        emulator.hooks = f"{service.url}/hooks/vk"
        sent = await emulator.wait_for(KILLS * PICTURES, seconds=60)
        await service.stop()
    finally:
        await service.kill()
        await emulator.stop()
    assert Counter(str(message.user) for message in sent) == dict.fromkeys(map(user, range(KILLS * PICTURES)), 1)
    assert all("0001" in emulator.shown(user(number))[-1].text for number in range(KILLS * PICTURES))
    codes = await database.read(lambda connection: connection.execute(select(event.c.code)).scalars().all())
    assert Counter(codes) == {"photo_waits": KILLS * PICTURES, "link": KILLS * PICTURES}
    await database.close()
