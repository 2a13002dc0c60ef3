from collections.abc import AsyncIterator

import pytest

from core.acquiring.chronopay.emulator import ChronopayEmulator
from tests.acquiring.chronopay.harness import ChronopayHarness
from tests.conftest import FixedClock


@pytest.fixture
async def harness(clock: FixedClock) -> AsyncIterator[ChronopayHarness]:
    emulator = ChronopayEmulator(clock=clock)
    await emulator.start()
    harness = ChronopayHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()
