from collections.abc import AsyncIterator

import pytest

from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator
from tests.channels.vk.front import Front
from tests.channels.vk.harness import CONFIRMATION, GROUP_ID, SECRET, TOKEN
from tests.conftest import FixedClock


class Naps:
    """Takes no time; keeps what was asked for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def emulator(clock: FixedClock, naps: Naps) -> AsyncIterator[VkEmulator]:
    emulator = VkEmulator(
        token=TOKEN, secret=SECRET, confirmation=CONFIRMATION, group_id=GROUP_ID, clock=clock, sleep=naps
    )
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def front(emulator: VkEmulator, clock: FixedClock) -> AsyncIterator[Front]:
    """Our hook, which the emulator knows."""
    front = Front(clock)
    emulator.hooks = f"{await front.start()}/hooks/vk"
    front.channel = VkCallback(emulator.settings())
    yield front
    await front.stop()
