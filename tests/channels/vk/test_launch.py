"""Launch parameters of VK's mini apps. The first vector is VK's own; the others are signed here, by the document."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.vk.adapter import VkCallback
from channels.vk.launch import launched, signature
from channels.vk.settings import Settings
from core.domain.messages import Address
from core.ports.channel import Launches, LaunchRefused

APP = 6736218
SECRET = "wvl68m4dR1UpLrVRli"
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PUBLISHED = (
    "vk_user_id=494075&vk_app_id=6736218&vk_is_app_user=1&vk_are_notifications_enabled=1&vk_language=ru"
    "&vk_access_token_settings=&vk_platform=android&sign=htQFduJpLxz7ribXRZpDFUH-XEUhC9rBPTJkjUFEkRA"
)
"""The parameters of https://dev.vk.com/ru/mini-apps/development/launch-params-sign and of the examples of
https://github.com/VKCOM/vk-apps-launch-params."""


def signed(secret: str = SECRET, more: str = "", **fields: str) -> str:
    """Launch parameters as VK makes them; a field that is given as `-` is left out."""
    whole = {
        "vk_access_token_settings": "",
        "vk_app_id": str(APP),
        "vk_language": "ru",
        "vk_ref": "other,menu",
        "vk_ts": str(int(AT.timestamp())),
        "vk_user_id": "494075",
    } | fields
    whole = {name: value for name, value in sorted(whole.items()) if value != "-"}
    mac = hmac.digest(secret.encode(), urlencode(whole).encode(), hashlib.sha256)
    sign = base64.urlsafe_b64encode(mac).decode().rstrip("=")
    return f"{urlencode(whole)}{more}&sign={sign}"


def believed(data: str, now: datetime = AT) -> Address:
    return launched("vk", data, app_id=APP, secret=SECRET.encode(), now=now)


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=1), timedelta(minutes=-5)])
def test_good(later: timedelta) -> None:
    """Believed for an hour, and where the vendor's clock is a little before ours."""
    assert believed(signed(), AT + later) == Address("vk", "494075")


def test_what_is_not_signed_does_not_matter() -> None:
    """VK signs what begins with `vk_`; the order of the parameters is any."""
    assert believed(signed(more="&odr_enabled=1")) == Address("vk", "494075")
    assert believed("&".join(reversed(signed().split("&")))) == Address("vk", "494075")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (signed(vk_ts=str(int(AT.timestamp()) - 3601)), "aged"),
        (signed(vk_ts=str(int(AT.timestamp()) + 301)), "early"),
        (signed().replace("494075", "494076"), "forged"),
        (signed(secret="another"), "forged"),
        (signed(secret=""), "forged"),
        (signed(more="&vk_more=1"), "forged"),
        (signed().partition("&sign=")[0], "forged"),
        (f"{signed().partition('&sign=')[0]}&sign=", "forged"),
        (f"{signed().partition('&sign=')[0]}&sign=ш", "forged"),
        (signed(vk_app_id="7"), "foreign"),
        (signed(vk_app_id="-"), "foreign"),
        (signed(vk_ts="-"), "unreadable"),
        (signed(vk_ts="1e9"), "unreadable"),
        (signed(vk_ts="٣"), "unreadable"),
        (signed(vk_user_id="-"), "unreadable"),
        (signed(vk_user_id="0"), "unreadable"),
        (signed(vk_user_id="-5"), "unreadable"),
        (signed(vk_user_id="2000000001"), "unreadable"),
        (signed(more="&vk_user_id=7"), "unreadable"),
        (f"{signed()}&sign=x", "unreadable"),
        (signed(vk_ref="x" * 7000), "unreadable"),
        ("", "unreadable"),
        ("nonsense", "unreadable"),
        ("a=%ff", "unreadable"),
        ("a=\ud800", "unreadable"),
    ],
)
def test_refused(data: str, reason: str) -> None:
    """Each with its word, and nothing of the data in the error."""
    with pytest.raises(LaunchRefused) as caught:
        believed(data)
    assert (caught.value.reason, str(caught.value)) == (reason, reason)


def test_a_published_vector() -> None:
    """VK's own example of a signature."""
    fields = dict(parse_qsl(PUBLISHED, keep_blank_values=True))
    assert signature(fields, SECRET.encode()) == fields["sign"]


@given(st.text(max_size=80))
def test_whatever_a_stranger_sends(data: str) -> None:
    """Refused, and no other error."""
    with pytest.raises(LaunchRefused):
        believed(data)


def test_off_by_default() -> None:
    """A channel without an app opens nothing, and believes nothing; half an app is a mistake of the configuration."""
    channel = VkCallback(Settings())
    assert isinstance(channel, Launches)
    assert channel.launch is None
    with pytest.raises(LaunchRefused):
        channel.launched(signed(), AT)
    settings = Settings(app_id=APP, app_secret=SECRET)
    assert SECRET not in repr(settings)
    assert VkCallback(settings).launched(signed(), AT) == Address("vk", "494075")
    with pytest.raises(ValidationError, match="belong together"):
        Settings(app_id=APP)
