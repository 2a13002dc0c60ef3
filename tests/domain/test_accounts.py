"""Numbers of accounts and meters: how they are compared and how they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.accounts import Account, mask, search_key


@pytest.mark.parametrize(
    ("written", "on_file"),
    [
        ("0010334090", "10334090"),
        ("10334090", "0010334090"),
        ("ав123456", "AB123456"),
        ("АВ123456", "ab123456"),
        ("00АВ1", "AB1"),
        ("СЕ101", "CE101"),
        ("0", "000"),
        ("12345-678-90", "1234567890"),
        ("А 12/3", "A123"),
    ],
)
def test_spellings_of_one_number_meet(written: str, on_file: str) -> None:
    """Leading zeros, case, and Cyrillic letters that look Latin do not matter."""
    assert search_key(written) == search_key(on_file)


@pytest.mark.parametrize(("one", "other"), [("100", "1"), ("10", "100"), ("1234567890", "1234567891"), ("Ж1", "Ш1")])
def test_different_numbers_stay_different(one: str, other: str) -> None:
    """Trailing zeros count."""
    assert search_key(one) != search_key(other)


@given(st.text(min_size=1, max_size=30))
def test_key_of_a_key_is_itself(number: str) -> None:
    """So that a key may be looked up by a key, and none is empty."""
    key = search_key(number)
    assert key
    assert search_key(key) == key


@pytest.mark.parametrize(
    ("number", "shown"), [("1234567890", "*7890"), ("12345", "*2345"), ("1234", "1234"), ("1", "1"), ("", "")]
)
def test_number_is_shown_by_its_end(number: str, shown: str) -> None:
    """Four characters at most."""
    assert mask(number) == shown


def test_account_prints_without_its_phone() -> None:
    """A log of an account names nobody."""
    assert "+7914" not in repr(Account(id=1, number="1", branch="khb", phone="+79141234567"))
