"""The part of one's own account about the staff chat, as a person sees it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from core.domain.staff import Role
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look, axe, look, page

__all__ = ["axe", "look", "page"]

pytestmark = pytest.mark.browser


@pytest.fixture
def config(config: Path) -> Path:
    """With a staff chat, whose messenger is away."""
    text = config.read_text(encoding="utf-8")
    chat = """
[channels.telegram]
enabled = true
token = "1234567890:AA-of-no-bot"
webhook_secret = "a-secret-of-the-webhook"
api_base = "http://127.0.0.1:9"
[staff_chat]
enabled = true
chat = "-1001234567890"
[[branch]]"""
    config.write_text(text.replace("[[branch]]", chat.lstrip("\n"), 1), encoding="utf-8")
    return config


async def test_a_code_is_shown(page: Page, look: Look, reception: Reception) -> None:
    """The account says that nothing is linked; a button shows a code, once; both pages are legible at each width."""
    token = await reception.token(await reception.hire("irina", Role.MODERATOR))
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto("/staff/account")
    await look("account-chat")
    await page.get_by_role("button", name="Привязать").click()
    await expect(page.locator("main code")).to_contain_text("/link ")
    await look("chat-code")
    await page.get_by_role("link", name="К профилю").click()
    await expect(page).to_have_url(f"{reception.url}/staff/account")
