"""How many rows of a long piece of work are written at a time, so that a service beside it hardly notices."""

from dataclasses import dataclass
from typing import Final

FIRST_CHUNK: Final = 250
SMALLEST_CHUNK: Final = 100


@dataclass
class Pace:
    """How many rows go into a chunk, so that it takes about `seconds` on this machine."""

    seconds: float = 0.02
    """How long a chunk may hold the writer. A service that waits behind it asks ever more seldom (SQLite's busy
    handler), so that two short waits are better than one long."""
    largest: int = 4000
    rows: int = FIRST_CHUNK

    def note(self, rows: int, seconds: float) -> None:
        """Learn from a chunk: at most twice as many rows next time, or half."""
        fitting = rows * self.seconds / max(seconds, 1e-6)
        self.rows = int(min(max(fitting, self.rows / 2, SMALLEST_CHUNK), self.rows * 2, self.largest))
