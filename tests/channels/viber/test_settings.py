import subprocess
import sys

import pytest

from channels.viber import Settings
from tests.channels.viber.harness import TOKEN

FAULTY: dict[str, tuple[dict[str, object], str]] = {
    "no_token": ({"enabled": True, "sender_name": "Энергосбыт"}, "enabled needs token and sender_name"),
    "no_name": ({"enabled": True, "token": TOKEN}, "enabled needs token and sender_name"),
    "blank_name": ({"enabled": True, "token": TOKEN, "sender_name": " "}, "enabled needs token and sender_name"),
    "long_name": ({"sender_name": "я" * 29}, "at most 28 characters"),
    "token_in_two_lines": ({"token": "4453\nb6ac"}, "as Viber shows it"),
    "token_in_cyrillic": ({"token": "тайна"}, "as Viber shows it"),
    "no_address": ({"api_base": "chatapi.viber.com/pa"}, "should match pattern"),
    "no_speed": ({"per_second": 0}, "greater than 0"),
    "unknown_key": ({"avatar": "x"}, "Extra inputs are not permitted"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_faulty_settings(name: str) -> None:
    """What could never work is refused when it is read."""
    values, complaint = FAULTY[name]
    with pytest.raises(ValueError, match=complaint):
        Settings.model_validate(values)


def test_settings() -> None:
    """A switched-off channel needs nothing, the longest name fits, and an address may end with a slash."""
    assert Settings().api_base == "https://chatapi.viber.com/pa"
    settings = Settings.model_validate(
        {"sender_name": "я" * 28, "api_base": " https://example.ru/pa/ ", "token": TOKEN}
    )
    assert settings.api_base == "https://example.ru/pa"
    assert TOKEN not in repr(settings)


def test_reading_the_settings_imports_no_library() -> None:
    """Commands that neither send nor hear do not wait for viberbot and what it brings."""
    script = "import bot.settings, sys; print([name for name in ('viberbot', 'requests') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "[]"
