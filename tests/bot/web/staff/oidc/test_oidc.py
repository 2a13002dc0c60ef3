"""Signing in by an issuer, over HTTP: the way there and back, and what strangers try on it."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot import logs
from bot.assembly import build
from bot.settings import Settings
from core.domain.staff import Stage
from core.services.texts import Texts
from core.storage.tables import staff_session
from tests.bot.oidc.emulator import SECRET, Issuer
from tests.bot.web.staff.conftest import Reception, Visit, said
from tests.bot.web.staff.oidc.conftest import (
    ASTRAY,
    DISTRUSTED,
    SUBJECT,
    Traveller,
    is_in,
    subjects,
    traveller,
)
from tests.conftest import FixedClock
from tests.services.staff.desk import everything


async def test_there_and_back(reception: Reception, issuer: Issuer) -> None:
    """The button leads to the issuer, who is told what he must be; back again everything is open."""
    await reception.hire()
    one = traveller(reception)
    _, page, _ = await one.visit.get("/staff/sign-in?next=/staff/account")
    assert 'href="/staff/oidc?next=/staff/account">Войти через единый вход<' in page
    address = await one.leave("/staff/account")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert {name: asked[name] for name in ("response_type", "client_id", "scope", "code_challenge_method")} == {
        "response_type": "code",
        "client_id": "meterline",
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    assert asked["redirect_uri"] == f"{reception.url}/staff/oidc/callback"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], one.visit.cookie("staff-oidc")}) == 4
    assert SECRET not in address
    planted = one.visit.cookie()
    status, _, headers = await one.visit.get(await one.sign_in_there(address))
    assert (status, headers["Location"]) == (303, "/staff/account")
    assert (await is_in(one.visit), one.visit.cookie() != planted) == (True, True)
    assert one.visit.cookie("staff-device")
    assert await subjects(reception) == [SUBJECT]


async def test_cookie_of_the_journey(reception: Reception) -> None:
    """For ten minutes, for these pages, not for scripts, and not from other sites' forms; taken back at the end."""
    await reception.hire()
    one = traveller(reception)
    _, _, headers = await one.visit.get("/staff/oidc")
    assert re.fullmatch(
        r"staff-oidc=[\w-]{43}; HttpOnly; Max-Age=600; Path=/staff; SameSite=Lax", headers["Set-Cookie"]
    )
    _, _, headers = await one.visit.get(await one.sign_in_there(headers["Location"]))
    assert any(re.match('staff-oidc=""; .*Max-Age=0; Path=/staff', each) for each in headers.getall("Set-Cookie"))
    assert one.visit.cookie("staff-oidc") == ""


async def test_cookie_over_https(settings: Settings, clock: FixedClock) -> None:
    """Where we are reached by TLS the cookie never goes without, and the issuer is told the https address."""
    server = settings.server.model_copy(update={"public_url": "https://sms.example.ru"})
    service = build(settings.model_copy(update={"server": server}), Texts(), clock)
    host, port = await service.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        _, _, headers = await Visit(f"http://{host}:{port}", session).get("/staff/oidc")
    await service.stop()
    form = r"__Secure-staff-oidc=[\w-]{43}; HttpOnly; Max-Age=600; Path=/staff; SameSite=Lax; Secure"
    assert re.fullmatch(form, headers["Set-Cookie"])
    asked = parse_qs(urlsplit(headers["Location"]).query)
    assert asked["redirect_uri"] == ["https://sms.example.ru/staff/oidc/callback"]


async def test_session_is_rotated(reception: Reception) -> None:
    """The session that the browser had, half-way under another name, ends with it."""
    await reception.hire()
    half = await reception.token(await reception.hire("petrova", totp_secret="JBSWY3DPEHPK3PXP"), Stage.CODE)
    one = Traveller(reception.visit(half))
    await one.go()
    assert await reception.sessions.find(half) is None
    found = await reception.sessions.find(one.visit.cookie())
    assert found is not None
    assert found.member.name == "ivanova"
    assert len(await everything(reception.database, staff_session.c.digest)) == 1


async def test_whoever_is_in_goes_on(reception: Reception, issuer: Issuer) -> None:
    """Somebody with a session is not sent to the issuer."""
    visit = reception.visit(await reception.token(await reception.hire()))
    status, _, headers = await visit.get("/staff/oidc?next=/staff/queue")
    assert (status, headers["Location"], issuer.asked) == (303, "/staff/queue", [])


async def test_state_is_good_once(reception: Reception, issuer: Issuer) -> None:
    """The address that the issuer sent back to opens nothing when it is opened again, with the same cookie or not."""
    await reception.hire()
    one = traveller(reception)
    address = await one.leave()
    cookie = one.visit.cookie("staff-oidc")
    back = await one.sign_in_there(address)
    assert (await one.visit.get(back))[0] == 303
    issuer.asked.clear()
    for visit in (one.visit, reception.visit()):
        visit.session.cookie_jar.update_cookies({"staff-oidc": cookie})
        status, page, _ = await visit.call("GET", back, cookies={"staff-oidc": cookie})
        assert (status, ASTRAY[1] in said(page)) == (403, True)
    assert issuer.asked == []


