"""What can be wrong with a file, a row or a cell, and how it is told."""

from dataclasses import dataclass
from typing import Final, NamedTuple

SHOWN: Final = 40
"""Letters of a cell that a reason quotes."""


class UnreadableFile(Exception):
    """The file as a whole cannot be taken: nothing was read from it, nothing was changed."""


class BadCell(ValueError):
    """A cell holds what its column cannot; the text says what, and is written after the column's name."""


class Problem(NamedTuple):
    """Why a row was not taken, or what was left out of it."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that does not go in, as it stood in the file."""

    raw: str
    problems: tuple[Problem, ...]


def quoted(text: str) -> str:
    """A cell's text for a reason: shortened, and nothing in it that could steer a terminal."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text.strip()[: SHOWN + 1])
    return f"'{clean}'" if len(clean) <= SHOWN else f"'{clean[:SHOWN]}...'"
