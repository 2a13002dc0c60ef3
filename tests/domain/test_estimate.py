"""What readings would cost, to the kopeck."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import tariffs as tariff_files
from core.domain.accounts import Meter
from core.domain.estimate import Estimate, Use, estimate, months_of, use_of
from core.domain.tariffs import Group, Range, Tariffs, Version
from core.domain.validation import Baseline

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = tomllib.loads((DATA / "estimates.toml").read_text(encoding="utf-8"))["case"]
LISTS = {path.stem: tariff_files.read(path).tariffs for path in (DATA / "tariffs").glob("*.toml")}
NOVEMBER = (date(2026, 10, 23), date(2026, 11, 22))
"""The days of a usual interval, 30 of them."""


def worked(formula: str) -> Iterator[int]:
    """The kopecks of each term of a formula: kWh times roubles, with `*` and `/` from left to right."""
    for term in filter(None, formula.split(" + ")):
        first, *rest = re.findall(r"[\d.]+|[*/]", term)
        roubles = Decimal(first)
        for sign, number in zip(rest[::2], rest[1::2], strict=True):
            roubles = roubles * Decimal(number) if sign == "*" else roubles / Decimal(number)
        yield int((roubles * 100).quantize(Decimal(1), ROUND_HALF_UP))


def estimated(case: dict[str, Any]) -> Estimate | None:
    name, _, group = case["prices"].partition(".")
    before = tuple(case["before"])
    meter = Meter(
        id=2,
        account_id=1,
        serial="7",
        zones=len(before),
        digits=case.get("digits", 5),
        ratio=case.get("ratio", 1),
        billed=before,
        read_on=case["since"],
    )
    use = use_of(meter, Baseline(before, case["since"]), case["after"], case["until"])
    return estimate(LISTS[name], use, group, case.get("residents"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_worked_case(case: dict[str, Any]) -> None:
    """The formula gives what the file says, and the estimate has its very lines."""
    with localcontext(prec=60):
        terms = list(worked(case["formula"]))
    assert sum(terms) == case["kopecks"]
    found = estimated(case)
    assert found is not None
    assert [line.kopecks for line in found.lines] == terms
    assert found.kopecks == case["kopecks"]


def test_there_are_enough_cases_with_names_of_their_own() -> None:
    """A name says which rule failed."""
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60


UNPRICED = {
    "no such group": ("flat.dacha", (100,), NOVEMBER, None),
    "no prices for three zones": ("norm.town", (100, 50, 20), NOVEMBER, 1),
    "residents unknown": ("norm.town", (100,), NOVEMBER, None),
    "before the first prices": ("flat.city", (100,), (date(2025, 11, 1), date(2025, 12, 1)), None),
    "partly before the first prices": ("flat.city", (100,), (date(2025, 12, 31), date(2026, 1, 30)), None),
}


@pytest.mark.parametrize("name", UNPRICED)
def test_what_the_lists_do_not_tell_is_not_guessed(name: str) -> None:
    """No sum is better than a wrong one."""
    prices, kwh, (since, until), residents = UNPRICED[name]
    file, _, group = prices.partition(".")
    assert estimate(LISTS[file], Use(kwh, since, until), group, residents) is None


def test_a_line_says_what_it_is_for() -> None:
    """Register, range, kWh, price and days: all that a subscriber may ask about a sum."""
    found = estimate(LISTS["changes"], Use((120, 80), *NOVEMBER), "small")
    assert found is not None
    *_, night = found.lines
    assert night == (1, 1, Fraction(35), Decimal("4.61"), 16135, date(2026, 11, 1), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("days", "months"), [(1, 1), (15, 1), (31, 1), (45, 1), (46, 2), (61, 2), (76, 2), (77, 3), (91, 3), (365, 12)]
)
def test_months_are_the_nearest_whole_number(days: int, months: int) -> None:
    """A window is some days wide, so two readings of neighbouring months lie 25 to 36 days apart."""
    since = date(2025, 11, 22)
    assert months_of(Use((0,), since, since + timedelta(days))) == months


def test_a_reading_dated_before_the_last_one_is_of_a_day() -> None:
    """Billing may read after the subscriber has; validation takes that for a day, too."""
    meter = Meter(id=2, account_id=1, serial="7", zones=1, digits=5, ratio=1, billed=(5000,), read_on=NOVEMBER[1])
    use = use_of(meter, Baseline((5000,), NOVEMBER[1]), (5010,), NOVEMBER[0])
    assert use == ((10,), NOVEMBER[1], NOVEMBER[1] + timedelta(1))


# ---------------------------------------------------------------- properties

FIRST = date(2026, 1, 1)


@st.composite
def price_lists(draw: st.DrawFn, zones: int) -> Tariffs:
    """Any: up to three versions of up to four ranges, each no cheaper than the one before; prices from a rouble on."""
    starts = sorted(draw(st.sets(st.integers(1, 120), max_size=2)))
    days = [FIRST] + [FIRST + timedelta(start) for start in starts]
    versions = [
        Version(
            valid_from=day,
            groups={"city": draw(groups(zones))},
            sharing=draw(st.sampled_from(["proportional", "fill_day_first"])),
        )
        for day in days
    ]
    return Tariffs(versions=tuple(versions), default="city")


@st.composite
def groups(draw: st.DrawFn, zones: int) -> Group:
    uppers: list[int | None] = [*sorted(draw(st.sets(st.integers(1, 3000), max_size=3))), None]
    steps = st.lists(st.integers(0, 99_999), min_size=len(uppers), max_size=len(uppers))
    rising = [[Decimal(100_000 + sum_) / 100_000 for sum_ in accumulate(draw(steps))] for _ in range(zones)]
    per_resident = draw(st.booleans())
    return Group(
        ranges=tuple(
            Range(prices={zones: prices}, upper=upper, per_resident=per_resident and upper is not None)
            for upper, prices in zip(uppers, zip(*rising, strict=True), strict=True)
        )
    )


KWH = st.integers(0, 20_000)
USES = st.lists(KWH, min_size=1, max_size=3).flatmap(
    lambda kwh: st.builds(
        lambda start, length: Use(tuple(kwh), FIRST + timedelta(start), FIRST + timedelta(start + length)),
        st.integers(0, 90),
        st.integers(1, 100),
    )
)
GIVEN = USES.flatmap(lambda use: st.tuples(st.just(use), price_lists(len(use.kwh)), st.integers(1, 5)))


def priced(use: Use, tariffs: Tariffs, residents: int) -> Estimate:
    found = estimate(tariffs, use, residents=residents)
    assert found is not None
    return found


@given(GIVEN)
def test_splitting_loses_no_kwh(case: tuple[Use, Tariffs, int]) -> None:
    """However an interval is split by days, ranges and zones, each register's kWh are all there, to the last part."""
    use, tariffs, residents = case
    lines = priced(use, tariffs, residents).lines
    by_register = [sum(line.kwh for line in lines if line.register == place) for place in range(len(use.kwh))]
    assert by_register == list(use.kwh)
    assert all(line.kwh > 0 and use.since <= line.since < line.until <= use.until for line in lines)


@given(GIVEN)
def test_the_sum_is_that_of_its_lines(case: tuple[Use, Tariffs, int]) -> None:
    """Each line is rounded to the nearest kopeck, and nothing is rounded after that."""
    found = priced(*case)
    assert found.kopecks == sum(line.kopecks for line in found.lines)
    for line in found.lines:
        assert -Fraction(1, 2) < line.kopecks - line.kwh * Fraction(line.price) * 100 <= Fraction(1, 2)


@given(GIVEN, st.integers(0, 2), st.integers(1, 500))
def test_more_never_costs_less(case: tuple[Use, Tariffs, int], place: int, more: int) -> None:
    """Where no range is cheaper than the one before, another kWh in any zone adds to the sum; lines may round."""
    use, tariffs, residents = case
    kwh = list(use.kwh)
    kwh[place % len(kwh)] += more
    before, after = (priced(some, tariffs, residents) for some in (use, use._replace(kwh=tuple(kwh))))
    assert after.kopecks > before.kopecks
