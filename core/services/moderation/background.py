"""What a reading is compared with: the meter's own past. Pure."""

from dataclasses import dataclass
from datetime import date

from core.domain.accounts import Branch, Limits
from core.domain.validation import MINIMUM_DAYS, Baseline, Verdict, baseline, judge
from core.domain.windows import local_day
from core.storage.cases import Picture


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
    before = baseline(meter, picture.readings, reading.period, branch)
    read_on = local_day(branch, reading.sent_at)
    days = max((read_on - before.read_on).days, MINIMUM_DAYS)
    daily = None if reading.consumption is None else reading.consumption / days
    verdict = judge(meter, before, reading.values, read_on, branch.limits)
    return Background(before, read_on, days, daily, branch.limits, verdict)
