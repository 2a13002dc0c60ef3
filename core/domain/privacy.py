"""What may be said where: channels that must carry no personal data, and addresses shown in part."""

import re
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from core.domain.messages import Capabilities

FORGOTTEN: Final = "forgotten"
"""Stands for an `external_id` whose owner wanted to be forgotten. No channel gives an address that name."""


def restricted(capabilities: Capabilities) -> Capabilities:
    """The same channel where neither personal nor payment data may pass.

    A company with a state share above a half may not send them through messengers on Roskomnadzor's list
    (Federal Law 149-FZ of 27.07.2006, article 10, part 8, since 01.03.2023).
    """
    return replace(capabilities, may_show_balance=False, may_send_payment_link=False, may_show_address=False)


_SUM: Final = re.compile(r"\d(?:[.,]\d\d)?\s*(?:руб|р\.|₽|коп|rub)|\d,\d\d\b|\d{3}\.\d\d\b", re.IGNORECASE)
"""A sum of money: `25.11` is a day."""
_LINK: Final = re.compile(r"https?://|www\.|\w\.(?:ru|рф|su|com|net|org)\b", re.IGNORECASE)


def unfit(words: str, address: str, capabilities: Capabilities) -> str:
    """What of a moderator's own words the channel must not carry: `a sum`, `a link`, `the address`; empty if nothing.

    Words can say the same in other ways: this catches the slip, not the intent.
    """
    if not capabilities.may_show_balance and _SUM.search(words):
        return "a sum"
    if not capabilities.may_send_payment_link and _LINK.search(words):
        return "a link"
    if not capabilities.may_show_address and _names(words, address):
        return "the address"
    return ""


def _names(words: str, address: str) -> bool:
    """Whether the words hold the street or whatever else of the address is masked; short names say too little."""
    hidden = set(re.findall(r"[^\W\d_]{4,}", address.lower())) - set(re.findall(r"\w+", mask_address(address).lower()))
    return not hidden.isdisjoint(re.findall(r"\w+", words.lower()))


_PLACES: Final = re.compile(r"г|гор|город|с|село|п|пос|пос[её]лок|пгт|рп|нп|ст|станица|х|хутор|аул|дер|деревня")
"""Words before the name of a settlement; so is `д` where no number follows."""
_REGIONS: Final = re.compile(r"край|обл|область|респ|республика|ао|округ|р-н|район")
"""Words on either side of a region's name."""
_STREETS: Final = re.compile(
    r"ул|улица|пер|переулок|пр|пр-кт|просп|проспект|пр-д|проезд|б-р|бул|бульвар|ш|шоссе|наб|набережная|пл|площадь|"
    r"мкрн?|микрорайон|кв-л|квартал|туп|тупик|ал|аллея|тер|снт|днт|сот"
)
_HOUSES: Final = re.compile(r"д|дом|вл|владение|к|корп|корпус|стр|строение|лит|литера?")
_FLATS: Final = re.compile(r"кв|квартира|ком|комн|комната|оф|офис|пом|помещение")
_POSTAL_CODE: Final = re.compile(r"\d{6}")
_GLUED: Final = re.compile(r"\b([^\W\d_]{1,4}\.)(?=\w)")
"""`ул.Ленина`, `д.57`: a marker and its name without a space."""


class _Kind(Enum):
    """What a word of an address belongs to."""

    UNKNOWN = auto()
    PLACE = auto()
    STREET = auto()
    HOUSE = auto()
    FLAT = auto()


def mask_address(address: str) -> str:
    """A place that its owner knows again and nobody else finds: `г. Хабаровск, ул. Ле***, д. 5*, кв. **`.

    The settlement stays, of the street two letters, of the house one digit, of the flat nothing. Billing systems write
    addresses as they like; what is not understood is hidden like a street or a house.
    """
    parts = []
    housed = False
    for part in re.split(r"[,;\n]", _GLUED.sub(r"\1 ", address)):
        words = part.split()
        if not words or (len(words) == 1 and _POSTAL_CODE.fullmatch(words[0])):
            continue
        if not _is_region(words):
            words, housed = _masked(words, housed=housed)
        parts.append(" ".join(words))
    return ", ".join(parts)


def _is_region(words: list[str]) -> bool:
    return any(_REGIONS.fullmatch(_bare(word)) for word in words) and not any(map(_has_digit, words))


def _masked(words: list[str], *, housed: bool) -> tuple[list[str], bool]:
    """Hide the names behind the markers of a part between commas; with whether a house's number has come by now."""
    shown: list[str] = []
    kind, is_first = _Kind.UNKNOWN, True
    for word, following in zip(words, [*words[1:], ""], strict=True):
        found = _kind(_bare(word), following)
        # `Амурский бульвар 5`: the word stands behind the name, and what follows is the house.
        is_behind = found is _Kind.STREET and kind is _Kind.UNKNOWN and not is_first and _has_digit(following)
        if found is not _Kind.UNKNOWN and not is_behind:
            kind, is_first = found, True
            shown.append(word)
            continue
        if _has_digit(word) and (kind is _Kind.UNKNOWN or (kind in {_Kind.PLACE, _Kind.STREET} and not is_first)):
            kind, is_first = _Kind.FLAT if housed else _Kind.HOUSE, True
        if is_first:
            shown.append(_hidden(word, kind))
        housed = housed or kind is _Kind.HOUSE
        is_first = False
    return shown, housed


def _kind(marker: str, following: str) -> _Kind:
    """What a marker announces; without a name behind it, it is none."""
    if not following:
        return _Kind.UNKNOWN
    if _FLATS.fullmatch(marker):
        return _Kind.FLAT
    if _HOUSES.fullmatch(marker) and (marker != "д" or _has_digit(following)):
        return _Kind.HOUSE
    if _STREETS.fullmatch(marker):
        return _Kind.STREET
    if marker == "д" or _PLACES.fullmatch(marker) or _REGIONS.fullmatch(marker):
        return _Kind.PLACE
    return _Kind.UNKNOWN


def _hidden(word: str, kind: _Kind) -> str:
    """A name with as much of it as may be seen. How long it is does not show."""
    match kind:
        case _Kind.PLACE if not _has_digit(word):
            return word
        case _Kind.FLAT:
            return "**"
        case _Kind.HOUSE:
            return f"{word[:1]}*" if word[:1].isdigit() else "*"
    return f"{word[: 1 if word[0].isdigit() else min(2, len(word) - 1)]}***"


def _bare(word: str) -> str:
    return word.lower().rstrip(".")


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)
