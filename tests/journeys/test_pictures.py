"""Pictures through the whole service: no vendor waits for what is on them, and no stop loses one."""

from bot.assembly import build
from channels.toolkit.album import AlbumFault
from tests.codes import pictured
from tests.journeys.books import Seen
from tests.journeys.script import ACCOUNTS
from tests.journeys.stage import Stage
from tests.world import SUBSCRIBER, texts

MESSENGERS = ("telegram", "viber", "vk")
BILL = "ST00012|Name=ПАО Свет|PersonalAcc=40702810138250123017|PersAcc=2701001101|Sum=101101"


async def test_a_vendor_that_is_slow_and_a_stop(sqlite_url: str) -> None:
    """A picture is acknowledged before it is fetched, others are answered meanwhile, and after a stop it is, too."""
    stage = Stage(sqlite_url)
    await stage.open()
    await stage.begin([ACCOUNTS["one"]])
    emulators = {"telegram": stage.telegram, "viber": stage.viber, "vk": stage.vk}
    devices = {channel: stage.device(channel, SUBSCRIBER) for channel in MESSENGERS}
    for channel, device in devices.items():
        emulators[channel].album.fail(AlbumFault.SLOW)
        await device.send_photo("", pictured(BILL.encode()))
        assert list(device.shown()) == []
        await device.write("меню")
        await emulators[channel].wait_for(1)
    waiting = await stage.database.read(Seen)
    assert waiting.photos == dict.fromkeys(MESSENGERS, 1)

    await stage.service.stop()
    stage.service = build(stage.settings, texts(), stage.clock)
    await stage.service.start()
    for channel, device in devices.items():
        await emulators[channel].wait_for(2)
        assert "*1101" in device.shown()[-1].text
        assert "огласны" in device.shown()[-1].text
    assert (await stage.database.read(Seen)).photos.total() == 0
    await stage.close()
