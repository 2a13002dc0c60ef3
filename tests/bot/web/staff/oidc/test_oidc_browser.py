"""Signing in by an issuer in headless Chromium, whose own rules about forms, cookies and redirections hold."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from core.domain.staff import Role
from tests.bot.oidc.emulator import Fault, Issuer
from tests.bot.web.staff.conftest import Reception
from tests.bot.web.staff.test_browser import Look, axe, fill, look, page
from tests.services.staff.desk import PASSWORD

pytestmark = pytest.mark.browser

__all__ = ["axe", "look", "page"]


@pytest.fixture
def section() -> dict[str, object]:
    return {"label": "Keycloak"}


async def test_there_and_back(page: Page, look: Look, reception: Reception, issuer: Issuer) -> None:
    """From the page one came for, by the button and the issuer's own form, to that page; and again without a form."""
    await reception.hire(display_name="Иванова А. П.", role=Role.SUPERVISOR)
    issuer.login = ""
    await page.goto("/staff/account")
    await look("sign-in-oidc")
    await page.get_by_role("link", name="Войти через Keycloak").click()
    await expect(page.locator("h1")).to_have_text("Issuer")
    await fill(page, login="ivanova")
    await expect(page).to_have_url(f"{reception.url}/staff/account")
    await expect(page.locator("h1")).to_have_text("Мой профиль")
    await page.get_by_role("button", name="Выйти", exact=True).click()
    issuer.login = "ivanova"
    await page.get_by_role("link", name="Войти через Keycloak").click()
    await expect(page.locator("h1")).to_have_text("Здравствуйте, Иванова А. П.")
    cookies = {cookie["name"] for cookie in await page.context.cookies()}
    assert cookies == {"staff", "staff-device"}


async def test_refused_and_then_by_password(
    page: Page,
    look: Look,
    reception: Reception,
    issuer: Issuer,
) -> None:
    """Whatever the issuer does, the page says it in plain words, and its form for the password works."""
    await reception.hire(password=PASSWORD, role=Role.SUPERVISOR)
    pages: list[tuple[Any, str, str]] = [
        (Fault.FORGED, "distrusted", "нельзя доверять"),
        (Fault.DENIED, "denied", "отменили вход"),
        (Fault.NO_DOCUMENT, "down", "сейчас не отвечает"),
    ]
    for fault, name, words in pages:
        issuer.faults = {fault}
        reception.clock.advance(hours=1)
        await page.goto("/staff/sign-in?next=/staff/account")
        await page.get_by_role("link", name="Войти через Keycloak").click()
        await expect(page.get_by_role("alert")).to_contain_text(words)
        await look(f"oidc-{name}")
    await fill(page, name="ivanova", password=PASSWORD)
    await expect(page).to_have_url(re.compile("/staff/second-factor"))
