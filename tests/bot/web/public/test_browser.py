"""One-time links in headless Chromium, as a subscriber opens them from a chat."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.conftest import Running
from tests.bot.web.public.links import link, subscriber
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.test_browser import Look
from tests.storage import kept

pytestmark = pytest.mark.browser

axe = test_browser.axe


@pytest.fixture(params=[pytest.param(scheme, id=scheme) for scheme in ("light", "dark")])
async def page(request: pytest.FixtureRequest, running: Running, browser: Browser) -> AsyncIterator[Page]:
    """A window; a test fails for anything that the console complains about."""
    complaints: list[str] = []
    await subscriber(running.service.database)
    context = await browser.new_context(base_url=running.url, color_scheme=request.param, accept_downloads=True)
    page = await context.new_page()
    # The browser itself notes every refusal; these are shown to the subscriber.
    page.on("console", lambda said: None if "status of 404" in said.text else complaints.append(said.text))
    yield page
    await context.close()
    assert complaints == []


@pytest.fixture
def look(page: Page, axe: str, request: pytest.FixtureRequest) -> Look:
    return Look(page, axe, request.node.callspec.params["page"], prefix="")


async def test_balance(page: Page, running: Running, look: Look) -> None:
    """One button, then the sum; a reload shows nothing more."""
    await page.goto(await link(running.service.database))
    await look("balance-ask")
    await page.get_by_role("button", name="Показать баланс").click()
    await expect(page.locator(".figure")).to_have_text("987,65\N{NO-BREAK SPACE}₽")
    await look("balance")
    await page.goto(page.url)
    await expect(page.locator("h1")).to_have_text("Ссылка не действует")
    await expect(page.locator("main")).not_to_contain_text("987")
    await look("missed")


async def test_data_and_its_file(page: Page, running: Running, look: Look) -> None:
    """The summary's button downloads a file that holds everything, under a name of its own."""
    await page.goto(await link(running.service.database, "data"))
    await look("data-ask")
    await page.get_by_role("button", name="Показать мои данные").click()
    await expect(page.locator("h1")).to_have_text("Что мы о вас храним")
    await look("data")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Скачать файл").click()
    file = await coming.value
    assert file.suggested_filename == "meterline-2026-11-22.json"
    document: Any = json.loads(_text(await file.path()))
    assert document["messages"][0]["text"] == f"{kept.WORDS} 5123"


async def test_without_javascript(running: Running, browser: Browser) -> None:
    """Nothing of it needs a script; the keyboard is enough."""
    await subscriber(running.service.database, balance=-5_005)
    context = await browser.new_context(base_url=running.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(await link(running.service.database, language="en"))
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".label")).to_have_text("Overpaid")
    await expect(page.locator(".figure")).to_have_text("50,05\N{NO-BREAK SPACE}₽")
    await context.close()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
