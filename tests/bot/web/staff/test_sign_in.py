"""Signing in over HTTP: forms, cookies, waits, and every way to get in without right."""

import re
from types import SimpleNamespace
from typing import Any

import aiohttp
import pyotp
import pytest

from bot import assembly, logs
from bot.assembly import build
from bot.settings import Settings
from bot.web.metrics import Metrics
from bot.web.staff.gate import Gate, csrf_of, inner
from core.domain.staff import Role, Stage
from core.services.texts import Texts
from tests.bot.conftest import Running
from tests.bot.web.staff.conftest import Reception, Visit, said
from tests.conftest import FixedClock
from tests.services.staff.desk import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WRONG = "nineteen dry harnesses"
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def code(clock: FixedClock) -> str:
    return pyotp.TOTP(SECRET).at(clock.now())


async def test_password_then_code_then_the_page_one_came_for(reception: Reception, clock: FixedClock) -> None:
    """Each step leads to the next, and at last to the page that was asked for."""
    await reception.hire(password=PASSWORD, totp_secret=SECRET)
    visit = reception.visit()
    _, _, headers = await visit.get("/staff/account?said=sessions")
    assert headers["Location"] == "/staff/sign-in?next=/staff/account%3Fsaid%3Dsessions"
    status, page, _ = await visit.get(headers["Location"])
    following = re.search(r'name="next" value="([^"]*)"', page)
    assert following is not None
    assert (status, following[1]) == (200, "/staff/account?said=sessions")
    form = {"name": "Ivanova", "password": PASSWORD, "next": following[1]}
    _, _, headers = await visit.post("/staff/sign-in", form)
    assert headers["Location"].startswith("/staff/second-factor?next=")
    status, page, _ = await visit.get(headers["Location"])
    assert (status, "Код из приложения" in page) == (200, True)
    status, page, _ = await visit.post("/staff/second-factor", {"code": "000000"})
    assert (status, "Код неверный или уже использован" in page) == (403, True)
    status, _, headers = await visit.post("/staff/second-factor", {"code": code(clock), "next": following[1]})
    assert (status, headers["Location"]) == (303, following[1])
    assert (await visit.get(following[1]))[0] == 200


async def test_cookie_changes_at_every_step(reception: Reception, clock: FixedClock) -> None:
    """A cookie that was planted, or seen before, opens nothing after signing in."""
    await reception.hire(password=PASSWORD, totp_secret=SECRET)
    planted = "planted-by-somebody-else-long-enough"
    visit = reception.visit(planted)
    seen = [planted]
    await visit.post("/staff/sign-in", {"name": "ivanova", "password": PASSWORD})
    seen.append(visit.cookie())
    await visit.post("/staff/second-factor", {"code": code(clock)})
    seen.append(visit.cookie())
    assert len(set(seen)) == 3
    for old in seen[:2]:
        assert (await reception.visit(old).get("/staff/"))[0] == 303
    assert (await reception.visit(seen[2]).get("/staff/"))[0] == 200


async def test_signing_in_again_ends_the_session_before(reception: Reception) -> None:
    """One browser has one session."""
    visit = reception.visit(await reception.token(await reception.hire(password=PASSWORD)))
    before = visit.cookie()
    await visit.post("/staff/sign-in", {"name": "ivanova", "password": PASSWORD})
    assert (await reception.visit(before).get("/staff/"))[0] == 303


async def test_answers_do_not_tell_whether_a_name_exists(reception: Reception) -> None:
    """Unknown, wrong, disabled and not yet set: the same page but for the name that was typed; the same when locked."""
    await reception.hire(password=PASSWORD)
    await reception.hire("disabled", password=PASSWORD, disabled_at=reception.clock.now())
    await reception.hire("invited")
    pages: list[set[str]] = [set(), set()]
    for name in ("ivanova", "disabled", "invited", "nobody-at-all"):
        for round_ in (0, 0, 0, 0, 0, 1):
            visit = reception.visit()
            visit.have("one-cookie-for-all-of-these-visits")
            password = WRONG if name == "ivanova" else PASSWORD
            status, page, headers = await visit.sign_in(name, password)
            pages[round_].add(f"{status} {headers.get('Retry-After')} {page.replace(name, 'NAME')}")
    assert [len(distinct) for distinct in pages] == [1, 1]
    assert pages[0].pop().startswith("403 None")
    assert pages[1].pop().startswith("429 60")


