"""What strangers try on these pages: forged forms, links elsewhere, markup, cookies on the way, invented addresses."""

import re
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import aiohttp
import pyotp
import pytest
from multidict import CIMultiDict

from bot import assembly, logs
from bot.assembly import build
from bot.settings import Settings
from bot.web.metrics import Metrics
from bot.web.staff.gate import Gate, csrf_of, inner
from core.domain.staff import Role
from core.services.texts import Texts
from tests.bot.conftest import Running
from tests.bot.web.staff.conftest import Reception, Visit
from tests.conftest import FixedClock
from tests.services.staff.desk import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


WRONG = "nineteen dry harnesses"


MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def code(clock: FixedClock) -> str:
    return pyotp.TOTP(SECRET).at(clock.now())


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


async def test_wrong_public_url_is_told_once(reception: Reception, capsys: pytest.CaptureFixture[str]) -> None:
    """An operator whose public_url is wrong finds in the log why nobody can sign in; a stranger cannot fill it."""
    logs.configure("info", "json")
    visit = reception.visit()
    await visit.get("/staff/sign-in")
    for _ in range(3):
        await visit.post("/staff/sign-in", {}, Origin="https://sms.example.ru")
    written = capsys.readouterr().out
    assert written.count("staff_foreign_origin") == 1
    assert '"origin": "https://sms.example.ru"' in written


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
            raw = (await answer.text()).replace('<script src="/staff/static/', "")
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
        ("127.0.0.1", "203.0.113.9, ", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_our_proxies_are_believed(reception: Reception, peer: str, forwarded: str, expected: str) -> None:
    """Whoever invents an X-Forwarded-For gains nothing."""
    gate = Gate(
        reception.sessions, Metrics("1"), public_url="", trusted=[ip_network("127.0.0.1"), ip_network("10.0.0.2")]
    )

    request: Any = SimpleNamespace(remote=peer, headers=CIMultiDict({"X-Forwarded-For": forwarded}), cookies={})
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
