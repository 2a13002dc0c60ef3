"""What a subscriber's reading would cost, where that may be told to who writes and by the channel he writes on."""

from collections.abc import Sequence

from core.domain.accounts import Account, Level, Meter
from core.domain.estimate import estimate, use_of
from core.domain.validation import baseline
from core.domain.windows import Placement
from core.services.desk.scene import Scene


def may_be_told(scene: Scene, account: Account) -> bool:
    """Whether this writer may hear of sums here, and the branch has price lists at all."""
    has_prices = scene.rules.branch(account).tariffs is not None
    return has_prices and scene.capabilities.may_show_balance and scene.level(account) is not Level.ANONYMOUS


def preliminary(
    scene: Scene, account: Account, meter: Meter, values: Sequence[int], placement: Placement
) -> int | None:
    """The preliminary sum in kopecks; None where it may not be told, or where the branch's price lists do not tell it.

    An account's ranges are for all its meters together. Where there are several, what one of them counted says nothing
    about the range it lies in, so only flat prices give a sum.
    """
    branch = scene.rules.branch(account)
    tariffs = branch.tariffs
    if tariffs is None or not may_be_told(scene, account):
        return None
    if len(scene.facts.open_meters(account)) > 1 and not tariffs.is_flat(account.tariff):
        return None
    before = baseline(meter, scene.facts.live(meter), placement.period, branch)
    found = estimate(tariffs, use_of(meter, before, values, placement.day), account.tariff, account.residents)
    return found.kopecks if found is not None else None
