"""What goes wrong around the next case in headless Chromium: impatience, lines that break, words that must not go."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
from playwright.async_api import Page, Request, Route, expect

from core.storage import tables
from core.storage.staff import by_name
from tests.bot.web.staff import test_ahead_browser
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_ahead import Line
from tests.bot.web.staff.test_ahead_browser import begin, listens

pytestmark = pytest.mark.browser
page, line = test_ahead_browser.page, test_ahead_browser.line

SENDS = {
    "keys": "document.activeElement.dispatchEvent("
    "new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true}));",
    "button": "(([part]) => part.querySelector('form').requestSubmit())(document.querySelectorAll('.act[open]'));",
}
TORN = """(() => {
    const text = Response.prototype.text;
    Response.prototype.text = function () {
        return this.url.endsWith("/decide") ? Promise.reject(new TypeError("network error")) : text.call(this);
    };
})()"""


@pytest.fixture(autouse=True)
async def sound(page: Page) -> AsyncIterator[None]:
    """No script may fail."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield
    assert failures == []


def decisions(page: Page) -> list[Request]:
    """What the page sends from now on to decide, and not to look what would come of it."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/decide") and "preview" not in (request.post_data or ""):
            sent.append(request)

    page.on("request", note)
    return sent


async def let_go(line: Line) -> None:
    """Wait until nobody holds the case that was loaded."""
    async with asyncio.timeout(10):
        for _ in count():
            if not (await line.case(1)).claimed_by:
                return
            await asyncio.sleep(0.02)


async def test_the_skip_link_leads_to_the_contents(page: Page, line: Line) -> None:
    """And not to a page that is loaded anew: a step inside the page is no way back."""
    await page.evaluate("addEventListener('popstate', () => { window.steps = (window.steps || 0) + 1; })")
    await page.evaluate("document.querySelector('.skip').click()")
    await page.wait_for_function("window.steps === 1")
    await page.go_back()
    await page.wait_for_function("window.steps === 2")
    await begin(page)
    assert await page.evaluate("window.steps") == 2


async def test_leaving_keeps_the_list(page: Page, line: Line) -> None:
    """The filters of the list last looked at stand: letting the loaded case go is nothing that he looks at."""
    await page.goto("/staff/queue?kind=hand_over")
    await page.goto(f"/staff/case/{line.refs[0]}")
    await listens(page)
    await begin(page)
    await page.goto(f"/staff/case/{line.refs[5]}")
    await let_go(line)
    await page.goto(f"/staff/case/{line.refs[6]}")
    (kept,) = [cookie["value"] for cookie in await page.context.cookies() if cookie["name"] == "staff-line"]
    assert "kind=hand_over" in kept


async def test_the_loaded_case_opened_by_hand_is_held(page: Page, line: Line) -> None:
    """Its page says that it is his, and it is."""
    await begin(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    await expect(page.locator("#holder")).to_contain_text("Дело у Вас")
    await page.reload()
    await expect(page.locator("#holder")).to_contain_text("Дело у Вас")
    assert (await line.case(1)).claimed_by == "irina_p"


@pytest.mark.parametrize("by", SENDS)
async def test_pressed_twice(page: Page, line: Line, by: str) -> None:
    """One decision, one next case, and the way back."""
    await begin(page)
    sent = decisions(page)
    await page.evaluate(SENDS[by] * 2)
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    await expect(page.locator("#undo")).to_contain_text(line.refs[0])
    await listens(page)
    assert len(sent) == 1


async def test_a_note_pressed_twice(page: Page, line: Line) -> None:
    """Stands there once."""
    await begin(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.locator("#note-text").fill("звонила")
    sent = decisions(page)
    await page.evaluate(SENDS["keys"] * 2)
    await expect(page.get_by_role("status").first).to_have_text("Заметка сохранена.")
    await let_go(line)
    assert len(sent) == 1


async def test_a_line_that_breaks_in_the_middle_of_the_answer(page: Page, line: Line) -> None:
    """The decision is taken; the browser asks the plain way what has become of it."""
    await begin(page)
    await page.evaluate(TORN)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    assert (await line.case(0)).decision == "closed"


async def hang(_: Route) -> None:
    """Never answer."""


async def elsewhere(route: Route) -> None:
    """Answer as a session that has ended does, in the end: with the page to sign in."""
    await route.fulfill(status=200, content_type="text/html", body="<h1>Вход</h1>")


@pytest.mark.parametrize("answer", [hang, elsewhere])
async def test_no_next_case_holds_nothing_up(page: Page, line: Line, answer: object) -> None:
    """The decision goes without it."""
    await page.route("**/ahead", answer)  # type: ignore[arg-type] - one of the two above
    await page.keyboard.press("x")
    await expect(page.locator("#close-text")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])


async def moved(_: Page, line: Line) -> None:
    """The case has changed meanwhile."""
    await line.scene.database.write(
        lambda connection: connection.execute(tables.case.update().values(version=tables.case.c.version + 1))
    )


async def down(page: Page, _: Line) -> None:
    """The database is."""

    async def refuse(route: Route) -> None:
        if "preview" in (route.request.post_data or ""):
            await route.continue_()
            return
        await route.fulfill(status=503, content_type="text/html", body='<p id="problem">Попробуйте позже</p>')

    await page.route("**/decide", refuse)


@pytest.mark.parametrize("trouble", [moved, down])
async def test_words_outlast_a_refusal(page: Page, line: Line, trouble: object) -> None:
    """In a case that came after a decision: when the page is loaded anew, what was typed is there, in all forms."""
    await begin(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("h1")).to_contain_text(line.refs[1])
    await page.keyboard.press("e")
    await page.locator("#reply-text").fill("ответ")
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await page.locator("#close-text").fill("слова")
    await trouble(page, line)  # type: ignore[operator] - one of the two above
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#problem")).to_be_visible()
    await page.reload()
    await expect(page.locator("#close-text")).to_have_value("слова")
    await expect(page.locator("#reply-text")).to_have_value("ответ")


@pytest.mark.parametrize("act", ["help", "claim", "reveal"])
async def test_what_is_no_decision_lets_it_go(page: Page, line: Line, act: str) -> None:
    """A page that is loaded anew has no next case any more; and whoever has read the help may leave, too."""
    await begin(page)
    await page.keyboard.press("Escape")
    if act == "help":
        await page.keyboard.press("?")
        await page.locator("#help button").click()
        await page.goto(f"/staff/case/{line.refs[5]}")
    elif act == "claim":
        await page.keyboard.press("t")
        await expect(page.locator("#release")).to_be_visible()
    else:
        await page.locator("form[action$=reveal] button").click()
        await expect(page.locator("form[action$=reveal]")).to_have_count(0)
    await let_go(line)


async def test_words_outlast_a_session(page: Page, line: Line, reception: Reception) -> None:
    """It ends before they are sent: after signing in they are there again."""
    await begin(page)
    await page.locator("#close-text").fill("слова")
    reception.clock.advance(minutes=30)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/staff/sign-in*")
    found = await reception.database.read(lambda connection: by_name(connection, "irina_p"))
    assert found is not None
    again = {"name": "staff", "value": await reception.token(found.member), "url": reception.url}
    await page.context.add_cookies([again])
    await page.goto(f"/staff/case/{line.refs[0]}")
    await expect(page.locator("#close-text")).to_have_value("слова")
    assert (await line.case(0)).closed_at is None
