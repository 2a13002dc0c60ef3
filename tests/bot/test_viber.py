"""Viber through the running service: registered, heard and answered."""

from pathlib import Path

from bot.assembly import build
from bot.registry import lines
from bot.settings import load
from channels.viber import create
from channels.viber.emulator import ViberEmulator, user_id
from core.services.texts import Texts
from tests.conftest import FixedClock

NAME = "METERLINE__CHANNELS__VIBER__"


def environment(emulator: ViberEmulator) -> dict[str, str]:
    settings = emulator.settings()
    return {
        f"{NAME}ENABLED": "true",
        f"{NAME}TOKEN": settings.token.get_secret_value(),
        f"{NAME}SENDER_NAME": settings.sender_name,
        f"{NAME}API_BASE": settings.api_base,
    }


async def test_a_message_by_viber_is_answered(config: Path, clock: FixedClock) -> None:
    """Viber tries the address while it is set, delivers a text, and gets the answer for the one who wrote it."""
    emulator = ViberEmulator(clock=clock)
    await emulator.start()
    service = build(load(config, environment(emulator)), Texts(), clock)
    host, port = await service.start()
    channel = create(emulator.settings())
    await channel.register(f"http://{host}:{port}")
    anna = user_id("Anna")
    assert await emulator.join(anna) == 200
    assert await emulator.write(anna, "помощь") == 200
    (answer,) = await emulator.wait_for(1)
    await channel.close()
    await service.stop()
    await emulator.stop()
    assert answer.user == anna
    assert emulator.shown(anna)[-1].text == answer.text
    assert emulator.attempts == [200, 200, 200]


def test_viber_is_off_until_it_is_switched_on(config: Path) -> None:
    """The registry builds the channel where it is enabled, with its pace."""
    emulator = ViberEmulator()
    emulator.url = "http://127.0.0.1:9/pa"
    off = [line.channel.name for line in lines(load(config, {}))]
    on = {line.channel.name: line.per_second for line in lines(load(config, environment(emulator)))}
    assert "viber" not in off
    assert on["viber"] == 10
