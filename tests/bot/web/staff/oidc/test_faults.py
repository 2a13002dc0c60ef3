"""An issuer that lies, stumbles, or is not there: what is not believed, and what is said about it."""

import json

import pytest

from bot import logs
from bot.oidc import issuer as issuer_module
from core.domain.staff import Role
from tests.bot.conftest import Running
from tests.bot.oidc.emulator import Fault, Issuer, elliptic, rsa
from tests.bot.web.staff.conftest import Reception, said
from tests.bot.web.staff.oidc.conftest import (
    DENIED,
    DISTRUSTED,
    DOWN,
    Traveller,
    is_in,
    subjects,
    traveller,
)
from tests.services.staff.desk import PASSWORD


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent issuer is not waited for as long as people would; to be asked for before the service."""
    monkeypatch.setattr(issuer_module, "SECONDS", 2.0)


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
