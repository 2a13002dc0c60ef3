from collections.abc import AsyncIterator

import pytest

from channels.viber.emulator import ViberEmulator
from tests.channels.viber.harness import NOWHERE, TOKEN, ViberHarness
from tests.conformance.channel import ChannelConformance


class TestViber(ChannelConformance):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[ViberHarness]:
        emulator = ViberEmulator(hooks=NOWHERE, token=TOKEN)
        await emulator.start()
        harness = ViberHarness(emulator)
        yield harness
        await harness.channel.close()
        await emulator.stop()
