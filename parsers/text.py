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
_FOREIGN = re.compile(r"(?![\x00-\x7f])[\d\s]")
"""Digits and spaces of other scripts that NFKC leaves."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_NUMBER_SIGN = "№"


def normalise(text: str) -> str:
    """Return the text in NFKC with plain digits, dashes, spaces and line breaks, and nothing that cannot be seen.

    What NFKC makes longer than any message is cut one character behind the limit.
    """
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isascii():
        # NFKC would make "No" of the sign, which is a word.
        text = _NUMBER_SIGN.join(unicodedata.normalize("NFKC", part) for part in text.split(_NUMBER_SIGN))
        text = _FOREIGN.sub(_plain_character, text[: MAX_LENGTH + 1].translate(_PLAIN))
    return text.translate(_PLAIN).strip()


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
    return _CYRILLIC.search(word) is not None


def _plain_character(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0], " "))
