"""The next case in headless Chromium: on the screen without being asked for, and let go when he leaves."""

import pytest
from playwright.async_api import Page, Request, expect

from bot.web.staff.ahead import FEW
from core.domain.staff import Role
from core.services.moderation import Close
from core.storage import tables
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.cases import desk
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_ahead import Line, line_of
from tests.bot.web.staff.test_browser import Look

pytestmark = pytest.mark.browser
axe, look, page = test_browser.axe, test_browser.look, test_browser.page


@pytest.fixture
async def line(page: Page, reception: Reception) -> Line:
    """A moderator at the first of many cases; a case is called by its reference."""
    made = await line_of(reception, FEW + 6, name="anna", role=Role.SUPERVISOR)
    token = await reception.token(await reception.hire("irina_p", Role.MODERATOR, display_name="Ирина П."))
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto(f"/staff/case/{made.refs[0]}")
    await listens(page)
    return made


async def listens(page: Page) -> None:
    await expect(page.locator("#case")).to_have_attribute("data-listens", "1")


async def begin(page: Page) -> None:
    """Begin a decision, and wait until the next case is there."""
    async with page.expect_response(lambda answer: answer.url.endswith("/ahead")):
        await page.keyboard.press("x")
    await expect(page.locator("#close-text")).to_be_focused()


async def test_it_is_there_without_being_asked_for(page: Page, look: Look, line: Line) -> None:
    """After the decision no page is fetched; keys, the way back and the address are the next case's, every time."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.is_navigation_request() else None)
    for number in (1, 2, 3):
        await begin(page)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("h1")).to_contain_text(line.refs[number])
        await expect(page.locator("#undo")).to_contain_text(line.refs[number - 1])
        await expect(page.locator("#holder")).to_have_text("Дело у Вас до 12:15")
        await listens(page)
    assert asked == []
    assert (await line.case(3)).long_reference in page.url
    await look("case-ahead")
    await page.keyboard.press("z")
    await expect(page.get_by_role("status")).to_be_visible()
    assert (await line.case(2)).closed_at is None
    decided = [row["what"] for row in await line.scene.rows(tables.audit)].count("closed")
    assert decided == 3


async def test_back_leads_to_what_was_decided(page: Page, line: Line) -> None:
    """As in any browser; the page is fetched then, for it has changed."""
    await begin(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    await page.go_back()
    await expect(page.locator("h1")).to_contain_text(line.refs[0])
    await expect(page.locator("#decide")).to_have_count(0)


@pytest.mark.parametrize("way", ["Escape", "link"])
async def test_it_is_let_go(page: Page, line: Line, way: str) -> None:
    """Whoever leaves without deciding holds nothing."""
    await begin(page)
    assert (await line.case(1)).claimed_by == "irina_p"
    await page.keyboard.press("Escape")
    if way == "Escape":
        await page.keyboard.press("Escape")
    else:
        await page.locator("#list").click()
    row = page.locator(f"[data-case='{(await line.case(1)).long_reference}']")
    # The list follows what colleagues do, and so does it this.
    await expect(row).to_have_attribute("data-holder", "")
    assert (await line.case(1)).claimed_by == ""


async def test_a_colleague_may_have_been_faster(page: Page, line: Line) -> None:
    """The page says by whom it is decided; what is ready stays so, and space leads to it."""
    await begin(page)
    await page.locator("#close-text").fill("слова")
    await page.evaluate("document.getElementById('case').dataset.state = 'closed'")
    await desk(line.scene).decide(line.refs[0], Close(moderator="oleg", note=""), override=True)
    await page.locator("#close-text").focus()
    await page.evaluate(
        "document.querySelector('#act-close form').requestSubmit(document.querySelector('#act-close .send'))"
    )
    await expect(page.locator("#problem")).to_contain_text("oleg")
    await page.locator("h1").click()
    await page.keyboard.press("Space")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    assert (await line.case(1)).claimed_by == "irina_p"
