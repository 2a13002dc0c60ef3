"""Signing in by an issuer, over HTTP: whose account it opens, and how far."""

import pytest

from tests.bot.oidc.emulator import Issuer
from tests.bot.web.staff.conftest import Reception, said
from tests.bot.web.staff.oidc.conftest import (
    DISTRUSTED,
    LOCKED,
    UNKNOWN,
    is_in,
    traveller,
)
from tests.services.staff.desk import PASSWORD


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
