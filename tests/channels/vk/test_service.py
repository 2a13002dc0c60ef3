"""The whole way with the real service: from what a subscriber writes at VK to the answer that he sees."""

from pathlib import Path

from bot.assembly import build
from bot.settings import load
from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator, updates
from core.services.texts import Texts
from tests.channels.vk.harness import CONFIRMATION, GROUP_ID, SECRET, TOKEN, USER, told
from tests.conftest import FixedClock

CONFIG = f"""
[server]
port = 0
[channels.vk]
enabled = true
token = "{TOKEN}"
group_id = {GROUP_ID}
secret = "{SECRET}"
confirmation = "{CONFIRMATION}"
[[branch]]
code = "khb"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
"""


async def test_answer(sqlite_url: str, tmp_path: Path, emulator: VkEmulator, clock: FixedClock) -> None:
    """The running service registers, and answers a text once although VK delivers it twice."""
    file = tmp_path / "meterline.toml"
    file.write_text(CONFIG, encoding="utf-8")
    own = {"METERLINE__DATABASE__URL": sqlite_url, "METERLINE__CHANNELS__VK__API_BASE": emulator.url}
    service = build(load(file, own), Texts(), clock)
    host, port = await service.start()
    (channel,) = service.channels
    assert isinstance(channel, VkCallback)
    await channel.register(f"http://{host}:{port}")
    assert await channel.probe() == []
    emulator.dialogues.open.add(str(USER))
    message = updates.message(USER, "показания 1001234567 12345 4711", at=clock.now())
    for _ in range(2):
        assert await emulator.callbacks.deliver(told("message_new", message)) == 200
    await emulator.wait_for(1)
    await service.stop()
    (shown,) = emulator.shown(str(USER))
    assert shown.text.startswith("Не принято")
