"""A configuration beside a fresh SQLite database, the real service on a free port of this machine, and a browser."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from bot.assembly import build
from bot.service import Service
from bot.settings import Settings, load
from core.services.texts import Texts
from tests.conftest import FixedClock

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "no Chromium: on Debian `apt-get install chromium`, elsewhere name it in CHROMIUM"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

SECRET = "a-secret-of-the-generic-gateway"
CONFIG = f"""
[server]
port = 0
stop_seconds = 10
[database]
url = "sqlite:///meterline.db"
[channels.sms]
enabled = true
gateway = "generic"
per_second = 1000
[channels.sms.kannel]
secret = "a-secret-of-kannel"
[channels.sms.generic]
secret = "{SECRET}"
send_url = "http://127.0.0.1:9/"
[channels.sms.smsgate]
signing_key = "a-signing-key-of-the-phone"
[[branch]]
code = "khb"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
phones = ["8-800-100-37-77"]
[[branch]]
code = "amur"
name = "Амур"
timezone = "Asia/Yakutsk"
"""


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Path:
    """A configuration file; the database is beside it and has the newest schema."""
    assert sqlite_url == f"sqlite:///{tmp_path}/meterline.db"
    file = tmp_path / "meterline.toml"
    file.write_text(CONFIG, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def settings(config: Path) -> Settings:
    return load(config, {})


class Running:
    """A service under test, and a way to talk to it."""

    def __init__(self, service: Service, url: str, session: aiohttp.ClientSession) -> None:
        self.service = service
        self.url = url
        self.session = session

    async def post(self, body: object, secret: str = SECRET) -> int:
        """Deliver one SMS by the generic hook; the status of the answer."""
        headers = {"X-Meterline-Secret": secret}
        async with self.session.post(f"{self.url}/hooks/sms/generic", json=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        async with self.session.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def running(settings: Settings, clock: FixedClock) -> AsyncIterator[Running]:
    """The service, started."""
    service = build(settings, Texts(), clock)
    host, port = await service.start()
    async with aiohttp.ClientSession() as session:
        yield Running(service, f"http://{host}:{port}", session)
    await service.stop()


def sms(number: int = 1, text: str = "1234567890 12345678 5778", sender: str = "+79141234567") -> dict[str, str]:
    """One SMS as the generic gateway posts it."""
    return {"id": f"m{number}", "from": sender, "to": "+79990001122", "text": text, "sent_at": "2026-11-22T02:00:00Z"}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()
