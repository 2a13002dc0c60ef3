"""How long a text is in the unit a channel counts, and how many parts of an SMS it costs.

Sizes: 3GPP TS 23.040 (140 octets of user data, six of them for the header of a part). Alphabet: 3GPP TS 23.038.
"""

import re

from gsm0338 import Codec

from core.domain.messages import TextUnit

GSM_SINGLE, GSM_PART = 160, 153
"""Septets in a lone SMS and in a part of a long one: 140 * 8 / 7, and 140 octets less a header of six."""
UCS2_SINGLE, UCS2_PART = 70, 67
"""UTF-16 code units in a lone SMS and in a part of a long one: 140 / 2, and 134 / 2."""
ESCAPE = 0x1B


def _alphabet() -> tuple[str, str]:
    """The characters of the default alphabet that cost one septet, and those behind the escape that cost two."""
    decode = Codec().decode
    basic = "".join(decode(bytes([code]))[0] for code in range(0x80) if code != ESCAPE)
    extended = (decode(bytes([ESCAPE, code]), "ignore")[0] for code in range(0x80) if code != ESCAPE)
    return basic, "".join(character for character in extended if character)


BASIC, EXTENDED = _alphabet()
_GSM = re.compile(f"[{re.escape(BASIC + EXTENDED)}]*")
_EXTENDED = re.compile(f"[{re.escape(EXTENDED)}]")


def is_gsm(text: str) -> bool:
    """Tell whether the text fits GSM 03.38; any Cyrillic letter makes it UCS-2."""
    return _GSM.fullmatch(text) is not None


def septets(text: str) -> int:
    """Septets of a text that `is_gsm`: one a character, two for those behind the escape, such as the euro sign."""
    return len(text) + len(_EXTENDED.findall(text))


def utf16_units(text: str) -> int:
    """UTF-16 code units: one a character, two for an emoji and its like."""
    # Less the byte order mark: Python has a short way for this name of a codec, and not for the ones without a mark.
    return len(text.encode("utf-16", "surrogatepass")) // 2 - 1


def segments(text: str) -> int:
    """Parts of an SMS that the text costs; 0 for an empty one. No part ends inside an escape or a surrogate pair."""
    if is_gsm(text):
        size, wide, single, part = septets(text), EXTENDED, GSM_SINGLE, GSM_PART
    else:
        size, wide, single, part = utf16_units(text), "", UCS2_SINGLE, UCS2_PART
    if size <= single:
        return 1 if size else 0
    if size == len(text):
        return -(-size // part)
    return _walk(text, wide, part)


def _walk(text: str, wide: str, part: int) -> int:
    """Count parts character by character: a pair that does not fit leaves a place empty and goes to the next part."""
    parts, used = 1, 0
    for character in text:
        cost = 2 if character in wide or character > "\uffff" else 1
        used += cost
        if used > part:
            parts, used = parts + 1, cost
    return parts


def utf8_bytes(text: str) -> int:
    """Octets in UTF-8; lone surrogates count three, as if they could be sent."""
    return len(text.encode("utf-8", "surrogatepass"))


_MEASURES = {
    TextUnit.CHARACTERS: len,
    TextUnit.UTF16: utf16_units,
    TextUnit.BYTES: utf8_bytes,
    TextUnit.SEGMENTS: segments,
}


def measure(text: str, unit: TextUnit) -> int:
    """The text's length in `unit`."""
    return _MEASURES[unit](text)
