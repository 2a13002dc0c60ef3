"""Readings entered by keyboard alone, in headless Chromium; sessions that end, and connections that break."""

import pytest
from playwright.async_api import Page, Route, expect

from core.domain.staff import Role
from core.storage import tables
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.cases import scene_of
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look
from tests.bot.web.staff.test_entry import ACCOUNT, METER
from tests.bot.web.staff.test_queue_browser import ONE
from tests.services.moderation.scene import Scene

pytestmark = pytest.mark.browser
axe, look, page = test_browser.axe, test_browser.look, test_browser.page
ROWS = "#rows > tr"


async def begin(page: Page, reception: Reception, path: str = "entry", name: str = "irina") -> Scene:
    scene = await scene_of(reception)
    await sign_in(page, reception, name)
    await page.goto(f"/staff/{path}")
    return scene


async def sign_in(page: Page, reception: Reception, name: str) -> None:
    token = await reception.token(await reception.hire(name, Role.OPERATOR, display_name="Ирина П."))
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])


async def test_a_call(page: Page, look: Look, reception: Reception) -> None:
    """Account, Enter, values, Enter: what would become of them shows meanwhile, and then the next account is asked."""
    scene = await begin(page, reception)
    await look("entry-empty")
    await page.keyboard.type(ACCOUNT)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("день")).to_be_focused()
    await page.keyboard.type("8900")
    await page.keyboard.press("Tab")
    await page.keyboard.type("2542")
    await expect(page.locator(".rehearsal")).to_contain_text("Сомнительно: необычно большой расход")
    await look("entry-rehearsal")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Переспросите")
    assert await scene.rows(tables.reading) == []
    await look("entry-doubtful")
    await page.get_by_role("button", name="Верно, записать").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Принято №")
    await expect(page.get_by_label("Лицевой счёт")).to_be_focused()
    await look("entry-stored")
    assert [row["t1"] for row in await scene.rows(tables.reading)] == [8900]


async def test_twenty_slips(page: Page, look: Look, reception: Reception) -> None:
    """A line and Enter, again and again; a refused one is mended in place, a doubtful one confirmed."""
    scene = await begin(page, reception, "entry/lines")
    for number in range(20):
        await scene.with_meter(f"20{number:02}")
    await page.keyboard.type("2000 - 5000 2542\n2001 - 8900 2542\n")
    for number in range(2, 20):
        await page.keyboard.type(f"20{number:02} {METER} {5600 + number} 2400\n")
    await expect(page.locator("#tally")).to_have_text("записано 18 · не записано 2")
    await look("entry-lines")
    await page.locator(ROWS).last.get_by_role("button", name="Исправить").press("Enter")
    await expect(page.locator("#lines")).to_have_value("2000 - 5000 2542")
    await page.locator("#lines").fill("2000 - 5600 2542")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Верно, записать").press("Enter")
    await expect(page.locator("#tally")).to_have_text("записано 20 · не записано 0")
    assert len(await scene.rows(tables.reading)) == 20


@ONE
async def test_nothing_typed_is_lost(page: Page, reception: Reception) -> None:
    """The session ends, the connection breaks: the line stays, and is sent again without being stored twice."""
    scene = await begin(page, reception, "entry/lines")
    await page.context.clear_cookies()
    await page.keyboard.type(f"{ACCOUNT} - 5778 2542\n")
    await expect(page.locator(ROWS)).to_contain_text("Сеанс закончился")
    await sign_in(page, reception, "oleg")

    async def lose(route: Route) -> None:
        """It arrives, and its answer does not."""
        if route.request.method == "POST":
            await route.fetch()
            await route.fulfill(status=503)
        else:
            await route.continue_()

    await page.route("**/staff/entry/lines", lose)
    await page.get_by_role("button", name="Отправить снова").press("Enter")
    await expect(page.locator(ROWS)).to_contain_text("Нет связи")
    assert len(await scene.rows(tables.reading)) == 1
    await page.unroute("**/staff/entry/lines")
    await page.get_by_role("button", name="Отправить снова").press("Enter")
    await expect(page.locator(ROWS)).to_contain_text("Уже есть")
    assert len(await scene.rows(tables.reading)) == 1


@ONE
async def test_a_pasted_stack_goes_in_order(page: Page, reception: Reception) -> None:
    """Lines of a spreadsheet, sent by Enter one after another: the last of one account wins."""
    scene = await begin(page, reception, "entry/lines")
    await page.locator("#lines").fill("".join(f"{ACCOUNT}\t\t{5700 + number}\t2542\n" for number in range(5)))
    await page.locator("#lines").press("Enter")
    await expect(page.locator(ROWS)).to_have_count(5)
    await expect(page.locator("#tally")).to_have_text("записано 5 · не записано 0")
    rows = {row["t1"]: row["status"] for row in await scene.rows(tables.reading)}
    assert rows == {5700: "superseded", 5701: "superseded", 5702: "superseded", 5703: "superseded", 5704: "accepted"}
