from collections.abc import AsyncIterator

import pytest

from channels.telegram.emulator import TelegramEmulator
from tests.channels.telegram.harness import TelegramHarness
from tests.conformance.channel import ChannelConformance


class TestTelegram(ChannelConformance):
    @pytest.fixture
    async def harness(self, emulator: TelegramEmulator) -> AsyncIterator[TelegramHarness]:
        harness = TelegramHarness(emulator)
        yield harness
        await harness.channel.close()
