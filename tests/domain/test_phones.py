import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.phones import normalise, subscriber_number

MOBILE = "+79161234567"
SAME_NUMBER = {
    "e164": "+79161234567",
    "without_plus": "79161234567",
    "trunk_prefix": "89161234567",
    "ten_digits": "9161234567",
    "spaced": "+7 916 123 45 67",
    "as_people_write": "8 (916) 123-45-67",
    "hyphens": "8-916-123-45-67",
    "international_prefix": "810 7 916 123 45 67",
    "extension": "8-916-123-45-67 доб 5",
    "arabic_digits": "+٧٩١٦١٢٣٤٥٦٧",
}
NOT_NUMBERS = {
    "nothing": "",
    "blank": "   ",
    "short_code": "900",
    "short_code_with_zero": "0611",
    "name": "MEGAFON",
    "name_with_digits": "79161234ABC",
    "vanity": "8 800 FLOWERS",
    "too_short": "7916123456",
    "too_long": "791612345678",
    "unknown_code": "+79300000000",
    "foreign_exit_code": "007 916 123 45 67",
    "nul": "7916\x001234567",
    "endless": "7" * 400,
}


@pytest.mark.parametrize("name", list(SAME_NUMBER))
def test_spellings(name: str) -> None:
    """Every way to write a Russian mobile number gives the same E.164 number."""
    assert normalise(SAME_NUMBER[name]) == subscriber_number(SAME_NUMBER[name]) == MOBILE


@pytest.mark.parametrize("name", list(NOT_NUMBERS))
def test_not_numbers(name: str) -> None:
    """Names, short codes and impossible numbers are no numbers."""
    assert normalise(NOT_NUMBERS[name]) is None
    assert subscriber_number(NOT_NUMBERS[name]) is None


@pytest.mark.parametrize(
    ("raw", "number", "person"),
    [
        ("84212301234", "+74212301234", True),
        ("+77012345678", "+77012345678", True),
        ("+375291234567", "+375291234567", True),
        ("88005553535", "+78005553535", False),
        ("+78095553535", "+78095553535", False),
    ],
    ids=["landline", "kazakhstan", "belarus", "toll_free", "premium_rate"],
)
def test_services_are_nobody(raw: str, number: str, person: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Landlines and foreign mobiles may be people; toll free and premium numbers are services."""
    assert normalise(raw) == number
    assert subscriber_number(raw) == (number if person else None)


def by_library(raw: str) -> str | None:
    try:
        number = phonenumbers.parse(raw, "RU")
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


def test_fast_path_agrees_with_the_library() -> None:
    """The short way for Russian mobiles says what the library says, for every code and many numbers of each."""
    chance = random.Random(4711)  # noqa: S311 - samples, not secrets
    for code in range(900, 1000):
        for prefix in ("+7", "7", "8"):
            for _ in range(8):
                raw = f"{prefix}{code}{chance.randrange(10**7):07}"
                assert normalise(raw) == by_library(raw), raw


def test_fast_path_is_all_mobile() -> None:
    """All numbers of the short way are mobile ones in the library's eyes."""
    for code in (*range(900, 930), *range(931, 1000)):
        number = phonenumbers.parse(f"+7{code}0000000")
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ()\-]{3,20}", fullmatch=True))
def test_any_text(raw: str) -> None:
    """Any text gives a whole number that stays itself, or nothing."""
    number = normalise(raw)
    assert number is None or (number[0] == "+" and number[1:].isdecimal() and normalise(number) == number)
