"""Signing in, on both databases: what is refused, for how long, and what ends when."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable

import pytest
from argon2 import PasswordHasher

from core.domain.handovers import digest_of
from core.domain.staff import Role, Stage, Weakness
from core.services.staff import (
    Entered,
    NoSuchLink,
    Passwords,
    Refused,
    Signing,
    TooWeak,
)
from core.storage.tables import staff, staff_session
from tests.services.staff.desk import HERE, PASSWORD, QUICK, STRANGER, WRONG, Office, code, enrolled, everything


async def test_sign_in_and_out(office: Office) -> None:
    """Name in any case and password open a session, which ends when its owner signs out."""
    entered = await office.signing.enter(" Ivanova", PASSWORD, HERE)
    session = await office.sessions.find(entered.token)
    assert session is not None
    assert (session.stage, session.member.name, session.user_agent) == (Stage.FULL, "ivanova", "Firefox")
    await office.sessions.end(session)
    assert await office.sessions.find(entered.token) is None


async def test_password_is_the_same_on_every_system(office: Office) -> None:
    """Some write «й» as one character and some as two, even where that makes a long password longer than allowed."""
    password = "жёлтый чай " * 18
    await office.hire("petrova", password=unicodedata.normalize("NFC", password))
    for form in ("NFC", "NFD"):
        await office.signing.enter("petrova", unicodedata.normalize(form, password), HERE)


async def test_database_holds_neither_password_nor_token(office: Office) -> None:
    """A copy of the database lets nobody in: hashes only."""
    entered = await office.signing.enter("ivanova", PASSWORD, HERE)
    assert (await everything(office.database, staff.c.password))[0].startswith("$argon2id$")
    assert await everything(office.database, staff_session.c.digest) == [digest_of(entered.token)]
    assert not {PASSWORD, entered.token, entered.device} & set(repr(entered).split("'"))


class Meanwhile(Passwords):
    """Something happens while a password is being looked at."""

    def __init__(self, happening: Callable[[], Awaitable[object]]) -> None:
        super().__init__(QUICK)
        self.happening = happening

    async def verified(self, password: str, stored: str) -> str | None:
        found = await super().verified(password, stored)
        await self.happening()
        return found


@pytest.mark.parametrize("what", ["disable", "reset"])
async def test_nobody_slips_in_while_he_is_put_out(office: Office, what: str) -> None:
    """A sign-in that was under way when its account was disabled or reset opens no session."""
    signing = Signing(office.sessions, Meanwhile(lambda: getattr(office.accounts, what)("ivanova")))
    with pytest.raises(Refused):
        await signing.enter("ivanova", PASSWORD, HERE)
    assert await everything(office.database, staff_session.c.digest) == []


async def test_hash_follows_the_parameters(office: Office) -> None:
    """Whoever signs in after the parameters were raised gets a new hash, and his password still works."""
    before = await everything(office.database, staff.c.password)
    signing = Signing(office.sessions, Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)))
    await signing.enter("ivanova", PASSWORD, HERE)
    after = await everything(office.database, staff.c.password)
    assert [",t=1," in before[0], ",t=2," in after[0]] == [True, True]
    await signing.enter("ivanova", PASSWORD, HERE)


async def test_session_ends_idle_and_absolutely(office: Office) -> None:
    """Half an hour without a request ends it; with requests, twelve hours do."""
    idle = await office.signing.enter("ivanova", PASSWORD, HERE)
    office.clock.advance(minutes=29)
    assert await office.sessions.find(idle.token) is not None
    office.clock.advance(minutes=30)
    assert await office.sessions.find(idle.token) is None
    busy = await office.signing.enter("ivanova", PASSWORD, HERE)
    for _ in range(35):
        office.clock.advance(minutes=20)
        assert await office.sessions.find(busy.token) is not None
    office.clock.advance(minutes=20)
    assert await office.sessions.find(busy.token) is None
    await office.signing.enter("ivanova", PASSWORD, HERE)
    assert len(await everything(office.database, staff_session.c.digest)) == 1


async def test_disabling_ends_sessions_at_once(office: Office) -> None:
    """And neither password nor link lets him in until he is enabled."""
    entered = await office.signing.enter("ivanova", PASSWORD, HERE)
    await office.accounts.disable("Ivanova")
    assert await office.sessions.find(entered.token) is None
    with pytest.raises(Refused):
        await office.signing.enter("ivanova", PASSWORD, HERE)
    await office.accounts.enable("ivanova")
    await office.signing.enter("ivanova", PASSWORD, HERE)


async def test_other_rights_end_sessions(office: Office) -> None:
    """No session keeps a role that was taken away; the next one has the new role and branches."""
    entered = await office.signing.enter("ivanova", PASSWORD, HERE)
    await office.accounts.change("ivanova", role=Role.AUDITOR, branches=["khb"])
    assert await office.sessions.find(entered.token) is None
    member = (await office.signing.enter("ivanova", PASSWORD, HERE)).session.member
    assert (member.role, member.branches) == (Role.AUDITOR, {"khb"})


async def test_link_sets_a_password_once(office: Office) -> None:
    """Looking uses nothing up, a weak password neither; the first good one does."""
    token = (await office.accounts.add("petrova", "Петрова", Role.OPERATOR)).token
    assert (await office.signing.invited(token)).name == "petrova"
    with pytest.raises(TooWeak) as weak:
        await office.signing.accept(token, "petrova", HERE)
    assert weak.value.weakness is Weakness.SHORT
    results = await asyncio.gather(
        *(office.signing.accept(token, PASSWORD, HERE) for _ in range(2)), return_exceptions=True
    )
    assert {type(result) for result in results} == {Entered, NoSuchLink}
    with pytest.raises(NoSuchLink):
        await office.signing.invited(token)


async def test_link_expires_and_a_new_one_replaces_it(office: Office) -> None:
    """Three days; and of two links the newer counts."""
    old = (await office.accounts.add("petrova", "Петрова", Role.OPERATOR)).token
    new = (await office.accounts.reset("petrova")).token
    with pytest.raises(NoSuchLink):
        await office.signing.invited(old)
    office.clock.advance(days=3)
    for token in (new, "none-of-ours-but-long-enough", "", "../.."):
        with pytest.raises(NoSuchLink):
            await office.signing.invited(token)


async def test_reset_ends_everything_and_keeps_the_phone(office: Office) -> None:
    """Sessions and the old password are gone; the second factor is still asked for, unless it was reset, too."""
    _, entered = await enrolled(office)
    token = (await office.accounts.reset("ivanova")).token
    assert await office.sessions.find(entered.token) is None
    with pytest.raises(Refused):
        await office.signing.enter("ivanova", PASSWORD, HERE)
    assert (await office.signing.accept(token, WRONG, HERE)).session.stage is Stage.CODE
    token = (await office.accounts.reset("ivanova", second_factor=True)).token
    assert (await office.signing.accept(token, PASSWORD, HERE)).session.stage is Stage.FULL


async def test_second_factor_is_set_up_before_anything_else(strict: Office) -> None:
    """Where it is required, the first session is good for nothing but its set-up."""
    entered = await strict.signing.enter("ivanova", PASSWORD, HERE)
    assert (entered.session.stage, entered.device) == (Stage.ENROL, "")
    secret = await strict.signing.offer(entered.session)
    assert await strict.signing.offer(entered.session) == secret
    with pytest.raises(Refused):
        await strict.signing.enrol(entered.session, "000000", "", HERE)
    full = await strict.signing.enrol(entered.session, code(secret, strict.clock), "", HERE)
    assert full.session.stage is Stage.FULL
    assert await strict.sessions.find(entered.token) is None


async def test_code_is_asked_for_and_used_once(office: Office) -> None:
    """Password, then code; the code of the set-up, or of another browser, is not taken again."""
    secret, _ = await enrolled(office)
    half = await office.signing.enter("ivanova", PASSWORD, HERE)
    assert half.session.stage is Stage.CODE
    with pytest.raises(Refused):
        await office.signing.prove(half.session, code(secret, office.clock), HERE)
    office.clock.advance(seconds=30)
    other = await office.signing.enter("ivanova", PASSWORD, HERE)
    results = await asyncio.gather(
        *(office.signing.prove(session, code(secret, office.clock), HERE) for session in (half.session, other.session)),
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {Entered, Refused}


async def test_half_a_session_ends_soon(office: Office) -> None:
    """A quarter of an hour for the code."""
    await enrolled(office)
    half = await office.signing.enter("ivanova", PASSWORD, HERE)
    office.clock.advance(minutes=15)
    assert await office.sessions.find(half.token) is None


async def test_change_of_password_rotates_and_ends_the_others(office: Office) -> None:
    """The old password is asked for; this browser gets a new token, the others are out."""
    here = await office.signing.enter("ivanova", PASSWORD, HERE)
    there = await office.signing.enter("ivanova", PASSWORD, STRANGER)
    with pytest.raises(Refused):
        await office.signing.change_password(here.session, WRONG, "eighteen wet horses", HERE)
    with pytest.raises(TooWeak):
        await office.signing.change_password(here.session, PASSWORD, "short", HERE)
    after = await office.signing.change_password(here.session, PASSWORD, "eighteen wet horses", HERE)
    for token in (here.token, there.token):
        assert await office.sessions.find(token) is None
    assert await office.sessions.find(after.token) is not None
    assert await everything(office.database, staff_session.c.rotated_from) == [digest_of(here.token)]


async def test_sign_out_everywhere_else(office: Office) -> None:
    """All but this one end."""
    tokens = [(await office.signing.enter("ivanova", PASSWORD, HERE)).token for _ in range(3)]
    last = await office.sessions.find(tokens[2])
    assert last is not None
    assert len(await office.sessions.of(last.member)) == 3
    await office.sessions.end_all(last.member, but=last.digest)
    assert [await office.sessions.find(token) is not None for token in tokens] == [False, False, True]


async def test_preferences_are_kept(office: Office) -> None:
    """One key does not lose another."""
    member = (await office.signing.enter("ivanova", PASSWORD, HERE)).session.member
    await office.accounts.prefer(member, theme="dark")
    await office.accounts.prefer(member, sort="age")
    await office.accounts.speak(member, "en")
    [(after, seen)] = await office.accounts.all()
    assert (after.preferences, after.language, seen) == ({"theme": "dark", "sort": "age"}, "en", office.clock.now())


def test_quick_hashes_are_for_tests_only() -> None:
    """The service's own parameters are at least OWASP's minimum: 19 MiB, two rounds."""
    real = Passwords()._hasher
    assert (real.memory_cost >= 19 * 1024, real.time_cost >= 2) == (True, True)
    assert QUICK.memory_cost < real.memory_cost
