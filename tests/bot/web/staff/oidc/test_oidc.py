"""Signing in by an issuer, over HTTP: the way there and back, and everything that is not believed on it."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot import logs
from bot.assembly import build
from bot.oidc import issuer as issuer_module
from bot.settings import Settings
from core.domain.staff import Role, Stage
from core.services.texts import Texts
from core.storage.tables import staff_oidc_link, staff_session
from tests.bot.conftest import Running
from tests.bot.oidc.emulator import SECRET, Fault, Issuer, elliptic, rsa
from tests.bot.web.staff.conftest import Reception, Visit, said
from tests.bot.web.staff.oidc.conftest import SUBJECT, Traveller
from tests.conftest import FixedClock
from tests.services.staff.desk import PASSWORD, everything

DOWN = (503, "Единый вход сейчас не отвечает. Войдите по паролю")
ASTRAY = (403, "Этот вход начат в другом окне, уже завершён")
DENIED = (403, "Единый вход отказал, или вы отменили вход")
DISTRUSTED = (403, "Ответу единого входа нельзя доверять")
UNKNOWN = (403, "учётной записи для вас здесь нет")
LOCKED = (429, "Слишком много попыток")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent issuer is not waited for as long as people would; to be asked for before the service."""
    monkeypatch.setattr(issuer_module, "SECONDS", 2.0)


def traveller(reception: Reception) -> Traveller:
    return Traveller(reception.visit())


async def subjects(reception: Reception) -> list[str]:
    return await everything(reception.database, staff_oidc_link.c.subject)


async def is_in(visit: Visit) -> bool:
    return (await visit.get("/staff/"))[0] == 200


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


FAULTS = {
    Fault.OTHER_ISSUER: (DISTRUSTED, "invalid_claim: iss"),
    Fault.OTHER_AUDIENCE: (DISTRUSTED, "invalid_claim: aud"),
    Fault.AUDIENCES: (DISTRUSTED, "missing_claim: azp"),
    Fault.OTHER_PARTY: (DISTRUSTED, "invalid_claim: azp"),
    Fault.EXPIRED: (DISTRUSTED, "expired_token: exp"),
    Fault.FUTURE: (DISTRUSTED, "invalid_claim: iat"),
    Fault.NO_EXPIRY: (DISTRUSTED, "missing_claim: exp"),
    Fault.EXPIRY_NAN: (DISTRUSTED, "invalid_claim: exp"),
    Fault.OTHER_NONCE: (DISTRUSTED, "invalid_claim: nonce"),
    Fault.NO_NONCE: (DISTRUSTED, "missing_claim: nonce"),
    Fault.NO_SUBJECT: (DISTRUSTED, "missing_claim: sub"),
    Fault.EMPTY_SUBJECT: (DISTRUSTED, "invalid_claim: sub"),
    Fault.LONG_SUBJECT: (DISTRUSTED, "sub is too long"),
    Fault.NO_NAME: (DISTRUSTED, "preferred_username is missing"),
    Fault.FORGED: (DISTRUSTED, "bad_signature"),
    Fault.NONE: (DISTRUSTED, "unsupported_algorithm"),
    Fault.SYMMETRIC: (DISTRUSTED, "unsupported_algorithm"),
    Fault.STRANGE_KEY: (DISTRUSTED, "invalid_key_id"),
    Fault.GARBLED: (DISTRUSTED, "decode_error"),
    Fault.ARRAY: (DISTRUSTED, "invalid_payload"),
    Fault.BROKEN: (DOWN, "the token endpoint answered HTTP 500"),
    Fault.HTML: (DOWN, "the token endpoint's answer is unreadable (HTTP 200)"),
    Fault.REDIRECT: (DOWN, "the token endpoint answered HTTP 302"),
    Fault.NO_TOKEN: (DISTRUSTED, "there is no ID token"),
    Fault.DENIED: (DENIED, "access_denied"),
    Fault.REFUSED: (DISTRUSTED, "the issuer refused"),
    Fault.NO_CODE: (DISTRUSTED, "there is no code"),
    Fault.OTHER_NAME: (DISTRUSTED, "another issuer answered"),
    Fault.NAMELESS: (DISTRUSTED, "another issuer answered"),
}
LEAVING = {
    Fault.OTHER_DOCUMENT: "discovery names another issuer",
    Fault.UNSAFE: "token_endpoint is missing or not safe",
    Fault.NO_DOCUMENT: "discovery answered HTTP 404",
    Fault.UNREADABLE: "discovery is unreadable",
    Fault.NO_KEYS: "there are no keys to check signatures with",
}


