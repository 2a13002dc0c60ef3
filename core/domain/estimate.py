"""What readings would cost: a preliminary sum, to the kopeck, from the meter's use and the branch's price lists.

The formula for a household with a meter is its consumption times the price (Government Decree No. 354 of 06.05.2011,
annex 2). Billing adds what it alone knows - common needs of a house, benefits, recalculations - so the sum is called
preliminary wherever it is shown.

Nothing is rounded but money. A kWh split by days or among zones is rarely a decimal number (a third of 100), so kWh are
exact fractions, prices are decimal as the order has them, and each line is rounded half up to whole kopecks once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.accounts import Meter
from core.domain.tariffs import Prices, Sharing, Span, Tariffs
from core.domain.validation import MINIMUM_DAYS, Baseline, consumption

MONTHS_A_YEAR: Final = 12
DAYS_A_YEAR: Final = 365
_DAY_FIRST: Final = {1: (0,), 2: (0, 1), 3: (0, 2, 1)}
"""The registers by the hours they count, the night last: single; day, night; peak, half-peak, night."""


class Use(NamedTuple):
    """What a meter has counted between two readings, by register, in kWh: ratio and passed ends are in it.

    The day of a reading belongs to what follows it: `since` is the first day of the use, `until` the first after it.
    """

    kwh: tuple[int, ...]
    since: date
    until: date


class Line(NamedTuple):
    """A part of the sum: what one register counted, within one range, at one price, rounded by itself."""

    register: int
    """From 0, in the meter's order: day or single or peak, night, half-peak."""
    range: int
    """From 0, in the order in which they fill."""
    kwh: Fraction
    price: Decimal
    """Roubles for a kWh."""
    kopecks: int
    since: date
    until: date
    """The first day that no longer belongs to it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A preliminary sum. Lines of no consumption are left out."""

    lines: tuple[Line, ...]

    @property
    def kopecks(self) -> int:
        """The whole sum."""
        return sum(line.kopecks for line in self.lines)


def use_of(meter: Meter, before: Baseline, values: Sequence[int], read_on: date) -> Use:
    """The use between what values are compared with and the values; at least a day, as validation has it."""
    kwh = tuple(
        consumption((old,), (new,), meter.digits, meter.ratio) for old, new in zip(before.values, values, strict=True)
    )
    return Use(kwh, before.read_on, max(read_on, before.read_on + timedelta(days=MINIMUM_DAYS)))


def estimate(tariffs: Tariffs, use: Use, group: str = "", residents: int | None = None) -> Estimate | None:
    """What a use costs.

    A range ends at its kWh a month times the months of the use. Where prices change within the use, its kWh are split
    by days, and the ends of the ranges with them.

    Args:
        tariffs: the branch's.
        use: of one meter.
        group: the account's; empty for the branch's default.
        residents: registered in the dwelling; None where billing does not say.

    Returns:
        None where the price lists do not tell: days before the first version, a group that a version does not know, a
        meter with more zones than the group has prices for, a norm for each resident of an unknown number.
    """
    months, days, priced = months_of(use), (use.until - use.since).days, 0
    lines: list[Line] = []
    for span in tariffs.spans(use.since, use.until):
        paying = span.version.groups.get(group or tariffs.default)
        prices = paying.prices(len(use.kwh)) if paying else None
        ends = paying.ends(residents) if paying else None
        if prices is None or ends is None:
            return None
        length = (span.until - span.since).days
        share = Fraction(length, days)
        used = [share * kwh for kwh in use.kwh]
        limits = [None if end is None else end * months * share for end in ends]
        lines += _lines(span, prices, _divided(used, limits, span.version.sharing))
        priced += length
    return Estimate(tuple(lines)) if priced == days else None


def months_of(use: Use) -> int:
    """Billing periods that a use is of: the nearest whole number of months, and at least one.

    So 26 or 36 days between two readings of neighbouring windows are a month, and 56 or 66 are two.
    """
    days = (use.until - use.since).days
    return max(1, (2 * MONTHS_A_YEAR * days + DAYS_A_YEAR) // (2 * DAYS_A_YEAR))


class _Piece(NamedTuple):
    """A part of what one register counted that lies in one range."""

    range: int
    register: int
    kwh: Fraction


def _divided(used: Sequence[Fraction], limits: Sequence[Fraction | None], sharing: Sharing) -> Iterator[_Piece]:
    """Split what the registers counted among the ranges. The pieces of a register are all of it, and none is empty."""
    total, low = sum(used, Fraction()), Fraction()
    for number, limit in enumerate(limits):
        if low == total:
            return
        high = total if limit is None else min(total, limit)
        if high - low == total:
            parts = used
        elif sharing == "proportional":
            parts = [(high - low) * kwh / total for kwh in used]
        else:
            parts = _filled(used, low, high)
        yield from (_Piece(number, register, kwh) for register, kwh in enumerate(parts) if kwh)
        low = high


def _filled(used: Sequence[Fraction], low: Fraction, high: Fraction) -> list[Fraction]:
    """What lies between two marks, by register, when the day's kWh are counted before the night's."""
    parts, begin = [Fraction()] * len(used), Fraction()
    for register in _DAY_FIRST[len(used)]:
        end = begin + used[register]
        parts[register] = max(Fraction(), min(end, high) - max(begin, low))
        begin = end
    return parts


def _lines(span: Span, prices: Sequence[Prices], pieces: Iterator[_Piece]) -> Iterator[Line]:
    for piece in pieces:
        price = prices[piece.range][piece.register]
        yield Line(piece.register, piece.range, piece.kwh, price, _kopecks(piece.kwh, price), span.since, span.until)


def _kopecks(kwh: Fraction, price: Decimal) -> int:
    """Half up to a whole kopeck."""
    roubles, parts = price.as_integer_ratio()
    above, below = kwh.numerator * roubles * 100, kwh.denominator * parts
    return (2 * above + below) // (2 * below)