async def test_state_of_another_browser(reception: Reception, issuer: Issuer) -> None:
    """Nobody is signed in as somebody else by a link; and who is on his way himself still arrives."""
    await reception.hire()
    thief, victim = traveller(reception), traveller(reception)
    lure = await thief.sign_in_there(await thief.leave())
    own = await victim.sign_in_there(await victim.leave())
    for visit in (victim.visit, reception.visit()):
        status, page, _ = await visit.get(lure)
        assert (status, ASTRAY[1] in said(page)) == (403, True)
        assert not await is_in(visit)
    assert "token" not in issuer.asked
    assert (await victim.visit.get(own))[0] == 303


@pytest.mark.parametrize("query", ["", "?code=1", "?state=&code=1", "?state=%D1%8F&code=1", "?error=access_denied"])
async def test_without_a_state(reception: Reception, issuer: Issuer, query: str) -> None:
    """Whatever is put into the address: the page to begin again, and nothing is asked of the issuer."""
    one = traveller(reception)
    for _ in range(2):
        status, page, _ = await one.visit.get(f"/staff/oidc/callback{query}")
        assert (status, ASTRAY[1] in said(page)) == (403, True)
        await one.leave()
    assert "token" not in issuer.asked


async def test_code_is_redeemed_once(reception: Reception, issuer: Issuer) -> None:
    """A code that was used, put into a journey of one's own, is refused by the issuer, and so by us."""
    await reception.hire()
    first = traveller(reception)
    back = await first.sign_in_there(await first.leave())
    await first.visit.get(back)
    thief = traveller(reception)
    code = parse_qs(urlsplit(back).query)["code"][0]
    own = await thief.sign_in_there(await thief.leave())
    status, page, _ = await thief.visit.get(re.sub(r"code=[^&]*", f"code={code}", own))
    assert (status, DISTRUSTED[1] in said(page)) == (403, True)


async def test_overheard_code_needs_the_verifier(reception: Reception, issuer: Issuer) -> None:
    """A code that was not used yet, put into another journey: PKCE keeps it from being redeemed."""
    await reception.hire()
    owner, thief = traveller(reception), traveller(reception)
    back = await owner.sign_in_there(await owner.leave())
    code = parse_qs(urlsplit(back).query)["code"][0]
    own = await thief.sign_in_there(await thief.leave())
    status, _, _ = await thief.visit.get(re.sub(r"code=[^&]*", f"code={code}", own))
    assert (status, await is_in(thief.visit)) == (403, False)
    assert (await owner.visit.get(back))[0] == 303


async def test_journey_takes_ten_minutes_at_most(reception: Reception) -> None:
    """After that one begins again."""
    await reception.hire()
    one = traveller(reception)
    back = await one.sign_in_there(await one.leave())
    reception.clock.advance(minutes=10)
    status, page, _ = await one.visit.get(back)
    assert (status, ASTRAY[1] in said(page)) == (403, True)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/staff/../my/x", "/my/x", "/staff/" + "a" * 2000]
)
async def test_leads_nowhere_else(reception: Reception, path: str) -> None:
    """After signing in one is on a page of the staff, whatever the link said."""
    await reception.hire()
    _, _, headers = await traveller(reception).go(path)
    assert headers["Location"] == "/staff/"


async def test_policy_is_as_narrow_as_without(reception: Reception) -> None:
    """One leaves by a link, so forms need not be let go anywhere."""
    _, page, headers = await reception.visit().get("/staff/sign-in")
    assert "form-action 'self'; " in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert re.search(r'<a [^>]*href="/staff/oidc\?next=/staff/"', page)


@pytest.mark.parametrize("section", [{"label": "<b>Keycloak</b>"}])
async def test_label(reception: Reception) -> None:
    """The button bears the operator's name for it, as text, in both languages."""
    async with reception.visit().session.get(f"{reception.url}/staff/sign-in") as answer:
        assert "Войти через &lt;b&gt;Keycloak&lt;/b&gt;" in await answer.text()
    _, page, _ = await reception.visit().get("/staff/sign-in", **{"Accept-Language": "en"})
    assert "Sign in with <b>Keycloak</b>" in page


async def test_nothing_secret_in_the_log(
    reception: Reception, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither codes nor states nor tokens nor what the issuer says of somebody; who came in, and by which way."""
    logs.configure("debug", "json", [SECRET])
    await reception.hire()
    one = traveller(reception)
    address = await one.leave()
    cookie = one.visit.cookie("staff-oidc")
    await one.visit.get(await one.sign_in_there(address))
    issuer.has("ivanova", sub="another subject", preferred_username="linked-name")
    await traveller(reception).go()
    written = capsys.readouterr().out
    events = [json.loads(line) for line in written.splitlines() if '"staff_' in line]
    assert [(one["event"], one["staff"], one.get("way")) for one in events] == [
        ("staff_signed_in", "ivanova", "oidc"),
        ("staff_vouched_for", "ivanova", None),
        ("staff_sign_in_refused", "", "oidc"),
    ]
    asked = parse_qs(urlsplit(address).query)
    secrets = [cookie, SECRET, "code-0", "an access token", SUBJECT, "another subject", "linked-name"]
    for secret in (*secrets, asked["state"][0], asked["nonce"][0]):
        assert secret not in written
