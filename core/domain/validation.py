"""What a meter's new values mean against the previous ones: one verdict, by the first rule that fires.

Rules and codes follow the practice of Russian retailers (digits, rollover, thresholds, x10, swapped registers); all
comparisons are by daily consumption, because the interval between readings varies. Nothing here corrects a value: a
suggestion is only ever a question to the subscriber.
"""

from collections.abc import Sequence
from datetime import date
from itertools import permutations, product
from typing import NamedTuple

from core.domain.accounts import Branch, Limits, Meter
from core.domain.readings import Code, Reading, Status
from core.domain.windows import local_day

ROLLOVER_FROM = 0.9
"""A register may have passed its end when the previous value stood in its last tenth."""
MINIMUM_DAYS = 1
AVERAGE_FROM_DAYS = 20
"""A shorter history says little about a household's usual consumption."""
_DONE = frozenset({Status.ACCEPTED, Status.EXPORTED})


class Baseline(NamedTuple):
    """What new values are compared with: the latest values of an earlier period, and when they were read."""

    values: tuple[int, ...]
    read_on: date
    average_daily_kwh: float | None = None
    """The meter's own average where the history tells it."""


class Verdict(NamedTuple):
    """The rule that fired, the consumption in kWh, and for X10 and SWAPPED the values to propose instead."""

    code: Code
    consumption: int | None = None
    suggestion: tuple[int, ...] = ()


def consumption(previous: Sequence[int], values: Sequence[int], digits: int, ratio: int) -> int:
    """KWh between two readings over all registers; one that is lower than before has passed its end."""
    capacity: int = 10**digits
    return ratio * sum((new - old) % capacity for old, new in zip(previous, values, strict=True))


def baseline(meter: Meter, history: Sequence[Reading], period: int, branch: Branch) -> Baseline:
    """What a reading for `period` is compared with: the newest of what billing took last, and what we accepted since.

    The average is that between the oldest and the newest of these, where they lie far enough apart.
    """
    if not history:
        return Baseline(meter.billed, meter.read_on)
    points = [(meter.read_on, meter.billed)]
    points += [
        (local_day(branch, reading.sent_at), reading.values)
        for reading in history
        if reading.status in _DONE and reading.period < period and len(reading.values) == meter.zones
    ]
    points.sort(key=_day)
    (first_day, first), (last_day, last) = points[0], points[-1]
    days = (last_day - first_day).days
    used = sum(new - old for old, new in zip(first, last, strict=True)) * meter.ratio
    return Baseline(last, last_day, used / days if days >= AVERAGE_FROM_DAYS and used > 0 else None)


def judge(meter: Meter, before: Baseline, values: tuple[int, ...], read_on: date, limits: Limits) -> Verdict:
    """Judge values that are as many as the meter's zones. Pure; the first rule that fires wins."""
    capacity = 10**meter.digits
    days = max((read_on - before.read_on).days, MINIMUM_DAYS)
    scale = _scale(meter, before, days, limits)
    if max(values) >= capacity:
        return Verdict(Code.TOO_MANY_DIGITS, None, _shorter(values, meter, before, scale))
    lower = [old > new for old, new in zip(before.values, values, strict=True)]
    if not any(lower):
        return _judge_growth(meter, before, values, scale)
    if any(old > new == 0 for old, new in zip(before.values, values, strict=True)) and not _passed_end(
        before.values, values, capacity
    ):
        return Verdict(Code.ZERO)
    swapped = _swapped(values, meter, before, scale)
    if swapped:
        return Verdict(Code.SWAPPED, None, swapped)
    if _passed_end(before.values, values, capacity):
        used = consumption(before.values, values, meter.digits, meter.ratio)
        if used <= scale.hard:
            return Verdict(Code.ROLLOVER, used)
    return Verdict(Code.LESS_THAN_PREVIOUS)


def _day(point: tuple[date, tuple[int, ...]]) -> date:
    return point[0]


class _Scale(NamedTuple):
    """The limits for this interval, in kWh."""

    usual: float
    soft: float
    hard: float


def _scale(meter: Meter, before: Baseline, days: int, limits: Limits) -> _Scale:
    soft = float(limits.soft_daily_kwh * meter.ratio)
    if before.average_daily_kwh is not None:
        soft = max(soft, limits.average_factor * before.average_daily_kwh)
    hard = max(float(limits.hard_daily_kwh * meter.ratio), soft)
    return _Scale(limits.usual_daily_kwh * meter.ratio * days, soft * days, hard * days)


def _judge_growth(meter: Meter, before: Baseline, values: tuple[int, ...], scale: _Scale) -> Verdict:
    used = consumption(before.values, values, meter.digits, meter.ratio)
    if used == 0:
        return Verdict(Code.SAME_AS_PREVIOUS, 0)
    if used <= scale.usual:
        return Verdict(Code.ACCEPTED, used)
    shorter = _shorter(values, meter, before, scale)
    if shorter:
        return Verdict(Code.X10, used, shorter)
    if used <= scale.soft:
        return Verdict(Code.ACCEPTED, used)
    swapped = _swapped(values, meter, before, scale)
    if swapped:
        return Verdict(Code.SWAPPED, used, swapped)
    return Verdict(Code.TOO_LARGE if used <= scale.hard else Code.PHYSICAL_LIMIT, used)


def _passed_end(previous: Sequence[int], values: Sequence[int], capacity: int) -> bool:
    """Whether every register that fell stood near its end."""
    return all(new >= old or old > ROLLOVER_FROM * capacity for old, new in zip(previous, values, strict=True))


def _shorter(values: tuple[int, ...], meter: Meter, before: Baseline, scale: _Scale) -> tuple[int, ...]:
    """The values with the last digit of one or more registers dropped, if just one such reading is plausible."""
    choices = [(new, new // 10) if new // 10 >= old else (new,) for old, new in zip(before.values, values, strict=True)]
    fitting = [
        candidate
        for candidate in product(*choices)
        if candidate != values and _plausible(candidate, meter, before, scale)
    ]
    return fitting[0] if len(fitting) == 1 else ()


def _swapped(values: tuple[int, ...], meter: Meter, before: Baseline, scale: _Scale) -> tuple[int, ...]:
    """The values in the only other order that is plausible."""
    fitting = {
        candidate
        for candidate in permutations(values)
        if candidate != values and _plausible(candidate, meter, before, scale)
    }
    return fitting.pop() if len(fitting) == 1 else ()


def _plausible(values: tuple[int, ...], meter: Meter, before: Baseline, scale: _Scale) -> bool:
    grown = all(old <= new < 10**meter.digits for old, new in zip(before.values, values, strict=True))
    return grown and consumption(before.values, values, meter.digits, meter.ratio) <= scale.soft
