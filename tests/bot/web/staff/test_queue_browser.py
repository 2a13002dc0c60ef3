"""The queue in headless Chromium: live changes, keys, filters, decisions about many, sessions that end, both widths."""

import re

import pytest
from playwright.async_api import Page, expect

from bot.web.staff import live
from core.domain.staff import Role
from tests.bot.conftest import Running, sms
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.cases import HOUR, desk, doubtful, scene_of, several
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look
from tests.services.moderation.scene import NOW, Scene

pytestmark = pytest.mark.browser
axe, look, page = test_browser.axe, test_browser.look, test_browser.page

ONE = pytest.mark.parametrize("page", ["light"], indirect=True)
"""For what does not depend on colours."""
LINES = "#cases > .case"


async def enter(page: Page, reception: Reception, role: Role = Role.SUPERVISOR, query: str = "?state=open") -> None:
    """Open the queue as irina, and wait until it listens."""
    token = await reception.token(await reception.hire("irina", role, display_name="Ирина П."))
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    async with page.expect_response(lambda answer: "/queue/rows" in answer.url):
        await page.goto(f"/staff/queue{query}")


async def mixed(scene: Scene) -> str:
    """Cases of every sort; returns the reference of the one that oleg holds."""
    held = await doubtful(scene)
    await scene.case(kind="operator", branch="khb", opened_at=NOW - 5 * HOUR, text="Позовите, пожалуйста, человека!")
    await scene.case(kind="undelivered", branch="amur", channel="vk", external_id="77", opened_at=NOW - 40 * HOUR)
    await several(
        scene, 4, text="Не понимаю, куда слать показания: счётчик на лестнице, а ключа от щитка у меня нет " * 2
    )
    await desk(scene).claim(held, "oleg")
    return held


async def test_looks(page: Page, look: Look, reception: Reception) -> None:
    """The list, its help, the empty list, in two languages: legible, without a serious finding, at both widths."""
    await enter(page, reception)
    await look("queue-empty")
    await mixed(await scene_of(reception))
    await page.reload()
    await look("queue-list")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await look("queue-help")
    await page.goto("/staff/account")
    await page.get_by_label("English").check()
    await page.get_by_role("button", name="Сохранить").click()
    await page.goto("/staff/queue?state=open")
    await expect(page.locator("h1")).to_contain_text("Queue")
    await look("queue-english")


async def test_a_case_arrives_without_a_reload(page: Page, look: Look, reception: Reception, running: Running) -> None:
    """It is announced and counted, and the list stays where it is until one asks; claims and decisions are marked."""
    scene = await scene_of(reception)
    await several(scene, 2)
    await enter(page, reception)
    before = await page.locator(LINES).all_inner_texts()
    place = await page.locator(LINES).first.bounding_box()
    assert await running.post(sms(1, "1234567890 12345678 99999 2542")) == 200
    await expect(page.locator("#fresh")).to_contain_text("Новых дел: 1.")
    await expect(page.locator("#ages [data-count=total]")).to_have_text("3")
    await expect(page.locator("#kinds li[data-kind=physical_limit] b")).to_have_text("1")
    assert await page.locator(LINES).all_inner_texts() == before
    assert await page.locator(LINES).first.bounding_box() == place
    await look("queue-arrived")
    await page.get_by_role("button", name="Показать", exact=True).last.click()
    await expect(page.locator(LINES)).to_have_count(3)
    name = await page.locator(LINES).first.get_attribute("data-case")
    assert name is not None
    moderation = desk(scene)
    line = page.locator(f"[data-case='{name}']")
    await moderation.claim(name, "oleg")
    await expect(line.locator(".holder")).to_have_text("занято: oleg")
    await moderation.release(name, "oleg")
    await expect(line.locator(".holder")).to_have_text("")
    await moderation.reject(name, "no", "oleg")
    await expect(line.locator(".holder")).to_contain_text("· oleg")
    await expect(line).to_have_class(re.compile("gone"))
    await look("queue-decided")


