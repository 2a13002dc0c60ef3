"""The longest answers that an SMS has to carry."""

from dataclasses import replace

import pytest

from core.domain.lengths import segments
from tests.domain.test_estimate import LISTS
from tests.services.dialogue.chat import Chat, listed
from tests.world import KHABAROVSK

WIDE = 999_999_999


def wide(channel: str = "sms", prices: str = "") -> Chat:
    """A three-zone meter with nine digits, an account with a balance beyond belief."""
    chat = Chat("three", channel=channel)
    if prices:
        branch = replace(KHABAROVSK, tariffs=LISTS[prices])
        chat.rules = replace(chat.rules, branches={branch.code: branch})
    for meters in chat.facts.meters.values():
        meters[:] = [replace(meter, digits=9, billed=(100_000_000,) * 3, ratio=20) for meter in meters]
    return chat


@pytest.mark.parametrize("prices", ["", "flat"])
@pytest.mark.parametrize("language", ["показания", "submit readings"])
@pytest.mark.parametrize(
    "values",
    [
        f"{WIDE} {WIDE} {WIDE}",
        "100000001 100000001 100000001",
        "999999999 100000001 100000001",
        "1000000019 100000001 100000001",
        "100000001 100000001 999",
        "0 100000001 100000001",
    ],
)
def test_values_of_nine_digits(language: str, values: str, prices: str) -> None:
    """Doubts, suggestions and choices fit two parts whole, whether or not there is a sum to tell."""
    chat = wide(prices=prices)
    chat.say(language)
    chat.say(values)
    assert 1 <= segments(chat.reply) <= 2
    assert "..." not in chat.reply
    assert chat.dialogue is not None
    if numbered := listed(chat.reply):
        assert [label for _, label in numbered] == [label for label, _ in chat.dialogue.offered]


def test_history_of_nine_digits() -> None:
    """As many lines as fit, with both choices."""
    chat = wide()
    for value in range(6):
        chat.say(" ".join([str(100_000_001 + value)] * 3))
    chat.say("история")
    assert segments(chat.reply) <= 2
    assert [label for _, label in listed(chat.reply)] == ["Исправить", "Отозвать", "Меню"]
    assert "100000006/100000006/100000006" in chat.reply
