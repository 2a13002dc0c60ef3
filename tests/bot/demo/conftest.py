"""A running demo at noon of 22 November in Khabarovsk, and a browser that looks at it."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from bot.demo.running import Demo, running
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


@pytest.fixture
async def demo(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Demo]:
    async with running(tmp_path, port=0, clock=clock) as demo:
        yield demo


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
async def page(demo: Demo, browser: Browser) -> AsyncIterator[Page]:
    """The demo's page in a window of 1280 by 800; a test fails for anything that the console complains about."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # The browser itself notes every refusal; the page expects these, and shows them to the visitor.
        if "status of 422" not in message.text:
            complaints.append(message.text)

    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(demo.url)
    await page.locator("body[data-ready]").wait_for()
    yield page
    await context.close()
    assert complaints == []
