"""Remembers which rows a file has held so far, in 25 bytes a row instead of a hundred."""

from array import array
from collections.abc import Sequence
from typing import Final

_FIRST_SIZE: Final = 1 << 16
_FULL: Final = 0.6
_POSITIVE: Final = (1 << 63) - 1


class Seen:
    """Lines by the 64-bit hash of what they are about: an open hash table over flat arrays.

    A million rows take 25 MB (a dict takes 105). Two different keys share a hash once in 30 million such files; as
    Python's hashes differ in each run, importing the file again then takes the row.
    """

    def __init__(self) -> None:
        self._slots = array("I", bytes(4 * _FIRST_SIZE))
        self._hashes = array("q")
        self._lines = array("I")

    def reserve(self, rows: int) -> None:
        """Make room for so many rows at once, which is cheaper than to grow."""
        while len(self._slots) * _FULL < rows:
            self._grow()

    @property
    def keys(self) -> "array[int]":
        """All keys in the order they came; not to be changed."""
        return self._hashes

    def __len__(self) -> int:
        return len(self._hashes)

    def add(self, key: int, line: int) -> int:
        """Remember the line, unless the key is known; returns the line that holds it already, or 0."""
        slot = self._slot(key)
        if index := self._slots[slot]:
            return self._lines[index - 1]
        self._hashes.append(key)
        self._lines.append(line)
        self._slots[slot] = len(self._hashes)
        if len(self._hashes) > len(self._slots) * _FULL:
            self._grow()
        return 0

    def add_all(self, keys: Sequence[int], lines: Sequence[int]) -> list[int]:
        """The same for many; the hot path of an import, hence by hand what `add` does."""
        self.reserve(len(self._hashes) + len(keys))
        slots, hashes, known = self._slots, self._hashes, self._lines
        mask = len(slots) - 1
        count = len(hashes)
        found = []
        for key, line in zip(keys, lines, strict=True):
            slot = key & mask
            if index := slots[slot]:
                if hashes[index - 1] != key:
                    slot = self._slot(key)
                    index = slots[slot]
                if index:
                    found.append(known[index - 1])
                    continue
            hashes.append(key)
            known.append(line)
            count += 1
            slots[slot] = count
            found.append(0)
        return found

    def find(self, key: int) -> int:
        """The line that holds the key, or 0."""
        index = self._slots[self._slot(key)]
        return self._lines[index - 1] if index else 0

    def _slot(self, key: int) -> int:
        """Where the key is, or the free place where it belongs."""
        slots, hashes = self._slots, self._hashes
        mask = len(slots) - 1
        slot = key & mask
        if not (index := slots[slot]) or hashes[index - 1] == key:
            return slot
        # Probing as in Python's dict: all bits of the key take part, for keys in sequence would make long clusters.
        perturb = key & _POSITIVE
        while True:
            perturb >>= 5
            slot = (5 * slot + perturb + 1) & mask
            if not (index := slots[slot]) or hashes[index - 1] == key:
                return slot

    def _grow(self) -> None:
        self._slots = array("I", bytes(8 * len(self._slots)))
        for index, key in enumerate(self._hashes, 1):
            self._slots[self._slot(key)] = index
