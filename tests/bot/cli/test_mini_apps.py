"""`register` and `doctor` about the payment page inside messengers, with an emulated Telegram."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import meterline
from bot.cli.context import App
from channels.telegram.emulator import TelegramEmulator
from tests.bot.conftest import CONFIG
from tests.conftest import FixedClock

PAGE = "https://sms.example.ru/pay/app/telegram"
SECTIONS = """
[payments]
provider = "template"
[payments.template]
url = "https://pay.example.ru/?ls={{account}}&sum={{amount}}"
[channels.telegram]
enabled = true
token = "{token}"
webhook_secret = "{secret}"
api_base = "{url}"
mini_app = true
"""


@pytest.fixture
def telegram() -> Iterator[TelegramEmulator]:
    """Runs beside the commands, which have event loops of their own."""
    loop, emulator = asyncio.new_event_loop(), TelegramEmulator()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(emulator.start(), loop).result(10)
    yield emulator
    asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Desk:
    """The operator's console."""

    def __init__(self, file: Path, clock: FixedClock, telegram: TelegramEmulator) -> None:
        self.file = file
        self._clock = clock
        sections = SECTIONS.format(token=telegram.api.token, secret=telegram.deliveries.secret, url=telegram.url)
        head, branch, tail = CONFIG.replace(
            "port = 0\n", 'port = 0\npublic_url = "https://sms.example.ru"\n'
        ).partition("[[branch]]")
        self.write(f"{head}{sections}{branch}{tail}")

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")
        self.file.chmod(0o600)

    def change(self, old: str, new: str) -> None:
        self.write(self.file.read_text(encoding="utf-8").replace(old, new))

    def run(self, *words: str) -> list[dict[str, Any]]:
        words = (*words, "--json", "--config", str(self.file))
        found: list[dict[str, Any]] = json.loads(
            CliRunner().invoke(meterline, words, obj=App(clock=self._clock)).stdout
        )
        return found

    def doctor(self) -> list[tuple[str, str]]:
        """What is said about the mini app."""
        return [(one["verdict"], one["found"]) for one in self.run("doctor") if one["check"] == "mini app of telegram"]


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, clock: FixedClock, telegram: TelegramEmulator) -> Desk:
    return Desk(tmp_path / "meterline.toml", clock, telegram)


def test_the_button_comes_and_goes(desk: Desk, telegram: TelegramEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set by `register`, seen by `doctor`; gone where privacy restricts the channel, and where the app is off."""

    async def nowhere(*_args: object) -> list[object]:
        return []

    monkeypatch.setattr("bot.checkup.listening", nowhere)  # the public address is nobody's here
    well = ("ok", f"the payment page opens at {PAGE}")
    assert desk.doctor() == [well, ("warning", "the button of the chats does not open the payment page")]
    for last in (
        f"The button of the chats opens {PAGE} now.",
        "The button of the chats was right: nothing was changed.",
    ):
        assert desk.run("register", "telegram")[0]["said"][-1] == last
    assert telegram.api.menu_button["web_app"] == {"url": PAGE}
    assert desk.doctor() == [well]
    desk.change("[payments]", '[privacy]\nrestricted = ["telegram"]\n[payments]')
    ((verdict, found),) = desk.doctor()
    assert (verdict, "[privacy] keeps payments out" in found) == ("warning", True)
    assert "Telegram's own again" in desk.run("register", "telegram")[0]["said"][-1]
    assert telegram.api.menu_button == {"type": "commands"}
    desk.change("mini_app = true", "")
    assert desk.doctor() == []


def test_only_by_https(desk: Desk, telegram: TelegramEmulator) -> None:
    """Messengers open nothing else, so no button is set."""
    desk.change("https://sms.example.ru", "http://sms.example.ru")
    assert desk.doctor() == [("warning", "vendors open pages by https only")]
    desk.run("register", "telegram")
    assert telegram.api.menu_button == {"type": "commands"}
