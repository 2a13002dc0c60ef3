"""What new values mean against the previous ones: one verdict, by the first rule that fires."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.accounts import Limits, Meter
from core.domain.messages import Address
from core.domain.readings import Code, Reading, Status
from core.domain.validation import Baseline, baseline, consumption, judge
from tests.world import KHABAROVSK

BEFORE = date(2026, 10, 23)
DAYS = 30
"""Between the previous values and the new: 450 kWh are usual, 1800 soft, 10800 hard."""


def meter(zones: int = 1, digits: int = 5, ratio: int = 1, billed: tuple[int, ...] = (5000,)) -> Meter:
    return Meter(id=2, account_id=1, serial="7", zones=zones, digits=digits, ratio=ratio, billed=billed, read_on=BEFORE)


ONE = [
    # previous, new, code, consumption, suggestion
    ((5000,), (5000,), Code.SAME_AS_PREVIOUS, 0, ()),
    ((5000,), (5001,), Code.ACCEPTED, 1, ()),
    ((5000,), (5450,), Code.ACCEPTED, 450, ()),
    ((5000,), (6800,), Code.ACCEPTED, 1800, ()),
    ((5000,), (6801,), Code.TOO_LARGE, 1801, ()),
    ((5000,), (15800,), Code.TOO_LARGE, 10800, ()),
    ((5000,), (15801,), Code.PHYSICAL_LIMIT, 10801, ()),
    ((5000,), (51234,), Code.X10, 46234, (5123,)),
    ((5000,), (50000,), Code.X10, 45000, (5000,)),
    ((5000,), (68009,), Code.X10, 63009, (6800,)),
    ((5000,), (68010,), Code.PHYSICAL_LIMIT, 63010, ()),
    ((123,), (1234,), Code.X10, 1111, (123,)),
    ((5000,), (4999,), Code.LESS_THAN_PREVIOUS, None, ()),
    ((5000,), (0,), Code.ZERO, None, ()),
    ((0,), (0,), Code.SAME_AS_PREVIOUS, 0, ()),
    ((99900,), (0,), Code.ROLLOVER, 100, ()),
    ((99900,), (50,), Code.ROLLOVER, 150, ()),
    ((99900,), (10700,), Code.ROLLOVER, 10800, ()),
    ((99900,), (10701,), Code.LESS_THAN_PREVIOUS, None, ()),
    ((90000,), (50,), Code.LESS_THAN_PREVIOUS, None, ()),
    ((90001,), (50,), Code.ROLLOVER, 10049, ()),
    ((5000,), (100000,), Code.TOO_MANY_DIGITS, None, ()),
    ((50000,), (501234,), Code.TOO_MANY_DIGITS, None, (50123,)),
    ((5000,), (999999999,), Code.TOO_MANY_DIGITS, None, ()),
]
TWO = [
    ((5000, 2000), (5150, 2100), Code.ACCEPTED, 250, ()),
    ((5000, 2000), (5000, 2000), Code.SAME_AS_PREVIOUS, 0, ()),
    ((5000, 2000), (5000, 2001), Code.ACCEPTED, 1, ()),
    ((5000, 2000), (2100, 5150), Code.SWAPPED, None, (5150, 2100)),
    ((5000, 2000), (5150, 1999), Code.LESS_THAN_PREVIOUS, None, ()),
    ((5000, 2000), (4999, 1999), Code.LESS_THAN_PREVIOUS, None, ()),
    ((5000, 2000), (5150, 0), Code.ZERO, None, ()),
    ((5000, 2000), (51500, 2100), Code.X10, 46600, (5150, 2100)),
    ((5000, 2000), (51500, 21000), Code.X10, 65500, (5150, 2100)),
    ((99900, 2000), (20, 2100), Code.ROLLOVER, 220, ()),
    ((99900, 2000), (20, 1999), Code.LESS_THAN_PREVIOUS, None, ()),
    ((5000, 2000), (5150, 210000), Code.TOO_MANY_DIGITS, None, ()),
    ((5000, 2000), (5150, 123456), Code.TOO_MANY_DIGITS, None, ()),
    ((2000, 1000), (4000, 2500), Code.TOO_LARGE, 3500, ()),
    ((3000, 2000), (3500, 3600), Code.TOO_LARGE, 2100, ()),
]
THREE = [
    ((3000, 2000, 1000), (3100, 2050, 1080), Code.ACCEPTED, 230, ()),
    ((3000, 2000, 1000), (1080, 3100, 2050), Code.SWAPPED, None, (3100, 2050, 1080)),
    ((3000, 2000, 1000), (3100, 2050, 999), Code.LESS_THAN_PREVIOUS, None, ()),
]


@pytest.mark.parametrize(("previous", "values", "code", "used", "suggestion"), [*ONE, *TWO, *THREE])
def test_first_rule_that_fires_wins(
    previous: tuple[int, ...], values: tuple[int, ...], code: Code, used: int | None, suggestion: tuple[int, ...]
) -> None:
    """After thirty days, with the usual limits."""
    verdict = judge(meter(len(values)), Baseline(previous, BEFORE), values, BEFORE + timedelta(days=DAYS), Limits())
    assert (verdict.code, verdict.consumption, verdict.suggestion) == (code, used, suggestion)


@pytest.mark.parametrize(
    ("days", "used", "code"),
    [
        (1, 60, Code.ACCEPTED),
        (1, 61, Code.TOO_LARGE),
        (0, 60, Code.ACCEPTED),
        (-5, 61, Code.TOO_LARGE),
        (60, 3600, Code.ACCEPTED),
        (60, 3601, Code.TOO_LARGE),
        (365, 21_900, Code.ACCEPTED),
    ],
)
def test_consumption_is_judged_by_the_day(days: int, used: int, code: Code) -> None:
    """Intervals vary; one day at least is counted."""
    before = Baseline((5000,), BEFORE)
    assert judge(meter(), before, (5000 + used,), BEFORE + timedelta(days=days), Limits()).code is code


@pytest.mark.parametrize(
    ("average", "used", "code"),
    [
        (None, 1801, Code.TOO_LARGE),
        (10.0, 1801, Code.TOO_LARGE),
        (50.0, 4500, Code.ACCEPTED),
        (50.0, 4501, Code.TOO_LARGE),
        (500.0, 45_000, Code.ACCEPTED),
        (500.0, 45_001, Code.PHYSICAL_LIMIT),
    ],
)
def test_who_always_uses_much_is_not_asked(average: float | None, used: int, code: Code) -> None:
    """The meter's own average moves both limits up, never down."""
    before = Baseline((50000,), BEFORE, average)
    verdict = judge(meter(digits=6), before, (50000 + used,), BEFORE + timedelta(days=DAYS), Limits())
    assert verdict.code is code


