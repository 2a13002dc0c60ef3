"""The drawing of a meter's readings: what is drawn, what is marked, and what stays inside the frame."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.staff.chart import HEIGHT, MOST, TOP, WIDTH, chart
from core.domain.accounts import Meter
from core.domain.messages import Address
from core.domain.readings import Code, Reading, Status
from tests.world import KHABAROVSK

START = datetime(2026, 1, 22, 2, 0, tzinfo=UTC)
WRONG = 999


def meter(*billed: int) -> Meter:
    return Meter(
        id=1, account_id=1, serial="12345678", zones=len(billed), digits=5, ratio=1, billed=billed, read_on=START.date()
    )


def reading(number: int, *values: int, days: int, status: Status = Status.ACCEPTED) -> Reading:
    at = START + timedelta(days=days)
    return Reading(
        id=number,
        account_id=1,
        meter_id=1,
        period=202601,
        values=values,
        consumption=0,
        status=status,
        code=Code.ACCEPTED,
        address=Address("sms", "+79140000000"),
        sent_at=at,
        received_at=at,
    )


def usual(count: int, *, days: int = 30) -> list[Reading]:
    return [reading(number, 100 + 300 * number, days=days * number) for number in range(1, count + 1)]


def test_nothing_but_what_was_billed() -> None:
    """Without readings there is one point, and nothing to compare it with."""
    (bar,) = chart(meter(100), [], None, KHABAROVSK).bars
    assert (bar.values, bar.daily, bar.parts, bar.is_doubtful) == ((100,), (), (), False)


def test_one_reading() -> None:
    """It is compared with what was billed: 300 kWh in 30 days."""
    bars = chart(meter(100), usual(1), None, KHABAROVSK).bars
    assert [bar.daily for bar in bars] == [(), (10.0,)]


def test_the_last_24() -> None:
    """Older ones fall out at the left, and the first that is shown still knows what it is compared with."""
    bars = chart(meter(100), usual(30), None, KHABAROVSK).bars
    assert len(bars) == MOST
    assert bars[0].daily == (10.0,)
    assert bars[-1].values == (9100,)


def test_doubtful_value_is_marked_and_broken() -> None:
    """It does not dwarf the others, and keeps the proportions of its registers."""
    given = [reading(1, 400, 200, days=30), reading(WRONG, 40400, 300, days=60, status=Status.IN_REVIEW)]
    *_, before, doubtful = chart(meter(100, 100), given, WRONG, KHABAROVSK).bars
    assert (before.is_doubtful, doubtful.is_doubtful, before.is_broken, doubtful.is_broken) == (
        False,
        True,
        False,
        True,
    )
    assert doubtful.top == TOP
    assert before.top < HEIGHT - 50


def test_gap_and_restart() -> None:
    """A month that is missing, and a value lower than before, are said."""
    bars = chart(meter(99990), [reading(1, 10, days=90)], None, KHABAROVSK).bars
    assert (bars[1].after_gap, bars[1].restarted) == (True, True)
    assert bars[1].daily == (pytest.approx(20 / 90),)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.SUPERSEDED, Status.WITHDRAWN])
def test_what_does_not_count_is_not_drawn(status: Status) -> None:
    """Rejected and replaced values are in the table of readings alone."""
    assert len(chart(meter(100), [reading(1, 900, days=30, status=status)], None, KHABAROVSK).bars) == 1


@given(
    rows=st.lists(st.tuples(st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 400)), max_size=40),
    doubts=st.booleans(),
)
def test_stays_inside(rows: list[tuple[int, int, int]], *, doubts: bool) -> None:
    """Whatever was sent, and when: every part of every bar lies inside the frame."""
    given = [reading(number, t1, t2, days=days) for number, (t1, t2, days) in enumerate(rows)]
    drawn = chart(meter(5, 5), given, 0 if doubts else None, KHABAROVSK)
    assert len(drawn.bars) <= MOST
    for bar in drawn.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert all(part.y >= TOP - 1 and part.y + part.height <= HEIGHT + 1 for part in bar.parts)
