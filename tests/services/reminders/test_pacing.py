"""When reminders go out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.domain.reminders import Span
from core.services.reminders.pacing import AHEAD, TURN, Pace, portion

NINE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DAY = Span(NINE, NINE + timedelta(hours=12))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("left", "after", "begun", "spread", "expected"),
    [
        (1440, 0 * HOUR, 0 * HOUR, 8 * HOUR, 1),
        (144_000, 0 * HOUR, 0 * HOUR, 8 * HOUR, 100),
        (72_000, 4 * HOUR, 0 * HOUR, 8 * HOUR, 100),
        (72_000, 4 * HOUR, 4 * HOUR, 4 * HOUR, 100),
        (90_000, 9 * HOUR, 9 * HOUR, 8 * HOUR, 200),
        (500, 9 * HOUR, 0 * HOUR, 8 * HOUR, 500),
        (500, 0 * HOUR, 0 * HOUR, 0 * HOUR, 500),
        (500, 11.9 * HOUR, 0 * HOUR, 12 * HOUR, 500),
        (1, 0 * HOUR, 0 * HOUR, 8 * HOUR, 1),
    ],
)
def test_portion_of_a_turn(left: int, after: timedelta, begun: timedelta, spread: timedelta, expected: int) -> None:
    """As many as are needed to be through by the spread's end, or half an hour before the night; late ones at once."""
    assert portion(left, NINE + after, NINE + begun, DAY, spread) == expected


def test_a_whole_round_is_through_in_time() -> None:
    """Turn after turn, rounded up, everything is looked at before the spread is over, and not long before."""
    left, now = 100_003, NINE
    while left > 0:
        left -= portion(left, now, NINE, DAY, 8 * HOUR)
        now += TURN
    assert NINE + 7.5 * HOUR < now <= NINE + 8 * HOUR


def test_places_of_a_channel_keep_its_rate() -> None:
    """However many are asked for at once; other channels have places of their own."""
    pace = Pace({"vk": 10.0, "telegram": 15.0})
    places = [pace.take("vk", NINE) for _ in range(50)]
    assert {later - earlier for earlier, later in pairwise(places)} == {timedelta(seconds=0.1)}
    assert pace.take("telegram", NINE) == NINE
    assert pace.take("vk", NINE + HOUR) == NINE + HOUR


def test_planner_waits_for_the_slowest_channel() -> None:
    """More than a minute ahead is too much: what is submitted meanwhile should count."""
    pace = Pace({"vk": 10.0, "telegram": 15.0})
    while pace.take("vk", NINE) < NINE + AHEAD:
        assert not pace.is_full(NINE)
    assert pace.is_full(NINE)
    assert not pace.is_full(NINE + TURN)


def test_a_new_start_goes_on_behind_what_is_queued() -> None:
    """A crash does not let the rate be used twice."""
    pace = Pace({"vk": 10.0})
    pace.resume({"vk": NINE + HOUR, "sms": NINE + HOUR})
    assert pace.take("vk", NINE) == NINE + HOUR + timedelta(seconds=0.1)
