"""Cuts a text into pieces that a channel takes: at a line's end, between words, or in a word if nothing else helps."""

from core.domain.lengths import measure
from core.domain.messages import TextUnit

BREAKS = ("\n\n", "\n", " ")
"""Where to cut, best first. The break itself is dropped."""
WORTH = 2
"""A break counts only behind 1/WORTH of what would fit: a better border is not worth a message half empty."""


def split(text: str, limit: int, unit: TextUnit) -> list[str]:
    """Cut into pieces of at most `limit` units each; nothing is lost but the white space at the cuts.

    A character is never cut: pieces are strings of whole code points, so an emoji stays together in UTF-16, a letter in
    UTF-8 and an escaped character in GSM 03.38. An empty text gives no pieces.

    Raises:
        ValueError: a single character is longer than the limit.
    """
    pieces = []
    rest = text.strip()
    while rest:
        end = _fitting(rest, limit, unit)
        if end == 0:
            raise ValueError("the limit is smaller than one character")
        if end < len(rest):
            end = _border(rest, end)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return pieces


def _fitting(text: str, limit: int, unit: TextUnit) -> int:
    """How many characters from the start fit, by bisection: a longer prefix never measures less."""
    if measure(text, unit) <= limit:
        return len(text)
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if measure(text[:middle], unit) <= limit:
            low = middle
        else:
            high = middle
    return low


def _border(text: str, end: int) -> int:
    """The best place to cut at or before `end`."""
    for mark in BREAKS:
        place = text.rfind(mark, 0, end + len(mark))
        if place >= end // WORTH and place > 0:
            return min(place, end)
    return end
