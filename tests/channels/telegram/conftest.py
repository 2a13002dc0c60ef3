from collections.abc import AsyncIterator

import pytest

from channels.telegram.emulator import TelegramEmulator
from tests.channels.telegram.front import Front
from tests.channels.telegram.harness import SECRET, SUBSCRIBER, TOKEN
from tests.conftest import FixedClock


@pytest.fixture
async def emulator(clock: FixedClock) -> AsyncIterator[TelegramEmulator]:
    """Telegram with one chat; its pauses take no time, but the clock notices them."""

    async def sleep(seconds: float) -> None:
        clock.advance(seconds=seconds)

    emulator = TelegramEmulator(token=TOKEN, secret=SECRET, clock=clock, sleep=sleep)
    await emulator.start()
    emulator.know(SUBSCRIBER)
    yield emulator
    await emulator.stop()


@pytest.fixture
async def front(emulator: TelegramEmulator, clock: FixedClock) -> AsyncIterator[Front]:
    """Our side, and Telegram knows where it is."""
    front = Front(emulator, clock)
    emulator.hooks = await front.start()
    yield front
    await front.stop()
