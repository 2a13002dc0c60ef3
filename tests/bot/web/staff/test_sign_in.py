"""Signing in over HTTP: forms, cookies, waits, and every way to get in without right."""

import re

import pyotp

from bot import assembly
from core.domain.staff import Role, Stage
from tests.bot.conftest import Running
from tests.bot.web.staff.conftest import Reception, said
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


async def test_refusals_are_counted(reception: Reception, running: Running) -> None:
    """Whoever watches the service sees guessing as it happens."""
    visit = reception.visit()
    for _ in range(7):
        await visit.sign_in("ivanova", WRONG)
    _, metrics = await running.get("/metrics")
    for reason, count in (("refused", 5.0), ("locked", 2.0)):
        assert f'meterline_requests_refused_total{{channel="",reason="staff_{reason}"}} {count}' in metrics


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
