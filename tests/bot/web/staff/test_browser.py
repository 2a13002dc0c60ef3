"""The staff's pages in headless Chromium: signing in as people do, at both widths, in both colours."""

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from bot import assembly
from core.domain.staff import Role
from tests.bot.legibility import assert_legible
from tests.bot.web.staff.conftest import Reception
from tests.conftest import FixedClock
from tests.services.staff.desk import PASSWORD

pytestmark = pytest.mark.browser

PICTURES = os.environ.get("METERLINE_PICTURES", "")
"""A folder for pictures of every page, where somebody wants to look at them."""
NEW = "eighteen wet horses"
AXE = "4.14.1"
REFUSED = re.compile(r"status of (4\d\d|503)|Response Status Error Code 4\d\d")
"""The browser and htmx note every refusal that they get, in these words; people see it on the page."""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's script, from npm's registry by its own client; the tests pass it by where there is none."""
    npm = shutil.which("npm")
    if npm is None:
        return ""
    folder = tmp_path_factory.mktemp("axe")
    packed = subprocess.run([npm, "pack", f"axe-core@{AXE}"], cwd=folder, capture_output=True, timeout=60, check=False)  # noqa: S603 - npm itself
    if packed.returncode:
        return ""
    with tarfile.open(folder / f"axe-core-{AXE}.tgz") as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


@pytest.fixture(params=[pytest.param(scheme, id=scheme) for scheme in ("light", "dark")])
async def page(request: pytest.FixtureRequest, reception: Reception, browser: Browser) -> AsyncIterator[Page]:
    """A window; a test fails for anything that the console complains about."""
    complaints: list[str] = []
    context = await browser.new_context(base_url=reception.url, color_scheme=request.param, locale="ru-RU")
    page = await context.new_page()
    page.on("console", lambda said: None if REFUSED.search(said.text) else complaints.append(said.text))
    yield page
    await context.close()
    assert complaints == []


class Look:
    """Measures a page at every width, asks axe-core, and takes pictures where they are wanted."""

    def __init__(self, page: Page, axe: str, scheme: str, prefix: str = "staff-") -> None:
        self.page = page
        self.prefix = prefix
        self.axe = axe
        self.scheme = scheme

    async def __call__(self, name: str) -> None:
        await assert_legible(self.page)
        for width, height in ((390, 844), (1280, 800)):
            await self.page.set_viewport_size({"width": width, "height": height})
            assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            if PICTURES:
                path = Path(PICTURES) / f"{self.prefix}{name}-{width}-{self.scheme}.png"
                # Hiding the caret would put a style on each field, which htmx then takes over and the policy refuses.
                await self.page.screenshot(path=path, full_page=True, caret="initial")
            if self.axe:
                assert await self._findings() == []

    async def _findings(self) -> list[str]:
        # Evaluated by the browser's own tools, and so not stopped by the content security policy.
        await self.page.evaluate(self.axe)
        found: Any = await self.page.evaluate("async () => (await axe.run()).violations")
        return [f"{one['id']}: {json.dumps([node['html'] for node in one['nodes']])}" for one in found]


@pytest.fixture
def look(page: Page, axe: str, request: pytest.FixtureRequest) -> Look:
    return Look(page, axe, request.node.callspec.params["page"])


async def fill(page: Page, **values: str) -> None:
    """Type into fields by their names, and press Enter in the last."""
    for name, value in values.items():
        await page.locator(f"input[name={name}]:visible").fill(value)
    await page.locator(f"input[name={name}]:visible").press("Enter")


def test_axe_core_was_at_hand(axe: str) -> None:
    """Says so where the other tests could not ask it."""
    if not axe:
        pytest.skip(f"npm had no axe-core {AXE}: accessibility was measured by our own means only")
    assert AXE in axe


async def test_from_the_link_to_the_second_sign_in(
    page: Page, look: Look, reception: Reception, clock: FixedClock
) -> None:
    """One-time link, password, second factor, home, account, out, and in again with password and code."""
    accounts = assembly.Accounts(reception.sessions)
    invitation = await accounts.add("ivanova", "Иванова А. П.", Role.SUPERVISOR)
    await page.goto(f"/staff/invite/{invitation.token}")
    await look("invite")
    await fill(page, password="short", again="short")
    await expect(page.get_by_role("alert")).to_contain_text("не меньше 12 знаков")
    await look("invite-weak")
    await fill(page, password=PASSWORD, again=PASSWORD)
    await expect(page.locator("h1")).to_have_text("Вход в два шага")
    await look("set-up")
    secret = re.sub(r"\s", "", await page.locator(".secret").inner_text())
    await fill(page, code=pyotp.TOTP(secret).at(clock.now()))
    await expect(page.locator("h1")).to_have_text("Здравствуйте, Иванова А. П.")
    await look("home")
    await page.get_by_role("link", name="Мой профиль").first.click()
    await expect(page.locator("h1")).to_have_text("Мой профиль")
    await look("account")
    await page.get_by_role("button", name="Выйти", exact=True).click()
    await expect(page.locator("h1")).to_have_text("Вход для сотрудников")
    await look("sign-in")
    await fill(page, name="ivanova", password=NEW)
    await expect(page.get_by_role("alert")).to_have_text("Неверное имя или пароль.")
    await expect(page.locator("input[name=password]")).to_be_focused()
    await look("sign-in-wrong")
    clock.advance(seconds=30)
    await fill(page, password=PASSWORD)
    await expect(page.locator("h1")).to_have_text("Второй шаг")
    await look("code")
    await fill(page, code=pyotp.TOTP(secret).at(clock.now()))
    await expect(page.locator("h1")).to_have_text("Здравствуйте, Иванова А. П.")
    await page.goto("/staff/none")
    await look("missing")


async def test_own_choices(page: Page, look: Look, reception: Reception) -> None:
    """Language and colours are chosen with the keyboard, hold against the device, and the password is changed."""
    token = await reception.token(await reception.hire(password=PASSWORD, display_name="Иванова А. П."))
    await reception.token((await reception.sessions.find(token)).member)  # type: ignore[union-attr] # another browser
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto("/staff/account")
    await page.get_by_label("English").check()
    await page.get_by_label("Тёмное").check()
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(21, 25, 27)"
    await look("account-chosen")
    await fill(page, current=PASSWORD, password=NEW, again=NEW)
    await expect(page.get_by_role("status")).to_contain_text("The password is changed.")
    await expect(page.locator(".sessions > li")).to_have_count(1)


async def test_session_that_ends_leads_back_to_where_one_was(page: Page, reception: Reception) -> None:
    """After half an hour the next click asks for the password, and then goes on to the page that was asked for."""
    secret = pyotp.random_base32()
    member = await reception.hire(password=PASSWORD, totp_secret=secret)
    token = await reception.token(member)
    await page.context.add_cookies([{"name": "staff", "value": token, "url": reception.url}])
    await page.goto("/staff/")
    reception.clock.advance(minutes=30)
    await page.get_by_role("link", name="Мой профиль").first.click()
    await fill(page, name="ivanova", password=PASSWORD)
    await fill(page, code=pyotp.TOTP(secret).at(reception.clock.now()))
    await expect(page).to_have_url(f"{reception.url}/staff/account")
