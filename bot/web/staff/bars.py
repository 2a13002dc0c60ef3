"""Counts as stacked bars of a drawing that the server makes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

WIDTH: Final = 720
HEIGHT: Final = 160
TOP: Final = 18
"""Room above the bars for the scale."""
FULL: Final = 0.8
"""The part of its place that a bar takes."""
FEW: Final = 16
"""More bars than this do not all have room for a label below them."""


class Column(NamedTuple):
    """What a bar is of."""

    label: str
    counts: Mapping[str, int]
    marked: bool = False
    """On a ground of its own."""


class Piece(NamedTuple):
    """One series' share of a bar, in the drawing's units."""

    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A column with its place."""

    label: str
    shows_label: bool
    marked: bool
    total: int
    counts: tuple[int, ...]
    """In the order of the series."""
    x: float
    width: float
    slot: float
    pieces: tuple[Piece, ...]

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What the template draws: `scale` is the count at the top."""

    bars: tuple[Bar, ...]
    series: tuple[str, ...]
    totals: tuple[int, ...]
    """Of each series."""
    scale: int
    width: int = WIDTH
    height: int = HEIGHT
    top: int = TOP


def bars(columns: Sequence[Column], series: Sequence[str]) -> Bars:
    """Lay columns out, each with its series one upon the other."""
    tallest = max((sum(column.counts.values()) for column in columns), default=0)
    scale, slot = rounded(tallest), WIDTH / max(len(columns), 1)
    every = 1 if len(columns) <= FEW else 2 if len(columns) <= 2 * FEW - 2 else 5
    placed = []
    for number, column in enumerate(columns):
        counts = tuple(column.counts.get(name, 0) for name in series)
        pieces, base = [], float(HEIGHT)
        for index, count in enumerate(counts):
            height = count / scale * (HEIGHT - TOP)
            base -= height
            if count:
                pieces.append(Piece(index, round(base, 2), round(height, 2)))
        placed.append(
            Bar(
                label=column.label,
                shows_label=number % every == 0,
                marked=column.marked,
                total=sum(counts),
                counts=counts,
                x=round(number * slot + slot * (1 - FULL) / 2, 2),
                width=round(slot * FULL, 2),
                slot=round(slot, 2),
                pieces=tuple(pieces),
            )
        )
    totals = tuple(sum(bar.counts[index] for bar in placed) for index in range(len(series)))
    return Bars(bars=tuple(placed), series=tuple(series), totals=totals, scale=scale)


def rounded(count: int) -> int:
    """The next higher 1, 2 or 5 with zeros: what a scale ends with. At least 10."""
    size = 10
    while True:
        for step in (size, 2 * size, 5 * size):
            if count <= step:
                return step
        size *= 10