async def test_right_password_waits_and_is_taken_after(reception: Reception) -> None:
    """While locked the right one gets the same answer as a wrong one; then it is taken."""
    await reception.hire(password=PASSWORD)
    visit = reception.visit()
    for _ in range(5):
        assert (await visit.sign_in("ivanova", WRONG))[0] == 403
    for password in (PASSWORD, WRONG):
        status, page, _ = await visit.sign_in("ivanova", password)
        assert (status, "Повторите через 1 мин." in page) == (429, True)
    reception.clock.advance(seconds=30)
    assert (await visit.sign_in("ivanova", PASSWORD))[0] == 303


async def test_known_browser_is_remembered_past_signing_out(reception: Reception) -> None:
    """Its cookie outlives the session, and strangers' failures elsewhere do not make it wait."""
    await reception.hire(password=PASSWORD, totp_secret=SECRET)
    visit = reception.visit()
    await visit.sign_in("ivanova", PASSWORD)
    await visit.post("/staff/second-factor", {"code": code(reception.clock)})
    await visit.post("/staff/sign-out")
    assert (visit.cookie(), bool(visit.cookie("staff-device"))) == ("", True)
    for _ in range(5):
        await reception.visit().sign_in("ivanova", WRONG)
    assert (await reception.visit().sign_in("ivanova", PASSWORD))[0] == 429
    assert (await visit.sign_in("ivanova", PASSWORD))[0] == 303


@pytest.mark.parametrize(
    ("origin", "token", "expected"),
    [
        pytest.param("own", "own", 303, id="ours"),
        pytest.param("own", "", 403, id="no token"),
        pytest.param("own", "wrong", 403, id="wrong token"),
        pytest.param("own", "other", 403, id="another session's token"),
        pytest.param("own", "ключ", 403, id="no ASCII"),
        pytest.param("", "own", 403, id="no origin"),
        pytest.param("null", "own", 403, id="origin null"),
        pytest.param("https://evil.example", "own", 403, id="another origin"),
        pytest.param("own.evil.example", "own", 403, id="another origin that begins like ours"),
    ],
)
@pytest.mark.parametrize("by_header", [False, True])
async def test_forged_forms(reception: Reception, origin: str, token: str, expected: int, *, by_header: bool) -> None:
    """In the form or in the header: only this session's token, and only from our own origin, changes anything."""
    member = await reception.hire()
    visit = reception.visit(await reception.token(member))
    tokens = {"own": csrf_of(visit.cookie()), "other": csrf_of(await reception.token(member)), "wrong": "0" * 64}
    value = tokens.get(token, token)
    headers = {"Origin": origin.replace("own", visit.url)} if origin else {}
    if by_header:
        headers |= {"X-CSRF-Token": value.encode().decode("latin-1")} if value else {}
    form = {"theme": "dark"} | ({} if by_header else {"csrf": value})
    status, _, _ = await visit.call("POST", "/staff/account/appearance", data=form, headers=headers)
    session = await reception.sessions.find(visit.cookie())
    assert session is not None
    assert (status, session.member.preferences) == (expected, {"theme": "dark"} if expected == 303 else {})


