"""The numbers of a short text, and the ways to read two names out of them: an account and a meter."""

import re

from parsers.text import MAX_LENGTH, normalise

_NUMBER = re.compile(r"[0-9]++(?:-[0-9]++)*+")
_MOST = 6
"""More groups are no pair of names: it is a reading, or a letter."""


def numbers(text: str) -> tuple[str, ...]:
    """The groups of digits as typed, hyphens within a group dropped; none where there are more than `_MOST`."""
    if len(text) > MAX_LENGTH:
        return ()
    found = tuple(number.replace("-", "") for number in _NUMBER.findall(normalise(text)))
    return found if len(found) <= _MOST else ()


def pairs(text: str) -> list[tuple[str, str]]:
    """Every way to read account and meter out of a text: groups joined to two names, in both orders.

    `12345 678 90 31002201` may be `1234567890` and `31002201`: which, only a look-up tells.
    """
    groups = numbers(text)
    splits = [("".join(groups[:place]), "".join(groups[place:])) for place in range(1, len(groups))]
    return splits + [(second, first) for first, second in splits]
