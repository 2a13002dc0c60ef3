from collections.abc import AsyncIterator

import pytest

from core.acquiring.sberbank.emulator import SberbankEmulator
from tests.acquiring.sberbank.harness import PASSWORD, SberbankHarness
from tests.conftest import FixedClock


@pytest.fixture
async def harness(clock: FixedClock) -> AsyncIterator[SberbankHarness]:
    emulator = SberbankEmulator(password=PASSWORD, clock=clock)
    await emulator.start()
    harness = SberbankHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()
