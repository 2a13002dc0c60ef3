"""The page in headless Chromium, as a visitor uses it."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.demo.running import Demo, running
from core.storage.cases import Filters, count
from tests.bot.legibility import assert_legible
from tests.conftest import FixedClock

pytestmark = pytest.mark.browser

ACCOUNT = "1234567890 12345678"
UNFOLD = "document.querySelectorAll('details').forEach((item) => { item.open = true; })"


async def text(page: Page, words: str) -> None:
    """Type and send, as with a real keyboard."""
    await page.locator("#text").fill(words)
    await page.locator("#text").press("Enter")


async def test_accepted_reading_is_answered_and_counted(page: Page) -> None:
    """The reply comes, bears its size and its ticks, and the drum of accepted readings turns."""
    await expect(page.locator("#accepted .heard")).to_have_text("8")
    await text(page, f"{ACCOUNT} 5778 2542")
    reply = page.locator("#messages .reply")
    await expect(reply.locator(".words")).to_contain_text(
        "Принято: ЛС *7890, ПУ *5678, день 5778, ночь 2542, 300 кВт·ч."
    )
    await expect(reply.locator(".foot")).to_contain_text("12:00")
    await expect(reply.locator(".foot")).to_contain_text("1 SMS")
    await expect(reply.get_by_role("img", name="доставлено")).to_be_visible()
    await expect(page.locator("#messages .mine").get_by_role("img", name="доставлено")).to_be_visible()
    await expect(page.locator("#accepted .heard")).to_have_text("9")
    await expect(page.locator("#outbox .heard")).to_have_text("0")


async def test_too_large_reading_waits_for_yes(page: Page) -> None:
    """The question is counted, the button under it answers ДА, and the reading is accepted."""
    await expect(page.locator("#asked .heard")).to_have_text("1")
    await text(page, f"{ACCOUNT} 8778 2542")
    await expect(page.locator("#messages .reply").last).to_contain_text("ответьте ДА")
    await expect(page.locator("#asked .heard")).to_have_text("2")
    await page.get_by_role("button", name="ДА", exact=True).click()
    await expect(page.locator("#messages .mine").last).to_contain_text("ДА")
    await expect(page.locator("#messages .reply").last).to_contain_text("Принято")
    await expect(page.locator("#asked .heard")).to_have_text("1")
    await expect(page.get_by_role("button", name="ДА", exact=True)).to_be_hidden()
    await expect(page.locator("#text")).to_be_focused()


async def test_impossible_reading_appears_in_the_queue(page: Page, demo: Demo, clock: FixedClock) -> None:
    """A case appears on top of the list without a reload, in plain words and as it was typed."""
    await expect(page.locator("#cases > li")).to_have_count(4)
    await text(page, f"{ACCOUNT} 25778 2542")
    await expect(page.locator("#cases > li")).to_have_count(5)
    case = page.locator("#cases > li").first
    await expect(case).to_contain_text("Расход выше возможного")
    await expect(case).to_contain_text(f"{ACCOUNT} 25778 2542")
    await expect(case.locator(".standing")).to_have_text("ждёт 0 мин")
    await expect(page.locator("#waiting")).to_have_text("ждут решения: 5")
    filters = Filters(kind="physical_limit")
    (found,) = await demo.service.database.read(lambda connection: count(connection, filters, clock.now()))
    assert (found.kind, found.total) == ("physical_limit", 2)


async def test_decision_on_the_command_line_comes_to_the_phone(page: Page, demo: Demo, clock: FixedClock) -> None:
    """A case that is approved in another process is shown as decided, and the subscriber is told."""
    await text(page, f"{ACCOUNT} 25778 2542")
    await expect(page.locator("#cases > li")).to_have_count(5)
    case = page.locator("#cases > li").first
    found = re.search(r"№\s(\w{5})", await case.inner_text())
    assert found is not None
    arguments = ["-m", "bot", "queue", "approve", found[1], "--as", "Иванова", "--config", str(demo.config)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    # The other process goes by the machine's clock, and so must whoever sends what it queued.
    clock.moment = datetime.now(UTC) + timedelta(minutes=1)
    await expect(case.locator(".standing")).to_have_text("принято, Иванова")
    await expect(page.locator("#messages .reply").last).to_contain_text("Оператор проверил и принял")


async def test_end_of_the_demo_is_noticed(tmp_path: Path, clock: FixedClock, browser: Browser) -> None:
    """The page says that the demo cannot be reached, and goes on when it can be again."""
    context = await browser.new_context()
    page = await context.new_page()
    async with running(tmp_path, port=0, clock=clock) as first:
        await page.goto(first.url)
        await page.locator("body[data-ready]").wait_for()
        await expect(page.locator("#offline")).to_be_hidden()
    await expect(page.locator("#offline")).to_contain_text("Нет связи")
    async with running(tmp_path, port=first.port, clock=clock):
        await expect(page.locator("#offline")).to_be_hidden()
    await context.close()


async def test_everything_can_be_done_with_the_keyboard(page: Page) -> None:
    """Skip to the message, send, move to the senders, become a stranger, choose an example, send it."""
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("БАЛАНС")
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages .reply")).to_contain_text("к оплате 1284,50")
    await expect(page.locator("#text")).to_be_focused()
    await page.locator("#screen").focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#number")).to_have_text("+7\u00a0999\u00a0000-33-44")
    await expect(page.locator("#messages > li")).to_have_count(0)
    await page.locator("#own").get_by_role("button", name="Меньше прежних").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#text")).to_have_value(f"{ACCOUNT} 5478 2542")
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages .reply").last).to_contain_text("меньше прежнего показания 5568")


async def test_new_line_does_not_send(page: Page) -> None:
    """Shift and Enter begin a line, for two meters in one message."""
    await page.locator("#text").press("Shift+Enter")
    await page.locator("#text").press_sequentially("1")
    await expect(page.locator("#text")).to_have_value("\n1")
    await expect(page.locator("#messages > li")).to_have_count(0)


async def test_example_takes_its_owners_phone(page: Page) -> None:
    """The balance of another account is asked from its owner's phone."""
    await page.get_by_role("button", name="Переплата").click()
    await expect(page.locator("#other")).to_have_value("+7\u00a0999\u00a0001-00-11")
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages .reply")).to_contain_text("переплата 350,00 руб.")