async def test_sign_in_form_is_guarded_too(reception: Reception) -> None:
    """Nobody can be signed in under a stranger's name by a stranger's page."""
    await reception.hire(password=PASSWORD)
    visit = reception.visit()
    form = {"name": "ivanova", "password": PASSWORD}
    for headers, data in (({"Origin": visit.url}, form), ({}, {**form, "csrf": csrf_of("")})):
        assert (await visit.call("POST", "/staff/sign-in", data=data, headers=headers))[0] == 403
    await visit.get("/staff/sign-in")
    status, _, _ = await visit.post("/staff/sign-in", form, Origin="https://evil.example")
    assert (status, (await visit.get("/staff/"))[0]) == (403, 303)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/staff/account", "/staff/account"),
        ("/staff/queue?kind=x10&page=2", "/staff/queue?kind=x10&page=2"),
        ("", "/staff/"),
        ("/", "/staff/"),
        ("/my/token", "/staff/"),
        ("/staffroom", "/staff/"),
        ("//evil.example", "/staff/"),
        ("https://evil.example/staff/", "/staff/"),
        ("/\\evil.example", "/staff/"),
        ("/staff/\\evil.example", "/staff/"),
        ("/staff//evil.example", "/staff/"),
        ("/staff/../my/token", "/staff/"),
        ("/staff/\r\nSet-Cookie: a=b", "/staff/"),
        ("/staff/account\n", "/staff/"),
        ("javascript:alert(1)", "/staff/"),
        ("/staff/<script>", "/staff/"),
    ],
)
async def test_nothing_leads_elsewhere(reception: Reception, path: str, expected: str) -> None:
    """What stands in `next` is followed only to a page of the staff's own."""
    assert inner(path) == expected
    await reception.hire(password=PASSWORD, totp_secret=SECRET)
    visit = reception.visit()
    await visit.sign_in("ivanova", PASSWORD)
    _, _, headers = await visit.post("/staff/second-factor", {"code": code(reception.clock), "next": path})
    assert headers["Location"] == expected
    _, _, headers = await visit.call("GET", "/staff/sign-in", params={"next": path})
    assert headers["Location"] == expected


async def test_names_are_only_text(reception: Reception) -> None:
    """Markup in a name stands on the page as it was typed, wherever it is shown."""
    status, _, _ = await reception.visit().sign_in(MARKUP, PASSWORD)
    assert status == 403
    token = await reception.token(await reception.hire(display_name=MARKUP[:100]))
    for path in ("/staff/", "/staff/account", f"/staff/sign-in?next={MARKUP}", f"/staff/account?said={MARKUP}"):
        async with reception.visit(token).session.get(f"{reception.url}{path}") as answer:
            raw = await answer.text()
            assert (answer.status, "<script" in raw, "<img src=x" in raw) == (200, False, False)


async def test_session_that_ends_while_a_page_is_open(reception: Reception) -> None:
    """Idle, over or disabled: the next click leads to signing in, and htmx is told so by its own header."""
    member = await reception.hire()
    visit = reception.visit(await reception.token(member))
    assert (await visit.get("/staff/"))[0] == 200
    reception.clock.advance(minutes=30)
    assert (await visit.get("/staff/"))[2]["Location"] == "/staff/sign-in"
    visit.have(await reception.token(member))
    assert (await visit.get("/staff/"))[0] == 200
    accounts = assembly.Accounts(reception.sessions)
    await accounts.disable("ivanova")
    assert (await visit.post("/staff/account/appearance", {"theme": "dark"}))[2]["Location"] == "/staff/sign-in"
    status, page, headers = await visit.get("/staff/account", **{"HX-Request": "true"})
    assert (status, page, headers["HX-Redirect"]) == (401, "", "/staff/sign-in?next=/staff/account")


async def test_one_time_link(reception: Reception) -> None:
    """It greets by name, refuses weak and differing passwords, works once, and leads to the second factor."""
    accounts = assembly.Accounts(reception.sessions)
    path = f"/staff/invite/{(await accounts.add('petrova', 'Петрова', Role.OPERATOR)).token}"
    visit = reception.visit()
    for _ in range(2):
        status, page, _ = await visit.get(path)
        assert (status, "petrova" in said(page)) == (200, True)
    for password, again, words in (
        ("short", "short", "не меньше 12 знаков"),
        (PASSWORD, WRONG, "Пароли не совпадают"),
        ("petrova12345", "petrova12345", "не должен состоять из вашего имени"),
    ):
        status, page, _ = await visit.post(path, {"password": password, "again": again})
        assert (status, words in said(page)) == (422, True)
    status, _, headers = await visit.post(path, {"password": PASSWORD, "again": PASSWORD})
    assert (status, headers["Location"]) == (303, "/staff/second-factor?next=/staff/")
    for method in (visit.get, visit.post):
        status, page, _ = await method(path)
        assert (status, "Ссылка не действует" in page) == (404, True)


