"""Price lists: what a kilowatt-hour costs a household, by its group, the zones of its meter and how much it uses.

Prices of households have three shapes: one price a zone; ranges of a month's consumption, each with prices of its own,
the whole being split among them; and a social norm, which is a range that grows with the number of residents. Source
of the shapes and of the zones of the day: Government Decree No. 1178 of 29.12.2011.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

Sharing = Literal["proportional", "fill_day_first"]
"""How the zones of a meter share the ranges: each range by the zones' parts of the whole, or the day's first."""
Prices = tuple[Decimal, ...]
"""Roubles for a kWh, as many as the meter has zones, in the order of its registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A part of a month's consumption, and its prices."""

    prices: Mapping[int, Prices]
    """By the number of the meter's zones; no prices for a number means that the group has no such meters."""
    upper: int | None = None
    """Where it ends, in kWh a month from the beginning of the first range; None for the last one."""
    per_resident: bool = False
    """`upper` is for each resident: a social norm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A tariff group: those who pay the same. `ranges` from the first kWh on; a single one is a flat price."""

    ranges: tuple[Range, ...]

    @property
    def is_flat(self) -> bool:
        """Whether a price does not depend on how much is used."""
        return len(self.ranges) == 1

    def prices(self, zones: int) -> list[Prices] | None:
        """Of each range, for a meter of so many zones; None where the group has no such meters."""
        found = [part.prices[zones] for part in self.ranges if zones in part.prices]
        return found if len(found) == len(self.ranges) else None

    def ends(self, residents: int | None) -> list[int | None] | None:
        """Where each range ends, in kWh a month; None where that takes the number of residents and nobody knows it."""
        if residents is None and any(part.per_resident for part in self.ranges):
            return None
        factors = [residents or 0 if part.per_resident else 1 for part in self.ranges]
        ends = [part.upper for part in self.ranges]
        return [None if end is None else end * factor for end, factor in zip(ends, factors, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The prices of a regional order, in force from its first day until the next version's."""

    valid_from: date
    groups: Mapping[str, Group]
    sharing: Sharing = "proportional"
    act: str = ""
    """The order, as an operator cites it."""


class Span(NamedTuple):
    """A part of an interval with one version's prices; `until` is the first day that no longer belongs to it."""

    version: Version
    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariffs:
    """All price lists of a branch. `versions` from the oldest to the newest, no two from the same day."""

    versions: tuple[Version, ...]
    default: str
    """The group of accounts for which billing names none; every version has it."""

    @property
    def groups(self) -> frozenset[str]:
        """Every group that any version knows."""
        return frozenset(name for version in self.versions for name in version.groups)

    def is_flat(self, group: str) -> bool:
        """Whether what the group pays for a kWh never depends on how many it uses; empty for the default group."""
        known = [version.groups.get(group or self.default) for version in self.versions]
        return all(then.is_flat for then in known if then)

    def spans(self, since: date, until: date) -> Iterator[Span]:
        """The days from `since` to before `until`, by version. Days before the first version are in no span."""
        ends = [version.valid_from for version in self.versions[1:]] + [date.max]
        for version, end in zip(self.versions, ends, strict=True):
            first, last = max(since, version.valid_from), min(until, end)
            if first < last:
                yield Span(version, first, last)