@ONE
@pytest.mark.parametrize("layout", ["latin", "russian"])
async def test_keys(page: Page, reception: Reception, layout: str) -> None:
    """J and k move, x selects, / searches, ? helps, o opens, space takes the next; in the Russian layout, too."""
    await several(await scene_of(reception), 3)
    await enter(page, reception)
    russian = {"j": "о", "k": "л", "x": "ч", "o": "щ", "/": ".", "?": ","}
    codes = {"j": "KeyJ", "k": "KeyK", "x": "KeyX", "o": "KeyO", "/": "Slash", "?": "Slash"}

    async def press(key: str) -> None:
        if layout == "latin":
            await page.keyboard.press(key)
            return
        init = {"key": russian[key], "code": codes[key], "shiftKey": key == "?", "bubbles": True, "cancelable": True}
        await page.evaluate("init => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', init))", init)

    lines = page.locator(LINES)
    for key, focused in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        await press(key)
        await expect(lines.nth(focused).locator(".ref")).to_be_focused()
    await press("x")
    await expect(page.locator("#chosen")).to_have_text("(1)")
    await expect(lines.nth(1).locator("input")).to_be_checked()
    await press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.keyboard.type("jx")
    await expect(page.locator("#search")).to_have_value("jx")
    await page.keyboard.press("Escape")
    await press("j")
    name = await lines.first.get_attribute("data-case")
    await press("o")
    await page.wait_for_url(f"**/staff/case/{name}")
    await page.goto("/staff/queue?state=open")
    await page.keyboard.press(" ")
    await page.wait_for_url(f"**/staff/case/{name}")


@ONE
async def test_filters_and_more(page: Page, reception: Reception) -> None:
    """Chosen from the form, kept for the next time, reset; more lines come in below without a new page."""
    scene = await scene_of(reception)
    await several(scene, 60)
    await scene.case(kind="photo", branch="amur", text="снимок")
    await enter(page, reception)
    await page.get_by_role("link", name="Показать ещё").click()
    await expect(page.locator(LINES)).to_have_count(61)
    await page.locator("#by-kind").select_option("photo")
    await page.locator("#filters").get_by_role("button", name="Показать", exact=True).click()
    await expect(page.locator(LINES)).to_have_count(1)
    await page.get_by_role("button", name="Начинать с этого").click()
    await expect(page.locator(".done")).to_contain_text("Запомнено")
    await page.goto("/staff/queue")
    await expect(page.locator(LINES)).to_have_count(1)
    await page.get_by_role("link", name="Сбросить").click()
    await expect(page.locator(LINES)).to_have_count(50)
    await page.locator("#search").fill("снимок")
    await page.keyboard.press("Enter")
    await expect(page.locator(LINES)).to_have_count(1)


async def test_many_at_once_and_back(page: Page, look: Look, reception: Reception) -> None:
    """Two chosen, looked at, decided, with a countdown; and undone."""
    scene = await scene_of(reception)
    await several(scene, 3)
    await enter(page, reception)
    for number in (0, 1):
        await page.locator(LINES).nth(number).locator("input").check()
    await expect(page.locator("#chosen")).to_have_text("(2)")
    await page.get_by_role("button", name="Решить выбранные").click()
    await page.get_by_label("ответить и закрыть").check()
    await page.get_by_label("Свои слова").fill("Позвоните нам, пожалуйста.")
    await page.get_by_role("button", name="Посмотреть, что выйдет").click()
    await expect(page.locator(".lines q")).to_have_count(2)
    await look("queue-bulk")
    await page.locator(".apply button").click()
    await expect(page.locator("#undo")).to_contain_text("Решено разом: 2")
    await expect(page.locator(LINES)).to_have_count(1)
    await expect(page.locator("#undo .left")).not_to_have_text("60")
    await look("queue-undo")
    await page.get_by_role("button", name="Отменить").click()
    await expect(page.locator(".done")).to_contain_text("Отменено")
    await expect(page.locator(LINES)).to_have_count(3)


@ONE
async def test_session_that_ends_while_the_list_is_open(
    page: Page, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list leads to the sign-in by itself, and from there back to its filters."""
    monkeypatch.setattr(live, "CHECK", 0.1)
    await several(await scene_of(reception), 2)
    await enter(page, reception, query="?state=free&kind=hand_over")
    reception.clock.advance(minutes=31)
    await page.wait_for_url("**/staff/sign-in?next=*")
    await expect(page.locator("input[name=next]")).to_have_value("/staff/queue?state=free&kind=hand_over")


@ONE
async def test_without_javascript(reception: Reception, page: Page) -> None:
    """Everything but keys and live changes works: choosing, deciding, more, the next case."""
    assert page.context.browser is not None
    await several(await scene_of(reception), 60)
    context = await page.context.browser.new_context(base_url=reception.url, java_script_enabled=False, locale="ru-RU")
    plain = await context.new_page()
    token = await reception.token(await reception.hire("irina", Role.SUPERVISOR))
    await context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await plain.goto("/staff/queue?state=open")
    await plain.get_by_role("link", name="Показать ещё").click()
    await expect(plain.locator(LINES)).to_have_count(10)
    await plain.locator(LINES).first.locator("input").check()
    await plain.get_by_role("button", name="Решить выбранные").click()
    await plain.get_by_label("закрыть без ответа").check()
    await plain.get_by_role("button", name="Посмотреть, что выйдет").click()
    await plain.locator(".apply button").click()
    await expect(plain.locator("h1 .found")).to_have_text("59")
    await context.close()