def refusals(written: str) -> list[str]:
    """Why somebody was not let in, as the log has it."""
    lines = [json.loads(line) for line in written.splitlines() if "staff_sign_in_refused" in line]
    return [line["reason"] for line in lines if line["way"] == "oidc"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_not_believed(
    reception: Reception, issuer: Issuer, capsys: pytest.CaptureFixture[str], fault: Fault
) -> None:
    """Nobody is in and nothing is linked; the page says so beside the form for the password; the log says why."""
    await reception.hire(password=PASSWORD)
    one = traveller(reception)
    issuer.faults = {fault}
    logs.configure("info", "json")
    status, page, _ = await one.go("/staff/account")
    (expected, words), reason = FAULTS[fault]
    assert (status, words in said(page)) == (expected, True)
    assert "words of the issuer" not in page
    assert 'name="next" value="/staff/account"' in page
    assert refusals(capsys.readouterr().out) == [reason]
    assert (await is_in(one.visit), await subjects(reception)) == (False, [])
    issuer.faults = set()
    assert (await one.go())[0] == 303


@pytest.mark.parametrize("fault", LEAVING)
async def test_issuer_that_cannot_be_used(
    reception: Reception, issuer: Issuer, capsys: pytest.CaptureFixture[str], fault: Fault
) -> None:
    """No browser is sent to one whose documents are wrong; once they are right, it is."""
    await reception.hire()
    issuer.faults = {fault}
    logs.configure("info", "json")
    visit = reception.visit()
    status, page, _ = await visit.get("/staff/oidc")
    assert ((status, DOWN[1] in said(page)), visit.cookie("staff-oidc")) == ((503, True), "")
    assert refusals(capsys.readouterr().out) == [LEAVING[fault]]
    issuer.faults = set()
    assert (await Traveller(visit).go())[0] == 303


def test_every_fault_is_tried() -> None:
    """A fault that is added and expected nowhere makes this fail."""
    assert set(Fault) == {*FAULTS, *LEAVING, Fault.HANG, Fault.PLAIN}


@pytest.mark.parametrize("kind", ["gone", "silent"])
async def test_issuer_that_is_not_there(
    impatient: None, reception: Reception, issuer: Issuer, running: Running, kind: str
) -> None:
    """Said in plain words, and counted; the password in the same window lets one in."""
    await reception.hire(password=PASSWORD, role=Role.AUDITOR)
    one = traveller(reception)
    back = await one.sign_in_there(await one.leave())
    if kind == "gone":
        await issuer.stop()
    else:
        issuer.faults = {Fault.HANG}
    status, page, _ = await one.visit.get(back)
    assert (status, DOWN[1] in said(page)) == (503, True)
    _, metrics = await running.get("/metrics")
    assert 'meterline_requests_refused_total{channel="",reason="staff_oidc_down"} 1.0' in metrics
    status, _, headers = await one.visit.post("/staff/sign-in", {"name": "ivanova", "password": PASSWORD})
    assert (status, headers["Location"]) == (303, "/staff/second-factor?next=/staff/")


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


async def test_rotated_key(reception: Reception, issuer: Issuer) -> None:
    """Keys are kept; a token by a new one makes them be fetched once more, whatever its kind."""
    await reception.hire()
    fetched = []
    for key in (rsa(), rsa(), rsa(1), elliptic(), elliptic()):
        issuer.key = key
        issuer.asked.clear()
        assert (await traveller(reception).go())[0] == 303
        fetched.append(issuer.asked.count("certs"))
    assert fetched == [1, 0, 1, 1, 0]


async def test_key_that_was_taken_back(reception: Reception, issuer: Issuer) -> None:
    """After an hour it signs nothing any more, though we knew it."""
    await reception.hire()
    await traveller(reception).go()
    issuer.faults = {Fault.NO_KEYS}
    assert (await traveller(reception).go())[0] == 303
    reception.clock.advance(hours=1)
    assert (await reception.visit().get("/staff/oidc"))[0] == 503


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({}, None, id="as he is known"),
        pytest.param({"preferred_username": "Ivanova"}, None, id="capitals"),
        pytest.param({"preferred_username": "petrova"}, UNKNOWN, id="nobody here"),
        pytest.param({"preferred_username": "disabled"}, UNKNOWN, id="disabled"),
        pytest.param({"preferred_username": "linked"}, UNKNOWN, id="linked to another"),
        pytest.param({"preferred_username": ""}, DISTRUSTED, id="empty"),
        pytest.param({"preferred_username": ["ivanova"]}, DISTRUSTED, id="a list"),
        pytest.param({"preferred_username": "ivanova@example.ru"}, DISTRUSTED, id="with a domain"),
        pytest.param({"preferred_username": "ivаnova"}, DISTRUSTED, id="a Cyrillic letter"),
        pytest.param({"preferred_username": "ｉｖａｎｏｖａ"}, DISTRUSTED, id="wide letters"),
        pytest.param({"preferred_username": "lin\u212aed"}, DISTRUSTED, id="a Kelvin sign, k in small letters"),
        pytest.param({"preferred_username": "ivanova "}, DISTRUSTED, id="a blank"),
        pytest.param({"aud": ["another", "meterline"]}, None, id="two audiences, and azp is us"),
    ],
)
async def test_whose_account(
    reception: Reception, issuer: Issuer, claims: dict[str, object], expected: tuple[int, str] | None
) -> None:
    """An account that exists, by exactly its name; no other, and none is made."""
    await reception.hire()
    await reception.hire("disabled", disabled_at=reception.clock.now())
    await reception.hire("linked")
    issuer.has("linked")
    issuer.login = "linked"
    assert (await traveller(reception).go())[0] == 303
    issuer.login = "ivanova"
    issuer.has("ivanova", **claims)
    one = traveller(reception)
    status, page, _ = await one.go()
    if expected is None:
        assert (status, await is_in(one.visit)) == (303, True)
    else:
        assert (status, expected[1] in said(page), await is_in(one.visit)) == (expected[0], True, False)


