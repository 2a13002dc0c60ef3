"""Whom to remind, and at which of his addresses. Pure."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from core.domain.accounts import Branch
from core.domain.messages import Address
from core.domain.prospects import Chunk, Lacking, Prospect, Reach
from core.domain.reminders import months, period_of, window


class Skip(StrEnum):
    """Why an account looked at gets no message of its own."""

    SUBMITTED = "submitted"
    """There is a reading of each meter, or the meters report by themselves."""
    UNREACHABLE = "unreachable"
    """No address is linked that still works, and there is no phone to write to."""
    UNWANTED = "unwanted"
    """The subscriber has switched reminders off."""
    TOLD = "told"
    """It stands in the message about another account of the same address."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message: where it goes, about which accounts, and for how many periods in a row the worst has no reading."""

    to: Reach
    numbers: tuple[str, ...]
    missed: int


def missed(meter: Lacking, branch: Branch, period: int) -> int:
    """For how many periods in a row, this one included, a meter has no reading; 0 where it has one for this.

    Values that billing has from a day within the window or after it came some other way, and count.
    """
    billed = period_of(branch, meter.read_on)
    if meter.period == period or meter.read_on >= window(branch, period)[0]:
        return 0
    return max(1, months(max(billed, meter.period or 0), period))


def choose(prospect: Prospect, channels: Collection[str]) -> Reach | Skip:
    """The one address to remind an account at: of those linked, open and willing the one heard last.

    Where there is none the phone on file is written to, unless somebody linked wants no reminders: whoever has switched
    them off in one place should not get them in another.
    """
    reachable = [reach for reach in prospect.links if reach.address.channel in channels and not reach.is_closed]
    willing = [reach for reach in reachable if reach.is_wanted]
    if willing:
        return max(willing, key=lambda reach: (reach.heard_at, reach.linked_at, reach.key))
    phone = prospect.at_phone
    if not all(reach.is_wanted for reach in prospect.links) or (phone is not None and not phone.is_wanted):
        return Skip.UNWANTED
    if phone is None or phone.is_closed:
        return Skip.UNREACHABLE
    return phone


def gather(chunk: Chunk, branch: Branch, period: int, channels: Collection[str]) -> tuple[list[Wanted], Counter[Skip]]:
    """The messages that a chunk asks for, one an address, and why its other accounts get none."""
    looked_at = set(chunk.ids)
    skipped: Counter[Skip] = Counter()
    accounts: dict[Address, list[tuple[Prospect, int]]] = {}
    where: dict[Address, Reach] = {}
    asked_for: Counter[Address] = Counter()
    for prospect in chunk.prospects:
        worst = max((missed(meter, branch, period) for meter in prospect.meters), default=0)
        reach = choose(prospect, channels) if worst else Skip.SUBMITTED
        if isinstance(reach, Skip):
            skipped[reach] += prospect.id in looked_at
            continue
        where.setdefault(reach.address, reach)
        accounts.setdefault(reach.address, []).append((prospect, worst))
        asked_for[reach.address] += prospect.id in looked_at
    wanted = []
    for address, about in accounts.items():
        if not asked_for[address]:
            continue
        skipped[Skip.TOLD] += asked_for[address] - 1
        numbers = tuple(prospect.number for prospect, _ in sorted(about, key=lambda pair: pair[0].id))
        wanted.append(Wanted(where[address], numbers, max(worst for _, worst in about)))
    return wanted, +skipped
