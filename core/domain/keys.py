"""Client-made keys: 63-bit integers in order of time, and the short references people read out over the phone."""

import random
from datetime import datetime

EPOCH_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z. 43 bits of milliseconds from here last for 278 years."""
SEQUENCE_BITS = 20
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so nothing is misheard or misread (https://www.crockford.com/base32.html)."""
REFERENCE_LENGTH = 5
_SHIFTS = range(5 * (REFERENCE_LENGTH - 1), -1, -5)
_DECODE = {letter: number for number, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}


class Keys:
    """Makes keys that grow within a process and, with 20 random bits a millisecond, do not meet another process's.

    Should two meet all the same, the unique constraint refuses the batch and it is stored again with new keys.
    """

    def __init__(self) -> None:
        self._last = 0
        self._now: datetime | None = None

    def new(self, now: datetime) -> int:
        """One more key. Not thread-safe: each writer has its own `Keys`."""
        if now is self._now:  # one more of the same batch
            self._last += 1
            return self._last
        self._now = now
        millisecond = (int(now.timestamp() * 1000) - EPOCH_MS) << SEQUENCE_BITS
        if millisecond > self._last:
            # Chance, not secrecy: a key is no password. Half of the range is left for those that follow.
            self._last = millisecond | random.getrandbits(SEQUENCE_BITS - 1)
        else:
            self._last += 1
        return self._last


def first_key(moment: datetime) -> int:
    """The smallest key that can be made at a moment: keys grow with time, so primary keys serve as indexes of time."""
    return max(0, int(moment.timestamp() * 1000) - EPOCH_MS) << SEQUENCE_BITS


def reference(key: int) -> str:
    """The last five characters of a key in base 32, as subscribers and moderators see it: `7K2QM`."""
    return "".join([ALPHABET[key >> shift & 31] for shift in _SHIFTS])


def reference_value(text: str) -> tuple[int, int]:
    """Read a reference, or more of a key, back: the value of its letters and the modulus `32 ** len`.

    A key fits when `key % modulus == value`. Case, spaces and a leading `№` or `#` do not matter.

    Raises:
        ValueError: not a reference.
    """
    letters = text.strip().lstrip("№#").upper()
    if not 1 <= len(letters) <= 13 or any(letter not in _DECODE for letter in letters):  # noqa: PLR2004 - 13 * 5 bits
        raise ValueError(f"{text!r} is not a reference")
    value = 0
    for letter in letters:
        value = value * 32 + _DECODE[letter]
    return value, 32 ** len(letters)
