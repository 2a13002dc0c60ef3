from collections.abc import AsyncIterator

import pytest

from core.acquiring.cloudpayments.emulator import CloudpaymentsEmulator
from tests.acquiring.cloudpayments.harness import CloudpaymentsHarness
from tests.conftest import FixedClock


@pytest.fixture
async def harness(clock: FixedClock) -> AsyncIterator[CloudpaymentsHarness]:
    emulator = CloudpaymentsEmulator(clock=clock)
    await emulator.start()
    harness = CloudpaymentsHarness(emulator)
    yield harness
    await harness.provider.close()
    await emulator.stop()
