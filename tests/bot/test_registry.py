"""What channels may say under the retailer's privacy settings."""

from pathlib import Path

import pytest

from bot.registry import LISTED, capabilities, lines, narrowed
from bot.ruling import reminder_rules
from bot.settings import Privacy, load
from core.domain.messages import Capabilities, TextUnit
from core.services.texts import Texts
from tests.bot.conftest import CONFIG

FULL = Capabilities(text_limit=4096, text_unit=TextUnit.CHARACTERS)
KNOWN = dict.fromkeys(("sms", "telegram", "viber", "vk", "console"), FULL)


def quiet(privacy: Privacy) -> set[str]:
    """The channels that may say none of it."""
    flags = {
        name: (found.may_show_balance, found.may_show_address, found.may_send_payment_link)
        for name, found in narrowed(KNOWN, privacy).items()
    }
    assert set(flags.values()) <= {(True,) * 3, (False,) * 3}
    return {name for name, allowed in flags.items() if not any(allowed)}


def test_every_channel_may_say_all_unless_told_otherwise() -> None:
    """A private retailer has no list to mind."""
    assert quiet(Privacy()) == set()


def test_state_owned_retailer_keeps_quiet_on_listed_messengers() -> None:
    """Telegram and Viber are on Roskomnadzor's list; VK and SMS are not."""
    assert quiet(Privacy(state_owned=True)) == {"telegram", "viber"} == LISTED


def test_operator_may_restrict_further_channels() -> None:
    """Whatever the law says, the retailer may be stricter; never less strict."""
    assert quiet(Privacy(restricted=("sms",))) == {"sms"}
    assert quiet(Privacy(restricted=("sms",), state_owned=True)) == {"sms", "telegram", "viber"}


@pytest.mark.parametrize("restricted", [False, True])
def test_desk_moderation_and_reminders_are_given_the_narrowed_ones(config: Path, *, restricted: bool) -> None:
    """What the service is assembled with minds the settings."""
    config.write_text(
        f"[privacy]\nrestricted = {['sms'] if restricted else []}\n[reminders]\nsms = true\n{CONFIG}", encoding="utf-8"
    )
    settings = load(config, {})
    found = capabilities(settings)
    assert found["sms"].may_show_balance is not restricted
    assert found["sms"].address_is_phone
    assert found["console"].may_show_balance
    routes = reminder_rules(settings, Texts(), list(lines(settings))).routes
    assert [route.capabilities.may_show_balance for route in routes.values()] == [not restricted]
