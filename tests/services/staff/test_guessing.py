"""Guessing, on both databases: how long it takes, and that nobody else suffers from it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from core.domain.staff import Role
from core.services.staff import (
    Busy,
    Locked,
    Passwords,
    Refused,
    Signing,
)
from core.services.staff import passwords as passwords_module
from core.storage.tables import staff_attempt
from tests.services.staff.desk import HERE, PASSWORD, STRANGER, WRONG, Office, code, enrolled, everything, fail


@pytest.mark.parametrize(
    ("name", "password"), [("ivanova", WRONG), ("ivanova", ""), ("petrova", PASSWORD), ("", ""), ("sidorova", PASSWORD)]
)
async def test_whatever_is_wrong_is_refused_alike(office: Office, name: str, password: str) -> None:
    """A wrong password, an unknown name, an account without a password: one refusal, and one hash of work."""
    await office.accounts.add("sidorova", "Сидорова", Role.OPERATOR)
    hasher = Counting()
    signing = Signing(office.sessions, Passwords(hasher))
    with pytest.raises(Refused):
        await signing.enter(name, password, HERE)
    assert hasher.count == 1


class Counting(PasswordHasher):
    """Counts what takes time; verifying is hashing, and comparing."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.count = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.count += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 - the library's name
        self.count += 1
        return super().verify(hash, password)


@pytest.mark.parametrize("name", ["ivanova", "nobody"])
async def test_waits_grow_whether_the_name_exists_or_not(office: Office, name: str) -> None:
    """Five failures, then 30 s, then a minute; until then nothing is looked at, and trying does not prolong it."""
    await fail(office, 5, name)
    began = office.clock.now()
    for _ in range(3):
        with pytest.raises(Locked) as locked:
            await office.signing.enter(name, PASSWORD, STRANGER)
        assert locked.value.until == began + timedelta(seconds=30)
        office.clock.advance(seconds=9)
    office.clock.advance(seconds=3)
    await fail(office, 1, name)
    with pytest.raises(Locked) as locked:
        await office.signing.enter(name, PASSWORD, STRANGER)
    assert locked.value.until == office.clock.now() + timedelta(minutes=1)


async def test_right_password_waits_too_and_then_begins_anew(office: Office) -> None:
    """A wait tells nothing of the password; after it the right one is taken, and the count is gone."""
    await fail(office, 5)
    with pytest.raises(Locked):
        await office.signing.enter("ivanova", PASSWORD, HERE)
    office.clock.advance(seconds=30)
    await office.signing.enter("ivanova", PASSWORD, HERE)
    await fail(office, 5)


async def test_guesses_at_once_gain_nothing(office: Office) -> None:
    """Of fifty guesses sent at the same moment five are looked at."""
    results = await asyncio.gather(
        *(office.signing.enter("ivanova", WRONG, STRANGER) for _ in range(30)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Locked"] * 25 + ["Refused"] * 5


async def test_one_address_with_many_names_waits(office: Office) -> None:
    """Thirty-one names tried once each make the address wait; other addresses do not."""
    for number in range(31):
        await fail(office, 1, f"name{number}")
    with pytest.raises(Locked):
        await office.signing.enter("ivanova", PASSWORD, STRANGER)
    await office.signing.enter("ivanova", PASSWORD, HERE)


async def test_an_office_behind_one_address_does_not_wait(office: Office) -> None:
    """Sign-ins that succeed cost an address nothing."""
    for _ in range(40):
        await office.signing.enter("ivanova", PASSWORD, HERE)
    assert await everything(office.database, staff_attempt.c.failures) == []


async def test_strangers_cannot_keep_a_known_browser_out(office: Office) -> None:
    """A browser that was signed in before has its own count, however long strangers go on; under its own name only."""
    known = replace(HERE, device=(await office.signing.enter("ivanova", PASSWORD, HERE)).device)
    await fail(office, 5)
    await office.signing.enter("ivanova", PASSWORD, known)
    await office.hire("petrova")
    await fail(office, 5, "petrova")
    with pytest.raises(Locked):
        await office.signing.enter("petrova", PASSWORD, known)


async def test_failures_are_forgotten_in_a_day(office: Office) -> None:
    """And take no room in the database."""
    await fail(office, 5)
    office.clock.advance(days=1)
    await office.signing.enter("ivanova", PASSWORD, HERE)
    assert await everything(office.database, staff_attempt.c.subject) == []


async def test_too_many_at_once_cost_no_attempt(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is turned away because the processor is busy has not failed."""
    monkeypatch.setattr(passwords_module, "WAITING", 0)
    with pytest.raises(Busy):
        await office.signing.enter("ivanova", PASSWORD, HERE)
    assert await everything(office.database, staff_attempt.c.subject) == []


async def test_codes_cannot_be_guessed(office: Office) -> None:
    """Failures wait as passwords do, and the right password does not take them back."""
    secret, _ = await enrolled(office)
    for _ in range(5):
        half = await office.signing.enter("ivanova", PASSWORD, STRANGER)
        with pytest.raises(Refused):
            await office.signing.prove(half.session, "000000", STRANGER)
    office.clock.advance(seconds=29)
    half = await office.signing.enter("ivanova", PASSWORD, STRANGER)
    with pytest.raises(Locked):
        await office.signing.prove(half.session, code(secret, office.clock), STRANGER)
    office.clock.advance(seconds=1)
    assert (await office.signing.prove(half.session, code(secret, office.clock), STRANGER)).token
