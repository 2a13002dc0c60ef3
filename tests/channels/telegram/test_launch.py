"""Launch data of Telegram's mini apps: a vector of aiogram's own tests, and others signed here by the document."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram import create
from channels.telegram.emulator import TelegramEmulator
from channels.telegram.launch import launched
from channels.telegram.settings import Settings
from core.domain.messages import Address
from core.ports.channel import Launches, LaunchRefused, Offers

TOKEN = "42:TEST"
USER = '{"id":42,"first_name":"Тест"}'
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
AIOGRAM = (
    "auth_date=1650385342&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Test%22%7D&query_id=test"
    "&hash=46d2ea5e32911ec8d30999b56247654460c0d20949b6277af519e76271182803"
)

NAMES = st.sampled_from(["hash", "user", "auth_date"])


def joined(pairs: list[tuple[str, str]]) -> str:
    """Fields as they might stand in an address, whatever is in them."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed(token: str = TOKEN, **fields: str) -> str:
    """Launch data as Telegram makes it; a field that is given as empty is left out."""
    whole = {"auth_date": str(int(AT.timestamp())), "user": USER, "signature": "of-ed25519"} | fields
    whole = {name: value for name, value in whole.items() if value}
    said = "\n".join(f"{name}={whole[name]}" for name in sorted(whole))
    key = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    return urlencode(whole | {"hash": hmac.digest(key, said.encode(), hashlib.sha256).hex()})


def test_a_published_vector() -> None:
    """What aiogram's own tests take for signed."""
    now = datetime.fromtimestamp(1650385342, UTC)
    assert launched("telegram", AIOGRAM, token=TOKEN, now=now) == Address("telegram", "42")


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=1), timedelta(minutes=-5)])
def test_good(later: timedelta) -> None:
    """Believed for an hour, and where the vendor's clock is a little before ours."""
    assert launched("telegram", signed(), token=TOKEN, now=AT + later) == Address("telegram", "42")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (signed(auth_date=str(int(AT.timestamp()) - 3601)), "aged"),
        (signed(auth_date=str(int(AT.timestamp()) + 301)), "early"),
        (signed().replace("42", "43"), "forged"),
        (signed(token="43:OTHER"), "forged"),
        (signed()[:-1] + "g", "forged"),
        (signed()[:-64] + "ш" * 64, "forged"),
        (signed()[:-64], "forged"),
        (signed().partition("&hash")[0], "unreadable"),
        (signed(auth_date=""), "unreadable"),
        (signed(auth_date="soon"), "forged"),
        (signed(auth_date="9" * 40), "forged"),
        (signed(user=""), "unreadable"),
        (signed(user="{}"), "forged"),
        (signed(user="{nonsense}"), "forged"),
        (signed(user='{"id":0,"first_name":"x"}'), "unreadable"),
        (signed(user='{"id":42,"first_name":"x","is_bot":true}'), "unreadable"),
        (f"{signed()}&user=%7B%22id%22%3A43%7D", "unreadable"),
        (f"user=%7B%22id%22%3A43%7D&{signed()}", "unreadable"),
        (f"{signed()}&auth_date=9999999999", "unreadable"),
        (f"{signed()}&more=1", "forged"),
        (signed(user='{"id":42,"first_name":"%s"}' % ("x" * 7000)), "unreadable"),
        ("", "unreadable"),
        ("hash", "unreadable"),
        ("\x00\ud800\N{PILE OF POO}=&&=%ff%zz", "unreadable"),
        ("hash=\ud800&auth_date=1", "forged"),
    ],
)
def test_refused(data: str, reason: str) -> None:
    """Each with its word, and nothing of the data in the error."""
    with pytest.raises(LaunchRefused) as caught:
        launched("telegram", data, token=TOKEN, now=AT)
    assert (caught.value.reason, str(caught.value)) == (reason, reason)


def test_without_a_token() -> None:
    """Nothing is believed: an empty key signs for everybody."""
    with pytest.raises(LaunchRefused):
        launched("telegram", signed(token=""), token="", now=AT)


@given(st.text(max_size=80) | st.lists(st.tuples(NAMES, st.text())).map(joined))
def test_whatever_a_stranger_sends(data: str) -> None:
    """Refused, and no other error."""
    with pytest.raises(LaunchRefused):
        launched("telegram", data, token=TOKEN, now=AT)


def test_off_by_default() -> None:
    """A channel without the setting opens nothing, and believes nothing."""
    channel = create(Settings(token=TOKEN))
    assert isinstance(channel, Launches)
    assert isinstance(channel, Offers)
    assert channel.launch is None
    with pytest.raises(LaunchRefused):
        channel.launched(signed(), AT)
    assert create(Settings(token=TOKEN, mini_app=True)).launched(signed(), AT) == Address("telegram", "42")


async def test_the_button(emulator: TelegramEmulator) -> None:
    """Set once, set right where it is another one, and taken away; somebody else's is left alone."""
    channel = create(emulator.settings(mini_app=True, mini_app_label="Оплата"))
    page = "https://sms.example.ru/pay/app/telegram"
    said = [list(await channel.offer(url)) for url in ("", page, page)]
    assert [[words.rpartition(" ")[2] for words in each] for each in said] == [[], ["now."], ["changed."]]
    assert emulator.api.menu_button == {"type": "web_app", "text": "Оплата", "web_app": {"url": page}}
    assert emulator.api.calls.count("setchatmenubutton") == 1
    assert await channel.offered() == page
    assert len(await channel.offer("")) == 1
    assert await channel.offered() == ""
    emulator.api.menu_button = {"type": "web_app", "text": "x", "web_app": {"url": "https://other.example.ru/"}}
    assert list(await channel.offer("")) == []
    await channel.close()
