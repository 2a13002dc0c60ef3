"""`doctor` about the issuer: each fault is found, and told with what to do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.checkup import Finding, Verdict
from bot.checkup_oidc import oidc
from bot.settings import load
from tests.bot.conftest import CONFIG
from tests.bot.oidc.emulator import CLIENT, SECRET, Fault, Issuer
from tests.conftest import FixedClock

PUBLIC = "https://sms.example.ru"


@pytest.fixture
async def issuer(clock: FixedClock) -> AsyncIterator[Issuer]:
    issuer = Issuer(clock)
    await issuer.start()
    yield issuer
    await issuer.stop()


async def found(issuer: Issuer, folder: Path, secret: str = SECRET, *, enabled: str = "true") -> list[Finding]:
    file = folder / "meterline.toml"
    file.write_text(CONFIG, encoding="utf-8")
    values = {"ENABLED": enabled, "ISSUER": issuer.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": secret}
    names = {f"METERLINE__STAFF__OIDC__{name}": value for name, value in values.items()}
    settings = load(file, names | {"METERLINE__SERVER__PUBLIC_URL": PUBLIC})
    return await oidc(settings, issuer.clock)


async def test_all_is_well(issuer: Issuer, tmp_path: Path) -> None:
    """It says which address must be registered at the issuer; no browser is sent, no code redeemed."""
    words = f"the issuer is there; he may send back to {PUBLIC}/staff/oidc/callback"
    assert await found(issuer, tmp_path) == [Finding("single sign-on", Verdict.OK, words)]
    assert issuer.asked == ["document", "certs"]


async def test_switched_off(issuer: Issuer, tmp_path: Path) -> None:
    """Then it is not looked for."""
    assert (await found(issuer, tmp_path, enabled="false"), issuer.asked) == ([], [])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.OTHER_DOCUMENT, "discovery names another issuer"),
        (Fault.NO_DOCUMENT, "discovery answered HTTP 404"),
        (Fault.UNREADABLE, "discovery is unreadable"),
        (Fault.UNSAFE, "token_endpoint is missing or not safe"),
        (Fault.NO_KEYS, "there are no keys to check signatures with"),
    ],
)
async def test_documents_that_cannot_be_used(issuer: Issuer, tmp_path: Path, fault: Fault, words: str) -> None:
    """What is wrong with them, and where to look."""
    issuer.faults = {fault}
    [finding] = await found(issuer, tmp_path)
    assert (finding.verdict, finding.found, issuer.url in finding.todo) == (Verdict.FAULT, words, True)


async def test_issuer_that_is_not_there(issuer: Issuer, tmp_path: Path) -> None:
    """A fault: nobody comes in that way."""
    await issuer.stop()
    [finding] = await found(issuer, tmp_path)
    assert finding.verdict is Verdict.FAULT
    assert finding.found.startswith("no connection to the issuer")


async def test_what_makes_it_weaker(issuer: Issuer, tmp_path: Path) -> None:
    """No secret, and no PKCE: two warnings, each with what to do."""
    issuer.faults = {Fault.PLAIN}
    findings = await found(issuer, tmp_path, secret="")
    assert [(one.verdict, one.found) for one in findings] == [
        (Verdict.WARNING, "the issuer does not check PKCE"),
        (Verdict.WARNING, "there is no client secret"),
    ]
    assert all(one.todo for one in findings)
