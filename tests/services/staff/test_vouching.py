"""Signing in by an issuer's word, on both databases: whose account it opens, and whose it does not."""

import asyncio
from typing import Any

import pytest

from core.domain.handovers import digest_of
from core.domain.staff import JOURNEY, Role, Stage, Vouched
from core.services.staff import Locked, Refused
from core.services.staff.vouching import Astray, Linked, Vouching
from core.storage.tables import staff_oidc_journey, staff_oidc_link, staff_session
from tests.services.staff.desk import HERE, PASSWORD, STRANGER, Office, everything, fail

ISSUER = "https://sso.example.ru/realms/staff"
SUBJECT = "6b7c1a52-0c8e-4a39-9a0e-0d5d0c6d9a11"


def vouched(name: str = "ivanova", subject: str = SUBJECT, issuer: str = ISSUER) -> Vouched:
    return Vouched(issuer=issuer, subject=subject, name=name)


def vouching(office: Office, *, ask_totp: bool = False) -> Vouching:
    return Vouching(office.sessions, ask_totp=ask_totp)


async def links(office: Office) -> list[Any]:
    return await everything(office.database, staff_oidc_link.c.subject)


async def test_first_sign_in_links(office: Office) -> None:
    """An account is found by its name once; then its subject opens it under whatever name, and no other does."""
    by_issuer = vouching(office)
    entered = await by_issuer.enter(vouched(), HERE)
    assert (entered.session.stage, entered.session.member.name) == (Stage.FULL, "ivanova")
    assert bool(entered.device)
    again = await by_issuer.enter(vouched("smirnova"), HERE, entered.session.digest)
    assert again.session.member.name == "ivanova"
    assert await everything(office.database, staff_session.c.digest) == [digest_of(again.token)]
    with pytest.raises(Refused):
        await by_issuer.enter(vouched(subject="another"), STRANGER)
    assert await links(office) == [SUBJECT]


async def test_subjects_are_compared_to_the_letter(office: Office) -> None:
    """Two subjects that differ by a capital are two people."""
    await vouching(office).enter(vouched(subject="abc"), HERE)
    with pytest.raises(Refused):
        await vouching(office).enter(vouched(subject="ABC"), HERE)


@pytest.mark.parametrize("name", ["petrova", "", "disabled"])
async def test_nobody_is_made_or_let_in(office: Office, name: str) -> None:
    """Unknown names and disabled accounts: refused, and nothing is linked."""
    await office.hire("disabled")
    await office.accounts.disable("disabled")
    with pytest.raises(Refused):
        await vouching(office).enter(vouched(name), HERE)
    assert await links(office) == []
    assert len(await office.accounts.all()) == 2


async def test_disabling_keeps_a_linked_account_out(office: Office) -> None:
    """The issuer vouches for him still, and we do not let him in until he is enabled."""
    entered = await vouching(office).enter(vouched(), HERE)
    await office.accounts.disable("ivanova")
    assert await office.sessions.find(entered.token) is None
    with pytest.raises(Refused):
        await vouching(office).enter(vouched(), HERE)
    await office.accounts.enable("ivanova")
    await vouching(office).enter(vouched(), HERE)


async def test_locked_account_stays_locked(office: Office) -> None:
    """While a name waits for failures with its password, the issuer's word opens it no sooner; then it does."""
    await fail(office, 5)
    with pytest.raises(Locked):
        await vouching(office).enter(vouched(), STRANGER)
    assert await links(office) == []
    office.clock.advance(seconds=30)
    await vouching(office).enter(vouched(), STRANGER)


async def test_refusals_count(office: Office) -> None:
    """Whoever comes with other subjects for a name waits as if he had guessed at its password."""
    await vouching(office).enter(vouched(), HERE)
    for number in range(5):
        with pytest.raises(Refused):
            await vouching(office).enter(vouched(subject=f"another {number}"), STRANGER)
    with pytest.raises(Locked):
        await vouching(office).enter(vouched(subject="another"), STRANGER)


