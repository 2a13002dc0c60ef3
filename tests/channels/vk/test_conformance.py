from collections.abc import AsyncIterator

import pytest

from channels.vk.emulator import VkEmulator
from tests.channels.vk.harness import VkHarness
from tests.conformance.channel import ChannelConformance


class TestVk(ChannelConformance):
    @pytest.fixture
    async def harness(self, emulator: VkEmulator) -> AsyncIterator[VkHarness]:
        harness = VkHarness(emulator)
        yield harness
        await harness.channel.close()