@pytest.mark.parametrize(
    ("ratio", "delta", "code", "used"),
    [(20, 10, Code.ACCEPTED, 200), (20, 1800, Code.ACCEPTED, 36_000), (20, 1801, Code.TOO_LARGE, 36_020)],
)
def test_transformers_multiply_consumption_and_limits(ratio: int, delta: int, code: Code, used: int) -> None:
    """The subscriber sends the register as it is."""
    before = Baseline((5000,), BEFORE)
    verdict = judge(meter(ratio=ratio), before, (5000 + delta,), BEFORE + timedelta(days=DAYS), Limits())
    assert (verdict.code, verdict.consumption) == (code, used)


def test_branch_sets_its_limits() -> None:
    """A branch of summer houses may ask earlier."""
    limits = Limits(usual_daily_kwh=1, soft_daily_kwh=2, hard_daily_kwh=3)
    before, day = Baseline((5000,), BEFORE), BEFORE + timedelta(days=DAYS)
    codes = [judge(meter(), before, (5000 + used,), day, limits).code for used in (60, 61, 90, 91)]
    assert codes == [Code.ACCEPTED, Code.TOO_LARGE, Code.TOO_LARGE, Code.PHYSICAL_LIMIT]


@pytest.mark.parametrize(
    ("previous", "values", "digits", "ratio", "expected"),
    [
        ((5000,), (5123,), 5, 1, 123),
        ((5000,), (5123,), 5, 30, 3690),
        ((99990,), (10,), 5, 1, 20),
        ((9999,), (0,), 4, 1, 1),
        ((5000, 2000), (5150, 2100), 5, 1, 250),
        ((99990, 2000), (10, 2100), 5, 2, 240),
        ((5000,), (5000,), 5, 1, 0),
    ],
)
def test_consumption_in_kilowatt_hours(
    previous: tuple[int, ...], values: tuple[int, ...], digits: int, ratio: int, expected: int
) -> None:
    """Over all registers, with the ratio, past the register's end."""
    assert consumption(previous, values, digits, ratio) == expected


