from collections.abc import AsyncIterator

import pytest

from core.acquiring.robokassa.emulator import RobokassaEmulator
from tests.acquiring.robokassa.harness import RobokassaHarness
from tests.conftest import FixedClock


@pytest.fixture
async def harness(clock: FixedClock) -> AsyncIterator[RobokassaHarness]:
    emulator = RobokassaEmulator(clock=clock)
    await emulator.start()
    harness = RobokassaHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()
