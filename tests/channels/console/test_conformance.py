import io
from typing import ClassVar

import pytest

from channels.console import ConsoleChannel, create
from core.domain.messages import Address
from tests.conformance.channel import ChannelConformance
from tests.conformance.harness import Ability, Harness


class ConsoleHarness(Harness):
    subscriber = Address("console", "+79161234567")
    cannot: ClassVar = {
        Ability.HEARING: "`meterline say` feeds it",
        Ability.NETWORK: "it prints",
        Ability.LOGIN: "it has no vendor",
        Ability.FAILURES: "printing does not fail",
        Ability.VENDOR_IDS: "it has no vendor",
        Ability.VENDOR_KEYS: "it has no vendor",
    }

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.channel: ConsoleChannel = create(self.out)

    def build(self) -> ConsoleChannel:
        return create()

    @property
    def sent(self) -> list[str]:
        """The printed texts: each message begins with an arrow, and its text is indented."""
        messages = self.out.getvalue().split("-> ")[1:]
        return ["\n".join(line[3:] for line in message.splitlines()[1:]) for message in messages]


class TestConsole(ChannelConformance):
    @pytest.fixture
    def harness(self) -> ConsoleHarness:
        return ConsoleHarness()


async def test_prints_number_parts_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a stream of its own, the console prints to standard output: number, parts, indented text."""
    harness = ConsoleHarness()
    await create().send(harness.outbound("Принято: 4711\nСпасибо"))
    assert capsys.readouterr().out == "-> +79161234567 (1 part)\n   Принято: 4711\n   Спасибо\n"