REGISTER = st.integers(0, 200_000)


@given(st.integers(1, 3).flatmap(lambda n: st.tuples(*[st.tuples(*[REGISTER] * n)] * 2)), st.integers(-10, 400))
def test_judging_is_total_and_suggests_what_it_would_accept(
    pair: tuple[tuple[int, ...], tuple[int, ...]], days: int
) -> None:
    """Any figures have a verdict, and a suggestion is itself no question."""
    previous, values = (tuple(value % 100_000 for value in pair[0]), pair[1])
    before, day = Baseline(previous, BEFORE), BEFORE + timedelta(days=days)
    verdict = judge(meter(len(values)), before, values, day, Limits())
    if verdict.suggestion:
        assert verdict.suggestion != values
        again = judge(meter(len(values)), before, verdict.suggestion, day, Limits())
        assert again.code in {Code.ACCEPTED, Code.SAME_AS_PREVIOUS, Code.X10}


def reading(period: int, day: date, *values: int, status: Status = Status.ACCEPTED) -> Reading:
    noon = datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC)
    return Reading(
        id=1,
        account_id=1,
        meter_id=2,
        period=period,
        values=values,
        consumption=0,
        status=status,
        code=Code.ACCEPTED,
        address=Address("sms", "+7"),
        sent_at=noon,
        received_at=noon,
    )


NOVEMBER, OCTOBER = date(2026, 11, 22), date(2026, 10, 24)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([], Baseline((5000,), BEFORE), id="nothing but billing's"),
        pytest.param(
            [reading(202611, NOVEMBER, 5300)], Baseline((5300,), NOVEMBER, 10.0), id="the month before, with an average"
        ),
        pytest.param(
            [reading(202611, NOVEMBER, 5300, status=Status.EXPORTED)], Baseline((5300,), NOVEMBER, 10.0), id="exported"
        ),
        pytest.param([reading(202612, NOVEMBER, 5300)], Baseline((5000,), BEFORE), id="of the same month"),
        pytest.param(
            [reading(202611, NOVEMBER, 5300, status=Status.IN_REVIEW)], Baseline((5000,), BEFORE), id="in review"
        ),
        pytest.param(
            [reading(202611, NOVEMBER, 5300, status=Status.SUPERSEDED)], Baseline((5000,), BEFORE), id="superseded"
        ),
        pytest.param([reading(202610, OCTOBER, 5001)], Baseline((5001,), OCTOBER), id="too short for an average"),
        pytest.param([reading(202609, date(2026, 9, 22), 4700)], Baseline((5000,), BEFORE, 300 / 31), id="older"),
        pytest.param(
            [reading(202611, NOVEMBER, 5300, 100)], Baseline((5000,), BEFORE), id="of another number of zones"
        ),
        pytest.param([reading(202611, NOVEMBER, 5000)], Baseline((5000,), NOVEMBER), id="nothing used, no average"),
        pytest.param([reading(202611, NOVEMBER, 10)], Baseline((10,), NOVEMBER), id="past its end, no average"),
    ],
)
def test_baseline_is_the_newest_of_what_counts(history: list[Reading], expected: Baseline) -> None:
    """Billing's last values, or what we accepted for an earlier month since."""
    assert baseline(meter(), history, 202612, KHABAROVSK) == expected
