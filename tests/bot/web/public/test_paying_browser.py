"""The payment page in headless Chromium, from the link in the chat to the bank and back."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, expect

from bot.web.public.looks import words
from core.domain import bill_codes
from tests.bot.web.public.counter import Counter, counter
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.test_browser import Look
from tests.conftest import FixedClock
from tests.storage.kept import NOW

pytestmark = pytest.mark.browser

axe = test_browser.axe


@pytest.fixture
async def till(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Counter]:
    async with counter(tmp_path, clock) as opened:
        yield opened


@pytest.fixture(params=[pytest.param(scheme, id=scheme) for scheme in ("light", "dark")])
async def page(request: pytest.FixtureRequest, till: Counter, browser: Browser) -> AsyncIterator[Page]:
    """A telephone's window without scripts; a test fails for anything that the console complains about."""
    complaints: list[str] = []
    context = await browser.new_context(
        base_url=till.running.url,
        color_scheme=request.param,
        viewport={"width": 390, "height": 844},
    )
    page = await context.new_page()
    page.on("console", lambda said: None if "status of 4" in said.text else complaints.append(said.text))
    yield page
    await context.close()
    assert complaints == []


@pytest.fixture
def look(page: Page, axe: str, request: pytest.FixtureRequest) -> Look:
    return Look(page, axe, request.node.callspec.params["page"], prefix="")


async def test_to_the_bank_and_back(page: Page, till: Counter, look: Look) -> None:
    """Our policy lets the form through and the link to another origin, too; back from the bank the page knows."""
    await page.goto(await till.link())
    await look("pay-open")
    await page.get_by_label("Сумма").fill("500")
    await page.get_by_label("СБП").check()
    await page.get_by_role("button", name="Оплатить").click()
    await expect(page.locator("h1")).to_have_text("Осталось заплатить")
    await expect(page.locator(".figure")).to_have_text("500,00\N{NO-BREAK SPACE}₽")
    await look("pay-waiting")
    await page.get_by_role("link", name="Перейти к оплате").click()
    await expect(page).to_have_url(f"{till.bank.url}/checkout/{next(iter(till.bank.payments))}")
    # The bank sends the subscriber back to the public address; here that is this machine.
    await page.route(
        "https://sms.example.ru/**", lambda route: route.fulfill(status=200, body=f"back at {route.request.url}")
    )
    await page.get_by_role("button", name="Pay").click()
    await expect(page.locator("body")).to_contain_text("back at https://sms.example.ru/pay/")
    back = page.url.removeprefix("https://sms.example.ru")
    assert await till.notify(next(iter(till.bank.payments))) == 200
    await till.running.service.payments.work()
    await page.goto(back)
    await expect(page.locator("h1")).to_have_text("Оплачено, спасибо")
    await look("pay-paid")


async def test_a_slip_is_shown_beside_the_field(page: Page, till: Counter, look: Look) -> None:
    """And what was typed stays."""
    await page.goto(await till.link())
    await page.get_by_label("Сумма").fill("девятьсот")
    await page.get_by_label("Почта").fill("me@example.ru")
    await page.get_by_role("button", name="Оплатить").click()
    await expect(page.locator("#amount-wrong")).to_contain_text("Напишите сумму числом")
    await expect(page.get_by_label("Почта")).to_have_value("me@example.ru")
    await look("pay-wrong")


async def test_a_banks_app_reads_the_code(page: Page, till: Counter, look: Look) -> None:
    """As it stands on the screen, whatever the page's colours."""
    await page.goto(await till.link())
    await page.get_by_label("Сумма").fill("1 500,50")
    await page.get_by_role("button", name="QR-код").click()
    await look("pay-code")
    shot = Image.open(io.BytesIO(await page.locator("figure").screenshot()))
    (found,) = zxingcpp.read_barcodes(shot)
    code = bill_codes.read(found.bytes)
    assert (code.account, code.amount, code.payee.account) == ("2701001101", 150_050, "40702810900000000001")
    await expect(page.get_by_label("Сумма")).to_have_value("1 500,50")
    await expect(page.get_by_role("button", name="Оплатить")).to_be_visible()


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_by_keyboard_alone(till: Counter, browser: Browser, language: str) -> None:
    """From the first key to the bank: every control is reached in the order in which it stands."""
    said = words(language)["pay"]
    context = await browser.new_context(base_url=till.running.url, viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(await till.link(language=language))
    seen = []
    for _ in range(5):
        await page.keyboard.press("Tab")
        seen.append(await page.evaluate("document.activeElement.name || document.activeElement.innerText"))
    assert seen == ["amount", "method", "email", said["button"], "code"]
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(said["stages"]["waiting"]["title"])
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name=said["go"])).to_be_focused()
    await context.close()


async def test_an_old_link(page: Page, till: Counter, look: Look) -> None:
    """It says how to get a new one."""
    await page.goto(await till.link(expires_at=NOW))
    await expect(page.locator("main")).to_contain_text("напишите ОПЛАТА")
    await expect(page.get_by_role("button")).to_have_count(0)
    await look("pay-expired")


async def test_without_javascript(till: Counter, browser: Browser) -> None:
    """Nothing of it needs a script, and the keyboard is enough."""
    context = await browser.new_context(base_url=till.running.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(await till.link(language="en"))
    await page.get_by_label("Sum").press("Enter")
    await expect(page.locator("h1")).to_have_text("One step left")
    await expect(page.get_by_role("link", name="Go on to pay")).to_be_visible()
    await context.close()


async def test_a_one_time_link_leads_to_the_page(till: Counter, browser: Browser) -> None:
    """Where the chat may carry no payment link, the one-time page hands over to the payment page."""
    from tests.bot.web.public.links import link  # noqa: PLC0415 - for this test alone

    context = await browser.new_context(base_url=till.running.url)
    page = await context.new_page()
    first = await link(till.running.service.database, "payment")
    await page.goto(first)
    await page.get_by_role("button", name="Перейти к оплате").click()
    await expect(page.get_by_label("Сумма")).to_have_value("987,65")
    assert "/pay/" in page.url
    await page.reload()
    await expect(page.get_by_label("Сумма")).to_be_visible()
    await page.goto(first)
    await expect(page.locator("h1")).to_have_text("Ссылка не действует")
    await context.close()
