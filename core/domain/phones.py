"""Telephone numbers as E.164, and who may be behind one. The numbering plans are those of Google's libphonenumber."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType

_RUSSIAN_MOBILE = re.compile(r"(?:\+?7|8)(9(?:[0-24-9][0-9]|3[1-9])[0-9]{7})")
"""What phonenumbers calls a Russian mobile number: `9(?:[0-24-9]\\d{4}|3(?:0(...)|[1-9]\\d{3}))\\d{4}` in its metadata
for RU, without the partly assigned 930, which goes the long way. tests/domain/test_phones.py holds the two together."""
_LATIN = re.compile(r"[A-Za-z]")

SUBSCRIBER_TYPES = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.VOIP,
    }
)
"""Numbers that a person may have. The rest (toll free, premium rate, pagers and so on) belong to services."""


def normalise(raw: str, region: str = "RU") -> str | None:
    """The number in E.164 (`+79161234567`), or None when it is not a whole, valid number.

    Short codes (`900`), names (`MEGAFON`) and numbers that the numbering plan does not know give None.

    Args:
        raw: as people and gateways write it: `8 (916) 123-45-67`, `79161234567`, `+79161234567`, `8-495-... доб. 5`.
        region: where a number without a country code belongs.
    """
    if region == "RU" and (mobile := _RUSSIAN_MOBILE.fullmatch(raw)):
        return "+7" + mobile[1]
    number = _parse(raw, region)
    return None if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def subscriber_number(raw: str, region: str = "RU") -> str | None:
    """The number in E.164 when a person may be behind it; None for all that `normalise` refuses and for services."""
    if region == "RU" and (mobile := _RUSSIAN_MOBILE.fullmatch(raw)):
        return "+7" + mobile[1]
    number = _parse(raw, region)
    if number is None or phonenumbers.number_type(number) not in SUBSCRIBER_TYPES:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(phone: str) -> str:
    """`+7…4567`: enough to compare with, of a number in E.164."""
    return f"{phone[:2]}…{phone[-4:]}"


def _parse(raw: str, region: str) -> phonenumbers.PhoneNumber | None:
    """Read by the library. Latin letters are refused first: it would dial them as on an American keypad."""
    if _LATIN.search(raw):
        return None
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
