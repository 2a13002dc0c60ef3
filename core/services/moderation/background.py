"""What a reading is compared with: the meter's own past. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.domain.accounts import Branch, Limits, Meter
from core.domain.readings import Reading, Status
from core.domain.validation import MINIMUM_DAYS, Baseline, Verdict, judge
from core.domain.windows import local_day
from core.storage.cases import Picture

AVERAGE_FROM_DAYS: Final = 20
"""A shorter history says little about a household's usual consumption; the desk goes by the same."""
_DONE: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})


@dataclass(frozen=True, slots=True)
class Background:
    """The reading in question against the previous values."""

    baseline: Baseline
    read_on: date
    days: int
    daily: float | None
    """KWh a day since the previous values; None where the consumption cannot be told."""
    limits: Limits
    """Those of the branch, at ratio 1."""
    verdict: Verdict
    """What the rules say now; its suggestion may be the way out."""


def background(picture: Picture, branch: Branch) -> Background | None:
    """How the case's reading stands against the past; None for a case without a reading or a meter."""
    reading, meter = picture.reading, picture.meter
    if reading is None or meter is None:
        return None
    before = baseline(meter, picture.readings, reading, branch)
    read_on = local_day(branch, reading.sent_at)
    days = max((read_on - before.read_on).days, MINIMUM_DAYS)
    daily = None if reading.consumption is None else reading.consumption / days
    verdict = judge(meter, before, reading.values, read_on, branch.limits)
    return Background(before, read_on, days, daily, branch.limits, verdict)


def baseline(meter: Meter, readings: Sequence[Reading], reading: Reading, branch: Branch) -> Baseline:
    """The newest of what billing took last and what was accepted for an earlier period, with the average between."""
    points = [(meter.read_on, meter.billed)]
    points += [
        (local_day(branch, other.sent_at), other.values)
        for other in readings
        if other.status in _DONE and other.period < reading.period and len(other.values) == meter.zones
    ]
    points.sort(key=_day)
    (first_day, first), (last_day, last) = points[0], points[-1]
    used = sum(new - old for old, new in zip(first, last, strict=True)) * meter.ratio
    span = last_day - first_day
    known = span >= timedelta(days=AVERAGE_FROM_DAYS) and used > 0
    return Baseline(last, last_day, used / span.days if known else None)


def _day(point: tuple[date, tuple[int, ...]]) -> date:
    return point[0]
