"""Numbers that make no submission: bank cards, which must not be stored or logged, phones, and names alone."""

from collections.abc import Sequence

from parsers.message import Language, RejectCode, Rejected
from parsers.shapes import MAX_VALUE_DIGITS, NAME_DIGITS

_CARD_DIGITS = range(13, 20)
_NO_ISSUER = "01"
"""No card starts so; meters' serial numbers of 15 digits often do."""
_CARD_QUARTERS = [4, 4, 4, 4]
_SURE_NAME_DIGITS = 5
_PHONE_DIGITS = 11
_PHONE_STARTS = ("79", "89")
_SHOWN_DIGITS = 4
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""What the Luhn check makes of every second digit: the digit sum of its double."""


def card_in(numbers: Sequence[str]) -> str | None:
    """Return the bank card number among these, written in one piece or in fours.

    An account or a meter's serial number passes the Luhn check once in ten times, so the first two numbers of a
    message that reads as `account meter value` are left alone.
    """
    first = 2 if _reads_as_submission(numbers) else 0
    for number in numbers[first:]:
        if _is_card(number):
            return number
    for place in range(len(numbers) - 3):
        if [len(number) for number in numbers[place : place + 4]] == _CARD_QUARTERS:
            for end in (place + 4, place + 5):
                if _is_card(joined := "".join(numbers[place:end])):
                    return joined
    return None


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit that bank cards carry."""
    plain = sum(map(int, digits[-1::-2]))
    doubled = sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return (plain + doubled) % 10 == 0


def is_phone(number: str) -> bool:
    """Tell whether the number is written as Russian mobile phones are: 7 or 8, then nine more starting at 9."""
    return len(number) == _PHONE_DIGITS and number.startswith(_PHONE_STARTS)


def reject_card(card: str) -> Rejected:
    """Refuse a message with a card number, keeping no more of it than a receipt would show."""
    return Rejected(RejectCode.CARD_NUMBER, "*" * (len(card) - _SHOWN_DIGITS) + card[-_SHOWN_DIGITS:])


def refuse(numbers: Sequence[str], language: Language | None = None, *, is_off_topic: bool = False) -> Rejected:
    """Refuse numbers that make no submission, naming those that might be an account."""
    match numbers:
        case [phone] if is_phone(phone) and not is_off_topic:
            return Rejected(RejectCode.PHONE_FOR_ACCOUNT, phone, language)
    accounts = tuple(
        number for number in numbers if number.isdigit() and len(number) in NAME_DIGITS and not _is_card(number)
    )
    return Rejected(RejectCode.FORMAT, "", language, accounts)


def _is_card(number: str) -> bool:
    return len(number) in _CARD_DIGITS and number[0] not in _NO_ISSUER and passes_luhn(number)


def _reads_as_submission(numbers: Sequence[str]) -> bool:
    match numbers:
        case [account, meter, value, *_]:
            names = len(account) in NAME_DIGITS and len(meter) in NAME_DIGITS
            return names and min(len(account), len(meter)) >= _SURE_NAME_DIGITS and len(value) <= MAX_VALUE_DIGITS
    return False
