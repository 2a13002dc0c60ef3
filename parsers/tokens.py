"""A normalised text cut into figures, labels, words and marks."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from parsers.labels import Meaning, Role, meaning
from parsers.message import Zone
from parsers.shapes import NAME_DIGITS

_ZEROS = "oOоО"
_LOOK_LIKE_DIGITS = str.maketrans("oOоОзЗбlI|чЧ", "000033611144")
_WHOLE = re.compile(r"(?:[0-9]{1,2}\|[0-9]{1,4}|[0-9]{1,4}\|[0-9]{1,2})(?![^\W_]|\|)|[^\W_]++|\S|\n")
"""A word or a mark; `|` is a 1 inside a short figure and a mark elsewhere."""
_PIECE = re.compile(r"[0-9]++|[^0-9]++")
_ZONE_GLUED = re.compile(r"([тТtT])([123])([0-9]{2,9})")
"""`Т15778` is T1 and 5778: subscribers leave the colon out, and a serial number seldom starts so."""
_SERVICE_GLUED = re.compile(r"1([эЭ])([дДнН]?)([0-9]{1,9})")
"""`1ЭД1234`: the first meter's service code, electricity, and its zone."""
_SERVICE_ZONES: dict[str, Meaning] = {"": Role.NUMBER, "д": Zone.T1, "н": Zone.T2}
_SERIAL_DIGITS = 4


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    SERIAL = auto()
    """A meter's number with letters in it."""
    LABEL = auto()
    WORD = auto()
    """A word or an odd sign that no table knows."""
    MARK = auto()
    BREAK = auto()


class Token(NamedTuple):
    """A part of the text with its place; `text` is in plain digits if the token is a number."""

    kind: Kind
    text: str
    start: int
    end: int
    meaning: Meaning | None = None
    english: bool = False
    mended: bool = False
    """Letters that look like digits were read as digits."""
    doubtful: bool = False
    """Some of these letters were others than the letter O."""


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a normalised text in their order."""
    for found in _WHOLE.finditer(text):
        whole, start = found[0], found.start()
        if whole.isascii() and whole.isdigit():
            yield Token(Kind.NUMBER, whole, start, found.end())
        elif whole[0].isalnum():
            yield from _read_word(whole, start)
        elif whole in "\n;":
            yield Token(Kind.BREAK, whole, start, found.end())
        elif whole == "№":
            yield Token(Kind.LABEL, whole, start, found.end(), Role.NUMBER)
        elif whole in "%₽$€":
            yield Token(Kind.LABEL, whole, start, found.end(), Role.STOP)
        else:
            yield Token(Kind.MARK if whole.isascii() else Kind.WORD, whole, start, found.end())


def _read_word(word: str, start: int) -> Iterator[Token]:
    """Read letters, or letters and digits without a space between."""
    said, english = meaning(word)
    if said is not None:
        yield Token(Kind.LABEL, word, start, start + len(word), said, english)
    elif not any("0" <= letter <= "9" for letter in word):
        yield Token(Kind.WORD, word, start, start + len(word))
    else:
        yield from _read_glued(word, start) or [_read_mixed(word, start)]


def _read_glued(word: str, start: int) -> list[Token]:
    """Read labels and units stuck to figures, as in `ЛС1234567890` and `5778кВт`; nothing if a piece is neither."""
    if found := _ZONE_GLUED.fullmatch(word):
        label = Token(Kind.LABEL, word[:2], start, start + 2, (Zone.T1, Zone.T2, Zone.T3)[int(found[2]) - 1])
        return [label, Token(Kind.NUMBER, found[3], start + 2, start + len(word))]
    if found := _SERVICE_GLUED.fullmatch(word):
        middle = start + found.start(3)
        label = Token(Kind.LABEL, word[: found.start(3)], start, middle, _SERVICE_ZONES[found[2].casefold()])
        return [label, Token(Kind.NUMBER, found[3], middle, start + len(word))]
    read = []
    for piece in _PIECE.finditer(word):
        ends = (start + piece.start(), start + piece.end())
        said, english = meaning(piece[0])
        if piece[0].isascii() and piece[0].isdigit():
            read.append(Token(Kind.NUMBER, piece[0], *ends))
        elif said in {None, Role.FILLER}:
            return []
        else:
            read.append(Token(Kind.LABEL, piece[0], *ends, said, english))
    return read


def _read_mixed(word: str, start: int) -> Token:
    """Read letters among digits: look-alikes make a number, others a meter's serial number, too few digits a word."""
    end = start + len(word)
    figures = word.translate(_LOOK_LIKE_DIGITS)
    if figures.isascii() and figures.isdigit():
        doubtful = any(letter not in _ZEROS and not "0" <= letter <= "9" for letter in word)
        return Token(Kind.NUMBER, figures, start, end, mended=True, doubtful=doubtful)
    digits = sum("0" <= letter <= "9" for letter in word)
    if digits >= _SERIAL_DIGITS and len(word) in NAME_DIGITS:
        return Token(Kind.SERIAL, word, start, end)
    return Token(Kind.WORD, word, start, end)
