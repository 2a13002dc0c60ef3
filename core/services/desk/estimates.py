"""What a subscriber's reading would cost, where that may be told to who writes and by the channel he writes on.

Told by the branch's price lists, at once; where billing can be asked, its sum takes their place before the reply goes.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple

from core.domain.accounts import Account, Level, Meter
from core.domain.calculations import Calculated, Calculation, Question, Told, Usage
from core.domain.estimate import Estimate, estimate, use_of
from core.domain.readings import Status
from core.domain.validation import Baseline, baseline
from core.domain.windows import Placement, local_day
from core.services.desk.scene import Scene

_ACCEPTED: Final = frozenset({Status.ACCEPTED, Status.EXPORTED})


def may_be_told(scene: Scene, account: Account) -> bool:
    """Whether this writer may hear of sums here, and the branch has price lists at all."""
    has_prices = scene.rules.branch(account).tariffs is not None
    return has_prices and scene.capabilities.may_show_balance and scene.level(account) is not Level.ANONYMOUS


def priced(
    scene: Scene, account: Account, meter: Meter, values: Sequence[int], placement: Placement
) -> Estimate | None:
    """The preliminary sum by line; None where it may not be told, or where the branch's price lists do not tell it."""
    before = baseline(meter, scene.facts.live(meter), placement.period, scene.rules.branch(account))
    return _priced(scene, account, meter, before, values=values, day=placement.day)


def want(
    scene: Scene,
    account: Account,
    usages: Sequence[Usage],
    ours: int | None,
    retell: Callable[[Told, Calculated], Told],
) -> None:
    """Have billing asked about the reply, where it can be. `ours`: kopecks, None where our lists do not tell."""
    if account.branch in scene.rules.calculated:
        question = Question(account.branch, account.number, tuple(usages))
        scene.calculation = Calculation(question, ours, retell)


def preliminary(
    scene: Scene, account: Account, meter: Meter, values: Sequence[int], placement: Placement
) -> int | None:
    """The sum alone, in kopecks."""
    found = priced(scene, account, meter, values, placement)
    return found.kopecks if found is not None else None


class Unbilled(NamedTuple):
    """What readings cost that are accepted, and that the account's balance does not show yet."""

    kopecks: int
    period: int
    """The newest reading's, `YYYYMM`."""
    usages: tuple[Usage, ...]


def unbilled(scene: Scene, account: Account) -> Unbilled | None:
    """From what billing took last to the newest accepted reading, over all meters; None where nothing is known.

    A balance of a later day than a reading may have its charge in it already: then nothing is added to it.
    """
    branch = scene.rules.branch(account)
    if branch.tariffs is None:
        return None
    kopecks = period = 0
    usages: list[Usage] = []
    for meter in scene.facts.open_meters(account):
        accepted = [reading for reading in scene.facts.live(meter) if reading.status in _ACCEPTED]
        day = local_day(branch, accepted[-1].sent_at) if accepted else meter.read_on
        if day <= meter.read_on:
            continue
        if account.balance_date is not None and account.balance_date > day:
            return None
        before = Baseline(meter.billed, meter.read_on)
        found = _priced(scene, account, meter, before, values=accepted[-1].values, day=day)
        if found is None:
            return None
        kopecks, period = kopecks + found.kopecks, max(period, accepted[-1].period)
        usages.append(Usage(meter.serial, accepted[-1].values, day))
    return Unbilled(kopecks, period, tuple(usages)) if period else None


def _priced(
    scene: Scene, account: Account, meter: Meter, before: Baseline, *, values: Sequence[int], day: date
) -> Estimate | None:
    """An account's ranges are for all its meters together.

    Where there are several, what one of them counted says nothing about the range it lies in, so only flat prices give
    a sum.
    """
    tariffs = scene.rules.branch(account).tariffs
    if tariffs is None or not may_be_told(scene, account) or len(values) != meter.zones:
        return None
    if len(scene.facts.open_meters(account)) > 1 and not tariffs.is_flat(account.tariff):
        return None
    return estimate(tariffs, use_of(meter, before, values, day), account.tariff, account.residents)
