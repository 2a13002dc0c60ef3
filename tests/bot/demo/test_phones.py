"""The four phones in headless Chromium, as a visitor uses them."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.demo.clock import DemoClock
from bot.demo.running import Demo
from tests.bot.demo.visitor import MESSENGERS, PAIR, from_noon
from tests.bot.legibility import assert_legible

pytestmark = pytest.mark.browser

EACH = pytest.mark.parametrize("messenger", MESSENGERS)
PICTURES = os.environ.get("METERLINE_PICTURES", "")
"""A folder where the pictures of the phones are kept; pytest's own where none is named."""
PICTURE = os.environ.get("METERLINE_PICTURE", "")
"""Where the picture of the README goes, if it should be taken anew."""
SLOWLY = 60_000
"""Milliseconds: Telegram's library takes some seconds to load, the first time."""


@pytest.fixture
def clock() -> DemoClock:
    """The demo's, in place of the fixed one."""
    return from_noon()


def phone(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


def key(page: Page, name: str, label: str) -> Locator:
    """The newest button with this label, under a message or on the keyboard."""
    return phone(page, name).get_by_role("button", name=label, exact=True).last


async def said(page: Page, name: str, words: str) -> None:
    """Wait until the last thing said has these words."""
    await expect(phone(page, name).locator(".reply").last).to_contain_text(words, timeout=SLOWLY)


async def write(page: Page, name: str, words: str) -> None:
    """Type and send, as with a real keyboard."""
    await phone(page, name).locator("textarea").fill(words)
    await phone(page, name).locator("textarea").press("Enter")


async def begin(page: Page, name: str) -> None:
    await key(page, name, "Начать").click()
    await said(page, name, "Здравствуйте")


async def prove(page: Page, name: str) -> None:
    """Go on until a proof is asked for."""
    await begin(page, name)
    await key(page, name, "Мои счета").click()
    await key(page, name, "Привязать счёт").click()
    await key(page, name, "Согласен").click()
    await said(page, name, "номер лицевого счёта")
    await write(page, name, PAIR)
    await said(page, name, "Как подтвердить")


@EACH
async def test_guided_submission(page: Page, messenger: str) -> None:
    """A reading is handed in by pressing and typing, and the drum of accepted readings turns."""
    await expect(page.locator("#accepted .heard")).to_have_text("8")
    await begin(page, messenger)
    await key(page, messenger, "Передать показания").click()
    await said(page, messenger, "номер лицевого счёта")
    await write(page, messenger, PAIR)
    await said(page, messenger, "Показание дня")
    await write(page, messenger, "5778")
    await said(page, messenger, "Показание ночи")
    await write(page, messenger, "2542")
    await said(page, messenger, "Верно?")
    await key(page, messenger, "Да").click()
    await said(page, messenger, "Принято")
    await expect(phone(page, messenger).locator(".mine").last.get_by_role("img", name="доставлено")).to_be_visible()
    await expect(page.locator("#accepted .heard")).to_have_text("9")


@EACH
async def test_linked_by_the_code_on_the_phone_beside(page: Page, messenger: str) -> None:
    """The bill's numbers are put into the messenger by a press, and the code comes to the SMS phone beside it."""
    await begin(page, messenger)
    await key(page, messenger, "Мои счета").click()
    await key(page, messenger, "Привязать счёт").click()
    await key(page, messenger, "Согласен").click()
    await said(page, messenger, "номер лицевого счёта")
    await page.get_by_role("button", name=PAIR, exact=True).click()
    await expect(phone(page, messenger).locator("textarea")).to_have_value(PAIR)
    await page.keyboard.press("Enter")
    await key(page, messenger, "Код по СМС на номер *22").click()
    await said(page, "sms", "для привязки лицевого счёта")
    code = re.search(r"Код (\d+)", await phone(page, "sms").locator(".reply .words").last.inner_text())
    assert code is not None
    await said(page, messenger, "Отправили код")
    await write(page, messenger, code[1])
    await said(page, messenger, "Готово: счёт *7890 привязан")


async def test_keyboards_are_where_the_messenger_has_them(page: Page) -> None:
    """Telegram's menu stands under its message, Viber's and VK's below the field for typing; Telegram's contact too."""
    for messenger in MESSENGERS:
        await prove(page, messenger)
        below = phone(page, messenger).locator(".keyboard").get_by_role("button", name="Код из квитанции")
        await expect(below).to_be_visible()
    await expect(phone(page, "telegram").locator(".screen .key", has_text="Передать показания")).to_have_count(1)
    await expect(phone(page, "viber").locator(".screen .key")).to_have_count(0)
    await expect(phone(page, "vk").locator(".screen .key")).to_have_count(0)
    await key(page, "telegram", "Поделиться номером телефона").click()
    await expect(phone(page, "telegram").locator(".mine").last).to_contain_text("Контакт +7\u00a0999\u00a0000-11-22")
    await said(page, "telegram", "Готово: счёт *7890 привязан")
    await expect(phone(page, "telegram").locator(".keyboard")).to_be_hidden()


@EACH
async def test_blocked_and_let_in_again(page: Page, messenger: str) -> None:
    """A blocked conversation has nothing to type or press but the way back."""
    await begin(page, messenger)
    await key(page, messenger, "Помощь").click()
    await said(page, messenger, "Показания с 20 по 25")
    await key(page, messenger, "Заблокировать").click()
    await expect(phone(page, messenger).locator(".note").last).to_have_text("Вы заблокировали бота")
    await expect(phone(page, messenger).locator("textarea")).to_be_hidden()
    await expect(phone(page, messenger).locator(".keyboard")).to_be_hidden()
    await key(page, messenger, "Разблокировать").click()
    await write(page, messenger, "показания")
    await said(page, messenger, "номер лицевого счёта")


async def test_qr_code_of_the_chosen_bill(page: Page) -> None:
    """A chat that is opened by a bill's QR code says so, and the bill may be anybody's."""
    await page.get_by_label("Чья").select_option(label="Долг")
    await key(page, "telegram", "QR из квитанции").click()
    await expect(phone(page, "telegram").locator(".note")).to_have_text("Чат открыт по QR из квитанции 2700410110")
    await said(page, "telegram", "Согласны?")
    await page.get_by_role("button", name="+7\u00a0999\u00a0001-00-10").click()
    await expect(page.locator("#other")).to_have_value("+7\u00a0999\u00a0001-00-10")


async def test_one_phone_at_a_time_at_390(page: Page) -> None:
    """On a telephone tabs choose the phone; what came to another one is counted on its tab."""
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(phone(page, "sms")).to_be_visible()
    for messenger in MESSENGERS:
        await expect(phone(page, messenger)).to_be_hidden()
    await page.get_by_role("tab", name="SMS").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Telegram")).to_be_focused()
    await expect(phone(page, "sms")).to_be_hidden()
    await prove(page, "telegram")
    await key(page, "telegram", "Код по СМС на номер *22").click()
    await expect(page.locator("#tab-sms .unread")).to_have_text("1")
    await page.get_by_role("tab", name="SMS").click()
    await said(page, "sms", "для привязки лицевого счёта")
    await expect(phone(page, "sms").locator(".reply").last).to_be_in_viewport()
    await page.get_by_role("tab", name="Telegram").click()
    await expect(phone(page, "telegram").locator(".reply").last).to_be_in_viewport()
    await page.get_by_role("tab", name="SMS").click()
    await expect(page.locator("#tab-sms .unread")).to_have_text("")
    await page.reload()
    await expect(phone(page, "sms")).to_be_visible()
    await page.get_by_role("tab", name="SMS").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(phone(page, "vk")).to_be_visible()


async def test_a_chat_with_the_keyboard_only(page: Page) -> None:
    """Start, press a key of the keyboard, and the focus stays where the next key is."""
    await key(page, "vk", "Начать").focus()
    await page.keyboard.press("Enter")
    await said(page, "vk", "Здравствуйте")
    await expect(phone(page, "vk").locator("textarea")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(key(page, "vk", "Передать показания")).to_be_focused()
    await page.keyboard.press("Enter")
    await said(page, "vk", "номер лицевого счёта")
    await expect(phone(page, "vk").locator(".keyboard .key").first).to_be_focused()


async def test_reload_keeps_the_subscribers(page: Page, demo: Demo, browser: Browser) -> None:
    """The same tab goes on with its conversations; another one has subscribers of its own."""
    await begin(page, "viber")
    await page.reload()
    await said(page, "viber", "Здравствуйте")
    other = await browser.new_context()
    fresh = await other.new_page()
    await fresh.goto(demo.url)
    await fresh.locator("body[data-ready]").wait_for()
    await expect(key(fresh, "viber", "Начать")).to_be_visible()
    await other.close()


async def test_what_a_subscriber_writes_is_only_text(page: Page) -> None:
    """HTML that is written into a chat stands there as it was typed."""
    markup = "<img src=x onerror=alert(1)>"
    await begin(page, "vk")
    await write(page, "vk", markup)
    await expect(phone(page, "vk").locator(".mine .words").last).to_have_text(markup)
    await expect(page.locator("main img")).to_have_count(0)


async def test_keys_of_the_sms_phone(page: Page) -> None:
    """The SMS phone can be dialled with its own keys."""
    keypad = page.locator("#keypad button")
    for key_ in ("1", "2", "␣", "0", "7", "⌫"):
        await keypad.filter(has_text=key_).click()
    await expect(page.locator("#text")).to_have_value("12 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_phones_are_legible(demo: Demo, browser: Browser, tmp_path: Path, scheme: Any) -> None:
    """With keyboards, notes and a blocked chat on the screens everything fits, has a name and can be read."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(demo.url)
    await page.locator("body[data-ready]").wait_for()
    folder = Path(PICTURES or tmp_path)
    await write(page, "sms", f"{PAIR} 5778 2542")
    await said(page, "sms", "Принято")
    for messenger in MESSENGERS:
        await prove(page, messenger)
    await page.screenshot(path=folder / f"phones-1280-{scheme}.png", animations="disabled", caret="hide")
    await page.set_viewport_size({"width": 390, "height": 844})
    for name in ("sms", *MESSENGERS):
        await page.locator(f"#tab-{name}").click()
        await page.screenshot(path=folder / f"{name}-390-{scheme}.png", animations="disabled", caret="hide")
        await assert_legible(page)
        await page.set_viewport_size({"width": 390, "height": 844})
    await key(page, "vk", "Заблокировать").click()
    await expect(key(page, "vk", "Разблокировать")).to_be_visible()
    await assert_legible(page)
    await context.close()


async def test_picture(page: Page, tmp_path: Path) -> None:
    """The README's picture, of an account linked by a code and two readings handed in, is light enough for it."""
    await page.set_viewport_size({"width": 1280, "height": 905})
    await prove(page, "telegram")
    await key(page, "telegram", "Код по СМС на номер *22").click()
    await said(page, "sms", "для привязки лицевого счёта")
    code = re.search(r"Код (\d+)", await phone(page, "sms").locator(".reply .words").last.inner_text())
    assert code is not None
    await said(page, "telegram", "Отправили код")
    await write(page, "telegram", code[1])
    await said(page, "telegram", "Готово: счёт *7890 привязан")
    await begin(page, "viber")
    await key(page, "viber", "Передать показания").click()
    await said(page, "viber", "номер лицевого счёта")
    await write(page, "viber", "2700410101 20147701")
    await said(page, "viber", "Какое показание?")
    await write(page, "viber", "18427")
    await said(page, "viber", "Верно?")
    await key(page, "viber", "Да").click()
    await said(page, "viber", "Принято")
    await begin(page, "vk")
    await write(page, "vk", "2700410606 20147706 41350")
    await said(page, "vk", "ответит оператор")
    await expect(phone(page, "sms").get_by_role("img", name="доставлено")).to_be_visible()
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.move(1, 1)
    picture = await page.screenshot(path=PICTURE or tmp_path / "demo.png", animations="disabled", caret="hide")
    assert len(picture) < 400_000
