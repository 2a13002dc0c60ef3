"""Finds out in which encoding a file of billing's is written: UTF-8, windows-1251 or DOS 866."""

import codecs
import math
from collections import Counter
from pathlib import Path
from typing import Final

from core.billing.problems import UnreadableFile

BLOCK: Final = 1 << 17
SAMPLE: Final = 1 << 18
"""How many letters beyond ASCII decide between the two one-byte encodings; a few dozen would do."""
_ASCII: Final = bytes(range(128))
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LETTERS: Final = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
        (
            *(110, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19),
            *(17, 17, 17, 16, 14, 12, 10, 9, 7, 6, 5, 4, 3, 3, 0.4, 0.4),
        ),
        strict=True,
    )
)
"""How often each letter stands among a thousand of Russian text."""
_CAPITAL: Final = 0.2
"""A capital is so much rarer than the small letter; enough that АБВ beats box-drawing, too little to beat абв."""
_SIGN: Final = 1.0
"""Other signs that such files hold, so often among a thousand letters."""
_FOREIGN: Final = 0.001


def detect(path: Path) -> str:
    """The codec that reads the file: `utf-8-sig`, `cp1251` or `cp866`. The same file always gives the same answer.

    UTF-8 is believed only when the whole file is valid; the other two are told apart by how often Russian letters
    come up. In doubt it is 1251.

    Raises:
        UnreadableFile: it is UTF-16, as Excel's "Unicode text" is.
    """
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            raise UnreadableFile("the file is in UTF-16; save it as CSV in UTF-8 or windows-1251")
    if _is_utf8(path):
        return "utf-8-sig"
    counts = _high_bytes(path)
    return "cp866" if _likelihood(counts, "cp866") > _likelihood(counts, "cp1251") else "cp1251"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _high_bytes(path: Path) -> Counter[int]:
    counts: Counter[int] = Counter()
    with path.open("rb") as file:
        while counts.total() < SAMPLE and (block := file.read(BLOCK)):
            counts.update(block.translate(None, _ASCII))
    return counts


def _likelihood(counts: Counter[int], encoding: str) -> float:
    total = 0.0
    for byte, count in counts.items():
        letter = bytes((byte,)).decode(encoding, errors="replace")
        total += count * math.log(_frequency(letter))
    return total


def _frequency(letter: str) -> float:
    if letter in _LETTERS:
        return _LETTERS[letter]
    if letter.lower() in _LETTERS:
        return _LETTERS[letter.lower()] * _CAPITAL
    return _SIGN if letter in "№«»–—\xa0" else _FOREIGN
