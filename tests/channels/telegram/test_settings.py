from typing import Any

import pytest
from pydantic import ValidationError

from channels.telegram import Settings, create
from core.ports.channel import Decodes, Polls, Probes, Registers
from tests.channels.telegram.harness import SECRET, TOKEN

FULL = {"enabled": True, "token": TOKEN, "webhook_secret": SECRET}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no_token": ({"token": ""}, "token"),
    "half_a_token": ({"token": "AAmade-up"}, "token"),
    "token_with_a_space": ({"token": f"{TOKEN} "}, "token"),
    "no_secret": ({"webhook_secret": ""}, "webhook_secret"),
    "cyrillic_secret": ({"webhook_secret": "секрет"}, "webhook_secret"),
    "secret_with_a_dot": ({"webhook_secret": "a.b"}, "webhook_secret"),
    "secret_too_long": ({"webhook_secret": "a" * 257}, "webhook_secret"),
    "no_address": ({"api_base": "api.telegram.org"}, "api_base"),
    "address_with_a_place": ({"api_base": "http://x/{token}"}, "api_base"),
    "mode": ({"mode": "longpoll"}, "mode"),
    "pace": ({"per_second": 0}, "per_second"),
    "unknown": ({"parse_mode": "HTML"}, "parse_mode"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistakes(name: str) -> None:
    """Each mistake is found at its key."""
    more, key = MISTAKES[name]
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(FULL | more)
    (fault,) = caught.value.errors(include_input=False)
    assert fault["loc"] == (key,)


@pytest.mark.parametrize(
    "more", [{}, {"enabled": False, "token": "", "webhook_secret": ""}, {"mode": "polling", "webhook_secret": ""}]
)
def test_sufficient(more: dict[str, Any]) -> None:
    """What is off needs nothing, and polling no webhook's secret."""
    assert SECRET not in repr(Settings.model_validate(FULL | more))


def test_mode_decides_who_asks() -> None:
    """Only a channel that should poll says that it can, so that the service need not know the modes."""
    called = create(Settings.model_validate(FULL))
    polls = create(Settings.model_validate(FULL | {"mode": "polling"}))
    assert not isinstance(called, Polls)
    assert isinstance(polls, Polls)
    assert all(isinstance(polls, can) and isinstance(called, can) for can in (Decodes, Registers, Probes))
