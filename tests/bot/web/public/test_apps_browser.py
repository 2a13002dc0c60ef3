"""The payment page inside a messenger, in headless Chromium: alone as on a telephone, and in a frame as on the web."""

import os
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from channels.telegram import launch as telegram
from channels.vk import launch as vk
from core.domain.messages import Address
from tests.bot.legibility import assert_legible
from tests.bot.web.public.counter import Counter, counter
from tests.bot.web.public.messengers import SECTIONS, TELEGRAM, VK, launch_data
from tests.bot.web.staff.test_browser import axe  # noqa: F401 - the fixture
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import put

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("METERLINE_PICTURES", "")
"""A folder for pictures of every page, where somebody wants to look at them."""
WHO = "700100200"
LISTENING = "<!doctype html><script>window.heard = []; onmessage = (event) => heard.push(event.data)</script>"
"""The messenger's own page, which hears what the framed one says to it."""


@pytest.fixture
async def till(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Counter]:
    async with counter(tmp_path, clock, more=SECTIONS) as opened:
        second = kept.accounts()[0] | {"id": 9, "number": "2701002202", "number_key": "2701002202"}
        second |= {"address": "г. Хабаровск, ул. Пушкина, 3, кв. 7"}
        links = [kept.a_link(Address(channel, WHO), account_id=key) for channel, key in ((TELEGRAM, 9), (VK, 1))]
        await put(opened.running.service.database, second, *links)
        yield opened


@pytest.fixture(params=[pytest.param(scheme, id=scheme) for scheme in ("light", "dark")])
async def page(request: pytest.FixtureRequest, till: Counter, browser: Browser) -> AsyncIterator[Page]:
    """A telephone's window; a test fails for anything that the console complains about."""
    complaints: list[str] = []
    context = await browser.new_context(
        base_url=till.running.url, color_scheme=request.param, viewport={"width": 390, "height": 844}
    )
    page = await context.new_page()
    page.on("console", lambda said: None if "status of 4" in said.text else complaints.append(said.text))
    yield page
    await context.close()
    assert complaints == []


async def look(page: Page, axe_core: str, name: str) -> None:
    """Measure the page at every width, ask axe-core, and take a picture where that is asked for."""
    await assert_legible(page)
    await page.set_viewport_size({"width": 390, "height": 844})
    if axe_core:
        await page.evaluate(axe_core)
        found: Any = await page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)")
        assert found == []
    if PICTURES:
        dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        await page.screenshot(path=Path(PICTURES) / f"{name}-{'dark' if dark else 'light'}.png", full_page=True)


async def test_telegram(page: Page, till: Counter, axe: str) -> None:  # noqa: F811 - the fixture
    """Opened with a fragment, as Telegram does: the list, the account chosen, the payment page, the bank's link."""
    data = launch_data(TELEGRAM)
    fragment = str(await page.evaluate("(data) => new URLSearchParams({tgWebAppData: data}).toString()", data))
    await page.goto(f"/pay/app/telegram#{fragment}&tgWebAppVersion=8.0&tgWebAppPlatform=android")
    await expect(page.locator("h1")).to_have_text("За какой счёт платим?")
    assert page.url.endswith("/pay/app/telegram")
    await look(page, axe, "app-list")
    await page.get_by_role("button", name="Оплатить").nth(1).click()
    await expect(page.get_by_label("Сумма")).to_have_value("987,65")
    assert "/pay/app/telegram/" in page.url
    await expect(page.locator("dd").first).to_have_text("*2202")
    await look(page, axe, "app-pay")
    await page.get_by_role("button", name="Оплатить").click()
    link = page.get_by_role("link", name="Перейти к оплате")
    await expect(link).to_have_attribute("target", "_blank")
    async with page.context.expect_page() as bank:
        await link.click()
    await (await bank.value).wait_for_url(f"{till.bank.url}/checkout/*")


async def test_words(page: Page, axe: str, clock: FixedClock) -> None:  # noqa: F811 - the fixture
    """No launch data, and launch data of yesterday."""
    await page.goto("/pay/app/telegram")
    await expect(page.locator("#nothing")).to_contain_text("только кнопкой в чате")
    await expect(page.locator("#opening")).to_be_hidden()
    await look(page, axe, "app-nothing")
    data = launch_data(VK)
    clock.advance(hours=24)
    await page.goto(f"/pay/app/vk?{data}")
    await expect(page.locator("h1")).to_have_text("Страница устарела")
    await look(page, axe, "app-aged")


async def test_without_javascript(till: Counter, browser: Browser) -> None:
    """Telegram's entry says what to do instead; VK's needs no script from the first page to the last."""
    context = await browser.new_context(base_url=till.running.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/pay/app/telegram")
    await expect(page.locator("main")).to_contain_text("Напишите в чате ОПЛАТА")
    await page.goto(f"/pay/app/vk?{launch_data(VK)}")
    await page.get_by_role("button", name="Оплатить").press("Enter")
    await page.get_by_label("Сумма").press("Enter")
    await expect(page.get_by_role("link", name="Перейти к оплате")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("is_ours", [True, False], ids=["the messenger's own", "another's"])
@pytest.mark.parametrize("channel", [TELEGRAM, VK])
async def test_in_a_frame(  # noqa: PLR0917 - fixtures
    sqlite_url: str,
    tmp_path: Path,
    clock: FixedClock,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    is_ours: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The messenger's site frames the pages up to the bank's link, and hears VK's word; nobody else frames any."""
    framed = ""

    async def frame_it(_request: web.Request) -> web.Response:
        text = f'{LISTENING}<iframe width="390" height="800" src="{escape(framed)}"></iframe>'
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", frame_it)
    host = web.AppRunner(app, access_log=None)
    await host.setup()
    await web.TCPSite(host, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{host.addresses[0][1]}"
    if is_ours:
        monkeypatch.setattr(telegram if channel == TELEGRAM else vk, "FRAMES", (origin,))
    async with counter(tmp_path, clock, more=SECTIONS) as till:
        await put(till.running.service.database, kept.a_link(Address(VK, WHO)))
        context = await browser.new_context()
        page = await context.new_page()
        data = launch_data(channel)
        framed = f"{till.running.url}/pay/app/vk?{data}"
        if channel == TELEGRAM:
            fragment = await page.evaluate("(data) => new URLSearchParams({tgWebAppData: data}).toString()", data)
            framed = f"{till.running.url}/pay/app/telegram#{fragment}"
        await page.goto(f"{origin}/")
        frame = page.frame_locator("iframe")
        if is_ours:
            await frame.get_by_role("button", name="Оплатить").click()
            await frame.get_by_label("Сумма").press("Enter")
            await expect(frame.get_by_role("link", name="Перейти к оплате")).to_be_visible()
            heard = str(await page.evaluate("JSON.stringify(heard)"))
            assert ("VKWebAppInit" in heard) is (channel == VK)
        else:
            await expect(frame.locator("body")).not_to_contain_text("счёт")
            shown = page.frames[1]
            await shown.wait_for_load_state()
            assert shown.url.startswith("chrome-error:")
        await context.close()
    await host.cleanup()
