"""The page of a case in headless Chromium: keys, live preview, undo, races, sessions that end, both widths."""

import pytest
from playwright.async_api import Browser, Page, expect

from bot.web.staff import live
from core.domain.staff import Role
from core.storage.staff import by_name
from tests.bot.web.staff import test_browser
from tests.bot.web.staff.cases import HOUR, desk, doubtful, scene_of
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look
from tests.services.moderation.scene import NOW, Scene

pytestmark = pytest.mark.browser
axe, look, page = test_browser.axe, test_browser.look, test_browser.page


async def enter(
    page: Page, reception: Reception, ref: str, name: str = "irina", role: Role = Role.SUPERVISOR, **columns: str
) -> None:
    """Open the case, and wait until the page listens."""
    token = await reception.token(await reception.hire(name, role, display_name="Ирина П.", **columns))
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto(f"/staff/case/{ref}")
    await expect(page.locator("#case")).to_have_attribute("data-listens", "1")


async def full(scene: Scene) -> str:
    """A case with a past, a conversation, and others of the same account; the last figure is doubled."""
    for month in range(1, 10):
        await scene.reading(
            (5466 - 210 * (10 - month), 2301 - 90 * (10 - month)),
            status="exported",
            period=202600 + month + 1,
            ago=(11 - month) * 30 * 24 * HOUR,
        )
    key = await scene.event("1234567890 12345678 57780 2542")
    await scene.answer(key, "Записали: счётчик *5678, день 57780, ночь 2542. Показания проверит оператор.")
    ref = await doubtful(scene, (57780, 2542), event_key=key)
    await doubtful(scene, (5700, 2400), kind="unconfirmed")
    return ref


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_looks(page: Page, look: Look, reception: Reception, language: str) -> None:
    """Claimed, with a form and its preview open, and revealed: legible at both widths, no serious finding."""
    ref = await full(await scene_of(reception))
    await enter(page, reception, ref, language=language)
    await page.keyboard.press("t")
    await expect(page.locator("#release")).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.locator("#act-correct blockquote")).to_contain_text("5778")
    await look(f"case-correct-{language}")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await look(f"case-help-{language}")


@pytest.mark.parametrize("layout", ["latin", "russian"])
async def test_correct_and_undo_by_key(page: Page, look: Look, reception: Reception, layout: str) -> None:
    """C opens the correction, the preview follows the typing, Enter sends; the next case opens, and z takes it back."""
    scene = await scene_of(reception)
    ref = await doubtful(scene, (57780, 2542))
    following = await scene.case(kind="undelivered", branch="khb", opened_at=NOW - HOUR)
    await enter(page, reception, ref)
    if layout == "latin":
        await page.keyboard.press("c")
    else:
        init = "{key: 'с', code: 'KeyC', bubbles: true, cancelable: true}"
        await page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {init}))")
    await expect(page.locator("#t1")).to_be_focused()
    await page.locator("#t1").fill("5779")
    await expect(page.locator("#act-correct blockquote")).to_contain_text("день 5779, ночь 2542")
    assert await scene.messages() == []
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text(following)
    await expect(page.locator("#undo")).to_contain_text("исправлено")
    await look("case-next")
    assert (await desk(scene).picture(ref)).case.decision == "corrected"
    await page.keyboard.press("z")
    await expect(page.locator("[role=status]").first).to_contain_text("Отменено")
    assert (await desk(scene).picture(ref)).case.state == "open"
    assert await scene.messages() == []


