"""Signed links on bills."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.deep_links import LIMIT, account_in, sign, verify

SECRET = b"a-secret-of-the-bills"
DECEMBER = date(2026, 12, 31)
numbers = st.text(alphabet="0123456789ABCabc", min_size=1, max_size=30)
months = st.dates(date(2000, 1, 1), date(2098, 12, 31))


@given(numbers, months)
def test_signed_is_verified(number: str, month: date) -> None:
    """What we signed names its account until the end of its last month, and fits every messenger's link."""
    payload = sign(number, month, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert len(payload) <= LIMIT
    assert account_in(payload) == number
    assert verify(payload, SECRET, month.replace(day=1)) == number
    assert verify(payload, SECRET, month.replace(day=28)) == number


@given(numbers, months)
def test_nobody_else_can_sign(number: str, month: date) -> None:
    """With another secret, or none, nothing is verified, though the account can be read."""
    payload = sign(number, month, b"another")
    assert account_in(payload) == number
    assert verify(payload, SECRET, month) == ""
    assert verify(sign(number, month, SECRET), b"", month) == ""


@given(numbers, months, st.integers(0, 63), st.sampled_from("0123456789ABCabc_-"))
def test_changed_in_one_place(number: str, month: date, place: int, letter: str) -> None:
    """One other letter anywhere, and it is none of ours."""
    payload = sign(number, month, SECRET)
    place %= len(payload)
    changed = payload[:place] + letter + payload[place + 1 :]
    assert verify(changed, SECRET, date(2000, 1, 1)) == ("" if changed != payload else number)


@pytest.mark.parametrize(
    ("today", "account"),
    [
        (date(2026, 1, 1), "2701001101"),
        (date(2026, 12, 1), "2701001101"),
        (date(2026, 12, 31), "2701001101"),
        (date(2027, 1, 1), ""),
        (date(2030, 6, 1), ""),
    ],
)
def test_last_month(today: date, account: str) -> None:
    """A bill counts through the whole of its last month, and no day longer."""
    assert verify(sign("2701001101", DECEMBER, SECRET), SECRET, today) == account


@given(st.text(max_size=80))
def test_anything(payload: str) -> None:
    """Whatever a link carries, it is read without failing, and nothing unsigned is believed."""
    account_in(payload)
    assert verify(payload, SECRET, DECEMBER) == ""


@pytest.mark.parametrize("number", ["", "270-100", "счёт", "2701001101\n", "x" * 31])
def test_numbers_that_no_link_can_carry(number: str) -> None:
    """Refused where links are made."""
    with pytest.raises(ValueError, match="make a link"):
        sign(number, DECEMBER, SECRET)


def test_no_secret() -> None:
    """Nothing is signed without a secret."""
    with pytest.raises(ValueError, match="make a link"):
        sign("2701001101", DECEMBER, b"")


@pytest.mark.parametrize("payload", ["2701001101-2613-AAAAAAAAAAAAAAAA", "2701001101-2600-AAAAAAAAAAAAAAAA", "a-b-c"])
def test_no_such_month(payload: str) -> None:
    """A thirteenth month is no payload."""
    assert account_in(payload) == ""
