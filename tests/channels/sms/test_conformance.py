from collections.abc import AsyncIterator

import pytest

from channels.sms.emulator import SmsEmulator
from tests.channels.sms.harness import SECRET, SmsHarness
from tests.conformance.channel import ChannelConformance


class TestSms(ChannelConformance):
    @pytest.fixture(params=["kannel", "generic", "smsgate"])
    async def harness(self, request: pytest.FixtureRequest) -> AsyncIterator[SmsHarness]:
        emulator = SmsEmulator(secret=SECRET)
        await emulator.start()
        harness = SmsHarness(request.param, emulator)
        yield harness
        await harness.channel.close()
        await emulator.stop()