async def test_approve_by_keys_and_nothing_while_typing(page: Page, reception: Reception) -> None:
    """Letters in a field are letters, a note that was sent is not there again; a and Enter approve."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await enter(page, reception, ref)
    await page.keyboard.press("n")
    await page.keyboard.type("acrx zt")
    await expect(page.locator("#note-text")).to_have_value("acrx zt")
    await page.locator("#act-note .send").click()
    await expect(page.get_by_role("status").first).to_have_text("Заметка сохранена.")
    await expect(page.locator("#note-text")).to_have_value("")
    await page.keyboard.press("a")
    await expect(page.locator("#act-approve blockquote")).to_contain_text("принял")
    await page.keyboard.press("Enter")
    await expect(page.locator("#undo")).to_contain_text("принято")
    assert (await desk(scene).picture(ref)).case.decision == "approved"


async def test_two_at_one_case(page: Page, look: Look, reception: Reception, browser: Browser) -> None:
    """One wins; the other reads who and when without a reload, cannot send, and keeps his words."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await enter(page, reception, ref)
    await page.keyboard.press("r")
    await page.locator("#reject-text").fill("пришлите снимок")
    context = await browser.new_context(base_url=reception.url, locale="ru-RU")
    other = await context.new_page()
    await enter(other, reception, ref, "oleg")
    await other.keyboard.press("a")
    await other.keyboard.press("Enter")
    await expect(page.locator("#live")).to_contain_text("Решено: oleg, 12:00, принято")
    await expect(page.locator("#act-reject .send")).to_be_disabled()
    await expect(page.locator("#reject-text")).to_have_value("пришлите снимок")
    await look("case-lost")
    await context.close()


async def test_session_that_ends_while_typing(
    page: Page, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so and leads nowhere; after signing in, what was typed is back."""
    monkeypatch.setattr(live, "CHECK", 0.1)
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await enter(page, reception, ref)
    await page.keyboard.press("n")
    await page.locator("#note-text").fill("звонила вчера")
    reception.clock.advance(minutes=30)
    await expect(page.locator("#live")).to_contain_text("Вы вышли из системы")
    await expect(page.locator("#note-text")).to_have_value("звонила вчера")
    found = await reception.database.read(lambda connection: by_name(connection, "irina"))
    assert found is not None
    again = await reception.token(found.member)
    await page.context.add_cookies([{"name": "staff", "value": again, "url": reception.url}])
    await page.goto(f"/staff/case/{ref}")
    await expect(page.locator("#note-text")).to_have_value("звонила вчера")


async def test_without_script(look: Look, reception: Reception, browser: Browser) -> None:
    """The forms work alone: preview first, then the decision, and the undo."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    context = await browser.new_context(base_url=reception.url, locale="ru-RU", java_script_enabled=False)
    page = await context.new_page()
    token = await reception.token(await reception.hire("irina", Role.MODERATOR))
    await context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto(f"/staff/case/{ref}")
    await page.locator("#act-reject summary").click()
    await page.locator("#reject-text").fill("пришлите снимок")
    await page.locator("#act-reject .preview").click()
    await expect(page.locator("#act-reject blockquote")).to_contain_text("Пришлите снимок")
    await expect(page.locator("#reject-text")).to_have_value("пришлите снимок")
    await page.locator("#act-reject .send").click()
    await page.locator("#undo button").click()
    await expect(page.locator("[role=status]").first).to_contain_text("Отменено")
    assert (await desk(scene).picture(ref)).case.state == "open"
    await context.close()


@pytest.mark.parametrize("page", ["light"], indirect=True)
async def test_out_of_a_form_and_on(page: Page, reception: Reception) -> None:
    """Escape leaves a form, and space then takes the next case instead of opening the form again."""
    scene = await scene_of(reception)
    ref = await doubtful(scene, (57780, 2542))
    following = await scene.case(kind="undelivered", branch="khb", opened_at=NOW - HOUR)
    await enter(page, reception, ref)
    await page.keyboard.press("t")
    await expect(page.locator("#release")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.locator("#act-reject")).to_have_attribute("open", "")
    await page.keyboard.press("Escape")
    await expect(page.locator("#act-reject")).not_to_have_attribute("open", "")
    await page.keyboard.press(" ")
    await expect(page.locator("h1")).to_contain_text(following)


@pytest.mark.parametrize("page", ["light"], indirect=True)
async def test_sent_from_a_field_of_several_lines(page: Page, reception: Reception) -> None:
    """Enter is a new line there; with Ctrl it sends."""
    scene = await scene_of(reception)
    ref = await scene.case(kind="operator", branch="khb", opened_at=NOW - HOUR, text="Перезвоните")
    await enter(page, reception, ref)
    await page.keyboard.press("x")
    await expect(page.locator("#act-close textarea")).to_be_focused()
    await page.keyboard.type("перезвонили")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#undo")).to_be_visible()
    found = (await desk(scene).picture(ref)).case
    assert (found.state, found.decided_by) == ("closed", "irina")
