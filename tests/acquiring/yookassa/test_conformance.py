from collections.abc import AsyncIterator

import pytest

from core.acquiring.yookassa.emulator.server import YookassaEmulator
from tests.acquiring.conformance import ProviderConformance, ProviderSaving
from tests.acquiring.listing import ProviderListing
from tests.acquiring.yookassa.harness import YookassaHarness
from tests.conftest import FixedClock


class TestYookassa(ProviderConformance, ProviderSaving, ProviderListing):
    @pytest.fixture
    async def harness(self, clock: FixedClock) -> AsyncIterator[YookassaHarness]:
        emulator = YookassaEmulator(clock=clock)
        await emulator.start()
        harness = YookassaHarness(emulator)
        yield harness
        await harness.provider.close()
        await emulator.stop()
