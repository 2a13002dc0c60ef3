"""Paying in the demo's page, in headless Chromium: from the word to the bank that is none, and back to the phone."""

import pytest
from playwright.async_api import Page, expect

from bot.demo.clock import DemoClock
from tests.bot.demo.visitor import from_noon

pytestmark = pytest.mark.browser
ENDS = {
    "Оплатить": ("Оплачено, спасибо", "оплата 1284,50 руб. прошла"),
    "Отказаться": ("Платёж не завершён", "деньги не списаны"),
}


@pytest.fixture
def clock() -> DemoClock:
    """The demo's, in place of the fixed one."""
    return from_noon()


@pytest.mark.parametrize("answer", ENDS)
async def test_paying(page: Page, answer: str) -> None:
    """The link in an SMS can be pressed; the payment page and the phone both say how it ended."""
    replies = page.locator("#messages .reply")
    before = await replies.count()
    await page.locator("#composer textarea").fill("оплата")
    await page.locator("#composer textarea").press("Enter")
    link = replies.nth(before).locator("a")
    async with page.expect_popup() as opening:
        await link.click()
    bill = await opening.value
    await expect(bill.locator("main")).to_contain_text("*7890")
    await bill.get_by_role("button", name="Оплатить").click()
    await bill.get_by_role("link", name="Перейти к оплате").click()
    await expect(bill.locator("h1")).to_contain_text("Учебный банк")
    await bill.get_by_role("button", name=answer).click()
    on_page, on_phone = ENDS[answer]
    await expect(bill.locator("h1")).to_contain_text(on_page, timeout=30_000)
    await expect(replies.last).to_contain_text(on_phone, timeout=30_000)
