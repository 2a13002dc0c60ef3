"""Overview and statistics in headless Chromium: legible at both widths, in both colours, and moving by themselves."""

import pytest
from playwright.async_api import Page, expect

from core.services.statistics import AFRESH
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look
from tests.bot.web.staff.test_queue_browser import ONE, enter
from tests.bot.web.staff.test_statistics import busy
from tests.conftest import FixedClock

pytestmark = pytest.mark.browser
axe, look, page = test_browser.axe, test_browser.look, test_browser.page


async def test_looks(page: Page, look: Look, reception: Reception) -> None:
    """Empty and with figures, their tables opened."""
    await enter(page, reception)
    await page.goto("/staff/overview")
    await look("overview-empty")
    await busy(reception)
    reception.clock.moment += AFRESH
    await page.goto("/staff/overview")
    for summary in await page.locator("summary").all():
        await summary.click()
    await look("overview")
    await page.goto("/staff/statistics")
    await look("statistics")


@ONE
async def test_figures_come_by_themselves(page: Page, reception: Reception, clock: FixedClock) -> None:
    """What is accepted meanwhile shows without a reload, and a table that was opened stays open."""
    scene = await busy(reception)
    await enter(page, reception)
    await page.goto("/staff/overview")
    await expect(page.locator("#today + dl dd").first).to_have_text("3")
    await page.locator("summary").first.click()
    await scene.reading((5503, 2313), status="accepted", code="accepted")
    clock.moment += AFRESH
    await page.evaluate("htmx.trigger('#figures', 'figures')")
    await expect(page.locator("#today + dl dd").first).to_have_text("4")
    await expect(page.locator("#figures details").first).to_have_attribute("open", "")
    await expect(page.locator("#figures details").last).not_to_have_attribute("open", "")
