"""A running demo at noon of 22 November in Khabarovsk, and its page in a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from bot.demo.running import Demo, running
from core.ports.clock import Clock


@pytest.fixture
async def demo(tmp_path: Path, clock: Clock) -> AsyncIterator[Demo]:
    async with running(tmp_path, port=0, clock=clock) as demo:
        yield demo


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