async def test_second_factor_is_set_up(reception: Reception) -> None:
    """The page shows key, link and picture; the key stays until a code confirms it; then everything is open."""
    visit = reception.visit(await reception.token(await reception.hire(), Stage.ENROL))
    _, page, _ = await visit.get("/staff/second-factor")
    secret = re.search(r"secret=([A-Z2-7]{32})&issuer=Meterline", page)
    assert secret is not None
    assert " ".join(re.findall("....", secret[1])) in page
    assert '<svg viewBox="0 0' in page
    status, page, _ = await visit.post("/staff/second-factor", {"code": "000000"})
    assert (status, secret[1] in page) == (403, True)
    right = pyotp.TOTP(secret[1]).at(reception.clock.now())
    assert (await visit.post("/staff/second-factor", {"code": right}))[0] == 303
    assert (await visit.get("/staff/"))[0] == 200


async def test_another_phone_needs_the_password(reception: Reception) -> None:
    """Who finds an open browser cannot make his own phone the second factor."""
    visit = reception.visit(await reception.token(await reception.hire(password=PASSWORD, totp_secret=SECRET)))
    _, page, _ = await visit.get("/staff/second-factor")
    found = re.search(r"secret=([A-Z2-7]{32})", page)
    assert found is not None
    right = pyotp.TOTP(found[1]).at(reception.clock.now())
    assert (await visit.post("/staff/second-factor", {"code": right, "password": WRONG}))[0] == 403
    assert (await visit.post("/staff/second-factor", {"code": right, "password": PASSWORD}))[0] == 303


async def test_own_account(reception: Reception) -> None:
    """Another password, other browsers out, language and colours: each says that it is done."""
    member = await reception.hire(password=PASSWORD)
    visit, other = [reception.visit(await reception.token(member)) for _ in range(2)]
    new = "eighteen wet horses"
    for current, password, again, status, words in (
        (WRONG, new, new, 403, "Нынешний пароль неверный"),
        (PASSWORD, new, "eighteen", 422, "Пароли не совпадают"),
        (PASSWORD, "short", "short", 422, "не меньше 12 знаков"),
    ):
        form = {"current": current, "password": password, "again": again}
        found, page, _ = await visit.post("/staff/account/password", form)
        assert (found, words in said(page)) == (status, True)
    before = visit.cookie()
    form = {"current": PASSWORD, "password": new, "again": new}
    _, _, headers = await visit.post("/staff/account/password", form)
    assert "Пароль изменён" in said((await visit.get(headers["Location"]))[1])
    assert (visit.cookie() != before, (await other.get("/staff/"))[0]) == (True, 303)
    await visit.post("/staff/account/appearance", {"language": "en", "theme": "dark"})
    _, page, _ = await visit.get("/staff/account")
    assert '<html lang="en" data-theme="dark">' in page
    other.have(await reception.token(member))
    assert "Sign out everywhere else" in (await visit.get("/staff/account"))[1]
    await visit.post("/staff/account/sessions")
    assert ((await other.get("/staff/"))[0], (await visit.get("/staff/"))[0]) == (303, 200)


async def test_language_before_signing_in(reception: Reception) -> None:
    """The browser's; Russian where it wants neither."""
    for wanted, lang in (("en-GB,en;q=0.9", "en"), ("de, en;q=0.5", "en"), ("zh", "ru"), ("", "ru")):
        _, page, _ = await reception.visit().get("/staff/sign-in", **{"Accept-Language": wanted})
        assert f'<html lang="{lang}"' in page


