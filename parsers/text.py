"""Text as phones send it, made plain: one kind of digit, dash and space, and words that compare."""

import re
import unicodedata

MAX_LENGTH = 1000
"""A longer text is refused unread: nothing a subscriber means for us needs more."""

_DASHES = "‐‑‒–—―−﹘﹣－⁃➖"
_LOOK_THE_SAME = str.maketrans("abcehkmoptxy", "авсенкмортху")
_PLAIN = str.maketrans(
    {"⁄": "/", "∕": "/", "\t": " ", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
) | {ord(dash): "-" for dash in _DASHES}
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
"""Controls, zero-width and direction marks, variation selectors, byte order marks and halves of surrogate pairs."""
_NUMBER_SIGN = "№"


def normalise(text: str) -> str:
    """Return the text in NFKC with plain digits, dashes, spaces and line breaks, and nothing that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return _UNSEEN.sub("", text.translate(_PLAIN)).strip()
    text = _UNSEEN.sub("", text)
    # NFKC would make "No" of the sign, which is a word.
    text = _NUMBER_SIGN.join(unicodedata.normalize("NFKC", part) for part in text.split(_NUMBER_SIGN))
    text = _UNSEEN.sub("", text.translate(_PLAIN))
    return "".join([_plain_character(character) for character in text]).strip()


def is_mended(text: str, plain: str) -> bool:
    """Tell whether `normalise` made more of the text than another way to encode the same characters."""
    return plain != unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()


def fold(word: str) -> str:
    """Return the word as tables spell it: lower case, `е` for `ё`, and Cyrillic throughout if any of it is."""
    word = word.casefold().replace("ё", "е")
    return word.translate(_LOOK_THE_SAME) if is_cyrillic(word) else word


def fold_to_cyrillic(word: str) -> str:
    """Return the word in lower case with all Latin letters that look Cyrillic made so: `T1` is then `т1`."""
    return word.casefold().replace("ё", "е").translate(_LOOK_THE_SAME)


def is_cyrillic(word: str) -> bool:
    """Tell whether any letter of the word is Cyrillic."""
    return any("\u0400" <= letter <= "\u04ff" for letter in word)


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return " " if character.isspace() else character