async def test_wrong_number_is_named_and_the_text_is_kept(page: Page) -> None:
    """Nothing is sent from what is no phone, and nothing typed is lost."""
    await page.locator(".senders label").filter(has_text="Другой").click()
    await page.locator("#other").fill("12345")
    await text(page, "ДА")
    await expect(page.locator("#problem")).to_contain_text("Такого номера телефона нет")
    await expect(page.locator("#text")).to_have_value("ДА")


async def test_subscribers_text_is_only_text(page: Page) -> None:
    """HTML from a subscriber stands in the conversation and in the queue as it was typed."""
    markup = "<img src=x onerror=alert(1)>"
    for _ in range(5):
        await text(page, markup)
        await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#cases .typed").first).to_have_text(markup)
    await expect(page.locator("#messages .words").first).to_have_text(markup)
    await expect(page.locator("main img")).to_have_count(0)


async def test_calendar_of_each_branch_is_told(page: Page, clock: FixedClock) -> None:
    """Both branches take readings at noon; half an hour after Khabarovsk's last midnight only Amur still does."""
    khabarovsk, amur = page.locator("#calendars > li").first, page.locator("#calendars > li").last
    await expect(khabarovsk).to_contain_text("Хабаровск")
    await expect(khabarovsk).to_contain_text("приём с 20 по 25, сегодня 22 ноября: открыт")
    clock.advance(days=3, hours=12, minutes=30)
    await expect(khabarovsk).to_contain_text("00:30")
    await expect(khabarovsk).to_contain_text("сегодня 26 ноября: закрыт, войдёт в расчёт за декабрь")
    await expect(amur).to_contain_text("23:30")
    await expect(amur).to_contain_text("сегодня 25 ноября: открыт")


async def test_english_page(page: Page, demo: Demo) -> None:
    """The switch leads to English words, and back."""
    await page.get_by_role("link", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.locator("#own").get_by_role("button", name="Balance").first.click()
    await page.keyboard.press("Enter")
    await expect(page.locator("#messages .reply").last).to_contain_text("1284,50")
    await expect(page.locator("#cases > li").first).to_contain_text("Register restarted?")
    await page.get_by_role("link", name="Русский").click()
    await expect(page).to_have_url(f"{demo.url}?lang=ru")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_fits_and_is_legible(demo: Demo, browser: Browser, scheme: Any) -> None:
    """At every width nothing sticks out, every control has a name and a size to hit, and all text a contrast of AA."""
    context = await browser.new_context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto(demo.url)
    await page.locator("body[data-ready]").wait_for()
    await text(page, f"{ACCOUNT} 8778 2542")
    await expect(page.locator("#messages .reply")).to_contain_text("ответьте ДА")
    await expect(page.get_by_role("img", name="доставлено")).to_have_count(2)
    await page.evaluate(UNFOLD)
    await assert_legible(page)
    await context.close()


async def test_nothing_jumps_when_a_reply_comes(page: Page) -> None:
    """Phone, message field and queue keep their places while the conversation grows."""
    places = ["#text", "#screen", "#queue-title", "#own", "#vk form"]
    before = [await page.locator(place).bounding_box() for place in places]
    await text(page, f"{ACCOUNT} 8778 2542")
    await expect(page.locator("#messages .reply")).to_contain_text("ответьте ДА")
    assert [await page.locator(place).bounding_box() for place in places] == before