@pytest.mark.parametrize("section", [{"claim": "email", "domain": "example.ru"}])
@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({"email": "Ivanova@Example.ru", "email_verified": True}, None, id="verified"),
        pytest.param({"email": "ivanova@example.ru", "email_verified": False}, DISTRUSTED, id="not verified"),
        pytest.param({"email": "ivanova@example.ru"}, DISTRUSTED, id="not said"),
        pytest.param({"email": "ivanova@example.ru", "email_verified": "true"}, DISTRUSTED, id="said as a word"),
        pytest.param({"email": "ivanova@evil.example", "email_verified": True}, DISTRUSTED, id="another domain"),
        pytest.param({"email": "ivanova@evil@example.ru", "email_verified": True}, DISTRUSTED, id="two domains"),
        pytest.param({"email": "ivanova", "email_verified": True}, DISTRUSTED, id="none"),
    ],
)
async def test_by_e_mail(
    reception: Reception, issuer: Issuer, claims: dict[str, object], expected: tuple[int, str] | None
) -> None:
    """Only what the issuer has verified, and only of our own domain."""
    await reception.hire()
    issuer.has("ivanova", **claims)
    status, page, _ = await traveller(reception).go()
    assert (status, expected is None or expected[1] in said(page)) == (expected[0] if expected else 303, True)


async def test_locked_name(reception: Reception) -> None:
    """Strangers who guess at its password keep the account shut for the issuer, too, and it says for how long."""
    await reception.hire(password=PASSWORD)
    for _ in range(5):
        await reception.visit().sign_in("ivanova", "nineteen dry harnesses")
    status, page, headers = await traveller(reception).go()
    assert (status, LOCKED[1] in said(page), headers["Retry-After"]) == (429, True, "60")
    reception.clock.advance(seconds=30)
    assert (await traveller(reception).go())[0] == 303


@pytest.mark.parametrize("section", [{"ask_totp": "true"}])
async def test_our_own_second_factor(reception: Reception) -> None:
    """Where it is asked for, the issuer's word leads as far as a password does."""
    await reception.hire(totp_secret="JBSWY3DPEHPK3PXP")
    one = traveller(reception)
    _, _, headers = await one.go("/staff/account")
    assert headers["Location"] == "/staff/second-factor?next=/staff/account"
    assert not await is_in(one.visit)


@pytest.mark.parametrize("section", [{"client_secret": ""}])
async def test_public_client(reception: Reception, issuer: Issuer) -> None:
    """Without a secret, PKCE alone shows that it is we who redeem the code."""
    await reception.hire()
    issuer.public_client = True
    assert (await traveller(reception).go())[0] == 303


@pytest.mark.parametrize(("method", "expected"), [("client_secret_post", 303), ("private_key_jwt", 503)])
async def test_ways_to_give_the_secret(reception: Reception, issuer: Issuer, method: str, expected: int) -> None:
    """In the form where the issuer takes it nowhere else; where he takes it not at all, no browser is sent to him."""
    await reception.hire()
    issuer.method = method
    one = traveller(reception)
    found = (await one.visit.get("/staff/oidc"))[0]
    assert (found if expected == 503 else (await one.go())[0]) == expected


@pytest.mark.parametrize("section", [{"client_secret": "another secret"}])
async def test_wrong_secret(reception: Reception) -> None:
    """That is the operator's to mend, and nobody's who signs in."""
    await reception.hire()
    status, page, _ = await traveller(reception).go()
    assert (status, DOWN[1] in said(page)) == (503, True)


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