async def test_headers(reception: Reception) -> None:
    """No page is kept, framed or styled by anybody else; files are kept for ever."""
    visit = reception.visit()
    _, page, headers = await visit.get("/staff/sign-in")
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")
    assert (policy["frame-ancestors"], policy["form-action"]) == ("'none'", "'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert not re.search(r"<style|style=|<script|onclick", page)
    names = re.findall(r'(?:href|src)="(/staff/static/[^"]*)"', page)
    assert len(names) >= 3
    for name in names:
        status, _, headers = await reception.visit().get(name)
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert "Set-Cookie" not in headers
    assert (await visit.get("/staff/static/../own.py"))[0] == 404


async def test_cookies_over_https(settings: Settings, clock: FixedClock) -> None:
    """Behind a proxy with TLS: bound to the host, not for scripts, not over HTTP; and only its origin may post."""
    server = settings.server.model_copy(update={"public_url": "https://sms.example.ru"})
    service = build(settings.model_copy(update={"server": server}), Texts(), clock)
    host, port = await service.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        reception = Reception(Running(service, f"http://{host}:{port}", session), clock)
        await reception.hire(password=PASSWORD, totp_secret=SECRET)
        visit = Visit(reception.url, session)
        token = "a-cookie-of-enough-letters"
        form = {"csrf": csrf_of(token), "name": "ivanova", "password": PASSWORD}
        statuses = {}
        for origin in ("https://sms.example.ru", visit.url, "http://sms.example.ru"):
            headers = {"Origin": origin, "Cookie": f"__Host-staff={token}"}
            status, _, answered = await visit.call("POST", "/staff/sign-in", data=form, headers=headers)
            statuses[origin] = status
            if status == 303:
                half = answered["Set-Cookie"]
        assert list(statuses.values()) == [303, 403, 403]
        found = re.fullmatch(r"__Host-staff=([\w-]{43}); HttpOnly; Path=/; SameSite=Lax; Secure", half)
        assert found is not None
        form = {"csrf": csrf_of(found[1]), "code": code(clock)}
        headers = {"Origin": "https://sms.example.ru", "Cookie": f"__Host-staff={found[1]}"}
        _, _, answered = await visit.call("POST", "/staff/second-factor", data=form, headers=headers)
        device = answered.getall("Set-Cookie")[1]
        assert re.match(r"__Host-staff-device=[\w-]{43}; HttpOnly; Max-Age=15552000; Path=/; SameSite=Lax; Sec", device)
    await service.stop()


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, ", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_our_proxies_are_believed(reception: Reception, peer: str, forwarded: str, expected: str) -> None:
    """Whoever invents an X-Forwarded-For gains nothing."""
    gate = Gate(reception.sessions, Metrics("1"), public_url="", proxies=("127.0.0.1", "10.0.0.2"))

    request: Any = SimpleNamespace(remote=peer, headers={"X-Forwarded-For": forwarded}, cookies={})
    assert gate.visitor(request).address == expected


async def test_nothing_secret_in_the_log(
    reception: Reception, running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither passwords nor codes nor links nor what was typed for a name."""
    logs.configure("debug", "json")
    accounts = assembly.Accounts(reception.sessions)
    link = (await accounts.add("petrova", "Петрова", Role.OPERATOR)).token
    visit = reception.visit()
    await visit.get(f"/staff/invite/{link}")
    await visit.post(f"/staff/invite/{link}", {"password": PASSWORD, "again": PASSWORD})
    cookie = visit.cookie()
    await reception.visit().sign_in("a-password-typed-too-early", WRONG)
    await reception.visit().sign_in("petrova", WRONG)
    written = capsys.readouterr().out
    assert "staff_sign_in_refused" in written
    for secret in (PASSWORD, WRONG, link, cookie, "a-password-typed-too-early"):
        assert secret not in written
    assert logs.Redaction().text(f"GET /staff/invite/{link} failed") == "GET /staff/invite/*** failed"
