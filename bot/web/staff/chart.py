"""The consumption of a meter's last readings as bars of a drawing that the server makes. Pure.

A bar is the kWh a day between a reading and the one before it, since the intervals vary. Only values that count are
drawn, and the doubtful one: hatched, with a question mark, and broken at the top where it would dwarf the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from core.domain.accounts import Branch, Meter
from core.domain.readings import Reading, Status
from core.domain.windows import local_day

MOST: Final = 24
WIDTH: Final = 720
HEIGHT: Final = 200
TOP: Final = 28
"""Room above the bars for what is written there."""
SLOT: Final = WIDTH / MOST
FEW: Final = 12
"""Room for a year at least, so that a short past is not drawn as giants."""
GAP: Final = timedelta(days=45)
"""Longer than this between two readings, a month is missing."""
DWARFED: Final = 3
"""A doubtful bar so many times as high as the next highest is broken."""
_COUNTS: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})


class Part(NamedTuple):
    """One register's share of a bar, in the drawing's units."""

    zone: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A reading against the one before it."""

    day: date
    values: tuple[int, ...]
    daily: tuple[float, ...]
    """KWh a day of each register; empty where there is nothing to compare with."""
    is_doubtful: bool
    is_broken: bool
    after_gap: bool
    restarted: bool
    """Some register is lower than before: it passed its end, or the value is wrong."""
    x: float
    width: float
    top: float
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """KWh a day."""
        return sum(self.daily)

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the template draws: `scale` is the kWh a day at the top."""

    bars: tuple[Bar, ...]
    scale: float
    zones: int
    width: float = WIDTH
    height: int = HEIGHT
    top: int = TOP


class _Point(NamedTuple):
    day: date
    order: int
    values: tuple[int, ...]
    is_doubtful: bool


def chart(meter: Meter, readings: Sequence[Reading], doubtful: int | None, branch: Branch) -> Chart:
    """The drawing of a meter's readings; `doubtful` is the key of the one in question."""
    points = [_Point(meter.read_on, 0, meter.billed, is_doubtful=False)]
    points += [
        _Point(local_day(branch, item.sent_at), 1 + (item.id == doubtful), item.values, item.id == doubtful)
        for item in readings
        if (item.status in _COUNTS or item.id == doubtful) and len(item.values) == meter.zones
    ]
    points = sorted(_without_repeats(points), key=lambda point: point[:2])
    shown = points[-MOST:]
    before = points[-MOST - 1] if len(points) > MOST else None
    daily = [_daily(old, new, meter) for old, new in zip([before, *shown[:-1]], shown, strict=True)]
    scale = _scale(shown, daily)
    bars = []
    previous = before
    for number, (point, each) in enumerate(zip(shown, daily, strict=True)):
        bars.append(_bar(number, point, previous, each, scale))
        previous = point
    return Chart(bars=tuple(bars), scale=scale, zones=meter.zones, width=max(len(bars), FEW) * SLOT)


def _without_repeats(points: Sequence[_Point]) -> list[_Point]:
    """What billing took last mostly is a reading of ours: then one of them is enough."""
    billed, *others = points
    near = any(
        not other.is_doubtful and other.values == billed.values and abs(other.day - billed.day) <= GAP
        for other in others
    )
    return others if near else [billed, *others]


def _daily(old: _Point | None, new: _Point, meter: Meter) -> tuple[float, ...]:
    if old is None:
        return ()
    days = max((new.day - old.day).days, 1)
    capacity: int = 10**meter.digits
    return tuple((b - a) % capacity * meter.ratio / days for a, b in zip(old.values, new.values, strict=True))


def _scale(points: Sequence[_Point], daily: Sequence[tuple[float, ...]]) -> float:
    sums = [(sum(each), point.is_doubtful) for point, each in zip(points, daily, strict=True)]
    usual = max((total for total, is_doubtful in sums if not is_doubtful), default=0.0)
    doubtful = max((total for total, is_doubtful in sums if is_doubtful), default=0.0)
    if usual and doubtful > DWARFED * usual:
        return usual * 1.6
    return max(usual, doubtful) or 1.0


def _bar(number: int, point: _Point, previous: _Point | None, daily: tuple[float, ...], scale: float) -> Bar:
    room = HEIGHT - TOP
    total = sum(daily)
    is_broken = total > scale * 1.001
    # A broken bar keeps the proportions of its registers.
    unit = room / (total if is_broken else scale)
    y, parts = float(HEIGHT), []
    for zone, part in enumerate(daily):
        y -= part * unit
        parts.append(Part(zone, round(y, 1), round(part * unit, 1)))
    return Bar(
        day=point.day,
        values=point.values,
        daily=daily,
        is_doubtful=point.is_doubtful,
        is_broken=is_broken,
        after_gap=previous is not None and point.day - previous.day > GAP,
        restarted=previous is not None and any(a > b for a, b in zip(previous.values, point.values, strict=True)),
        x=round(number * SLOT + SLOT * 0.15, 1),
        width=round(SLOT * 0.7, 1),
        top=round(y, 1),
        parts=tuple(parts),
    )