@pytest.mark.parametrize(("ask_totp", "stages"), [(False, [Stage.FULL, Stage.FULL]), (True, [Stage.ENROL, Stage.CODE])])
async def test_second_factor_of_ours(strict: Office, *, ask_totp: bool, stages: list[Stage]) -> None:
    """By default the issuer's own is trusted; where ours is asked for, it is a must for the same roles as always."""
    found = []
    for _ in range(2):
        entered = await vouching(strict, ask_totp=ask_totp).enter(vouched(), HERE)
        found.append(entered.session.stage)
        await strict.database.write(_with_totp)
    assert found == stages


def _with_totp(connection: Any) -> None:
    connection.exec_driver_sql("UPDATE staff SET totp_secret = 'JBSWY3DPEHPK3PXP'")


async def test_of_two_subjects_at_once_one_is_linked(office: Office) -> None:
    """Whoever loses has no session."""
    found = await asyncio.gather(
        *(vouching(office).enter(vouched(subject=subject), HERE) for subject in ("one", "two")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in found) == ["Entered", "Refused"]
    assert (len(await links(office)), len(await everything(office.database, staff_session.c.digest))) == (1, 1)


async def test_linking_beforehand(office: Office) -> None:
    """Then the name is not believed at all; a link is taken back before another is made."""
    await office.hire("petrova", Role.OPERATOR)
    by_issuer = vouching(office)
    [ivanova, petrova] = [member for member, _ in await office.accounts.all()]
    await by_issuer.link(ivanova, ISSUER, SUBJECT)
    await by_issuer.link(ivanova, ISSUER, SUBJECT)
    for member, subject in ((ivanova, "another"), (petrova, SUBJECT)):
        with pytest.raises(Linked):
            await by_issuer.link(member, ISSUER, subject)
    assert (await by_issuer.enter(vouched("petrova"), HERE)).session.member.name == "ivanova"
    assert [await by_issuer.unlink(ivanova), await by_issuer.unlink(ivanova)] == [True, False]
    assert (await by_issuer.enter(vouched("petrova"), HERE)).session.member.name == "petrova"


async def test_another_issuer_s_subject_is_another(office: Office) -> None:
    """A subject means nothing without its issuer: a change of the issuer links anew."""
    await vouching(office).enter(vouched(), HERE)
    await office.hire("petrova")
    other = vouched("petrova", issuer="https://other.example.ru")
    assert (await vouching(office).enter(other, HERE)).session.member.name == "petrova"


async def test_password_goes_on_working(office: Office) -> None:
    """A linked account is still opened by its password."""
    await vouching(office).enter(vouched(), HERE)
    assert (await office.signing.enter("ivanova", PASSWORD, HERE)).session.stage is Stage.FULL


async def test_journey_ends_once_and_in_time(office: Office) -> None:
    """The database knows its digest only; it comes back once, and not after ten minutes; old ones are forgotten."""
    by_issuer = vouching(office)
    token = (await by_issuer.set_out("/staff/queue")).token
    assert await everything(office.database, staff_oidc_journey.c.digest) == [digest_of(token)]
    assert await by_issuer.come_back(token) == "/staff/queue"
    late = (await by_issuer.set_out("/staff/")).token
    for astray in (token, "", "no token", late[::-1]):
        with pytest.raises(Astray):
            await by_issuer.come_back(astray)
    office.clock.advance(seconds=JOURNEY.total_seconds())
    with pytest.raises(Astray):
        await by_issuer.come_back(late)
    await by_issuer.set_out("/staff/")
    assert len(await everything(office.database, staff_oidc_journey.c.digest)) == 1


async def test_of_two_who_come_back_at_once_one_does(office: Office) -> None:
    """A state that was overheard gains nothing after its owner, or loses him nothing but the try."""
    token = (await vouching(office).set_out("/staff/")).token
    found = await asyncio.gather(*(vouching(office).come_back(token) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Astray", "Astray", "str"]
