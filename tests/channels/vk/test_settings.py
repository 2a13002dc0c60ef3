import subprocess
import sys

import pytest
from pydantic import ValidationError

from channels.vk import Settings

WHOLE = {"enabled": True, "token": "vk1.a.t", "group_id": 7, "secret": "made-up", "confirmation": "1a2b3c4d"}
FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "nothing": (
        {"token": "", "group_id": 0, "secret": "", "confirmation": ""},
        "token, group_id, secret, confirmation",
    ),
    "callback_without_secret": ({"secret": ""}, "secret should be set in the mode callback"),
    "callback_without_confirmation": ({"confirmation": ""}, "confirmation should be set"),
    "longpoll_without_token": ({"mode": "longpoll", "token": ""}, "token should be set in the mode longpoll"),
    "negative_group": ({"group_id": -7}, "greater than or equal to 0"),
    "long_secret": ({"secret": "s" * 51}, "at most 50"),
    "spaced_confirmation": ({"confirmation": "1a2b 3c4d"}, "pattern"),
    "other_mode": ({"mode": "webhook"}, "'callback' or 'longpoll'"),
    "no_address": ({"api_base": "api.vk.ru"}, "pattern"),
    "unknown_key": ({"tokn": "x"}, "Extra inputs"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_faults(name: str) -> None:
    """What cannot work is said when the configuration is read, not when the first message comes."""
    more, words = FAULTS[name]
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate(WHOLE | more)


@pytest.mark.parametrize(
    "more",
    [{}, {"mode": "longpoll", "secret": "", "confirmation": ""}, {"enabled": False, "token": "", "group_id": 0}],
    ids=["callback", "longpoll", "off"],
)
def test_whole(more: dict[str, object]) -> None:
    """Each mode needs its own keys only, and a channel that is off needs none."""
    assert Settings.model_validate(WHOLE | more)


def test_secrets_do_not_print() -> None:
    """Token and secret are in no repr."""
    shown = repr(Settings.model_validate(WHOLE))
    assert "vk1.a.t" not in shown
    assert "made-up" not in shown


def test_settings_import_fast() -> None:
    """Reading the configuration imports neither vk_api nor the web library: every command does it."""
    code = "import sys, channels.vk; print(sorted({'vk_api', 'requests', 'aiohttp'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "[]"
