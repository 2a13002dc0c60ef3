"""A provider's register against our orders, as pure values."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.domain.orders import OrderState
from core.domain.registers import EDGE, Compared, Entry, Known, bounds, compare

SINCE = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)
NOON = SINCE + timedelta(hours=12)


def order(key: int, state: str = "paid", amount: int = 98_765, at: datetime | None = NOON, *names: str) -> Known:
    return Known(key, "1234567890", amount, OrderState(state), names or (f"p{key}",), at)


ORDERS = (
    order(1),
    order(2),
    order(3, "pending", at=None),
    order(4, "refunded"),
    order(5, "expired", at=None),
    order(6, "paid", 98_765, NOON, "p6", "p6-second"),
)
ALL = [Entry(1, "p1", 98_765), Entry(1, "p2", 98_765), Entry(1, "p4", 98_765), Entry(1, "p6", 98_765)]
# The lines besides those that agree, and what is found: what, order, there, here, and of which line.
TABLE = (
    ([], []),
    ([Entry(7, "zz", 100)], [("unknown", None, 100, 0, 7)]),
    ([Entry(7, "zz", 98_765, order=1)], [("twice", 1, 98_765, 98_765, 7)]),
    ([Entry(7, "p3", 98_765)], [("unpaid", 3, 98_765, 98_765, 7)]),
    ([Entry(7, "zz", 98_765, order=5)], [("unpaid", 5, 98_765, 98_765, 7)]),
    ([Entry(7, "p1", 98_765)], [("repeated", 1, 98_765, 98_765, 7)]),
    ([Entry(7, "p6-second", 98_765)], [("twice", 6, 98_765, 98_765, 7)]),
    ([Entry(7, "p4", 98_765, refund=True)], []),
    ([Entry(7, "p1", 98_765, refund=True)], [("refund", 1, 98_765, 98_765, 7)]),
    ([Entry(7, "zz", 5, refund=True)], [("unknown", None, 5, 0, 7)]),
)


def found(compared: Compared) -> list[tuple[str, int | None, int, int, int]]:
    return [(each.what.value, each.order, each.there, each.here, each.line) for each in compared.findings]


@pytest.mark.parametrize(("lines", "expected"), TABLE)
def test_table(lines: list[Entry], expected: list[tuple[str, int | None, int, int, int]]) -> None:
    """Each difference by itself, beside lines that agree."""
    compared = compare([*ALL, *lines], ORDERS, SINCE, UNTIL)
    assert found(compared) == expected
    assert compared.agreed == len(ALL) + len(lines) - len(expected)


def test_sums() -> None:
    """A kopeck is a difference; refunds are taken off what agrees."""
    entries = [Entry(1, "p1", 98_764), *ALL[1:], Entry(2, "p4", 98_765, refund=True)]
    compared = compare(entries, ORDERS, SINCE, UNTIL)
    assert found(compared) == [("amount", 1, 98_764, 98_765, 1)]
    assert compared.agreed_amount == 2 * 98_765


def test_what_the_register_does_not_have() -> None:
    """Paid here within its days; what was never paid is nobody's difference."""
    assert found(compare(ALL[1:], ORDERS, SINCE, UNTIL)) == [("missing", 1, 0, 98_765, 0)]
    assert found(compare([], ORDERS, UNTIL, UNTIL + timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("at", "differences", "at_midnight"),
    [
        (SINCE - timedelta(seconds=1), 0, 0),
        (SINCE, 0, 1),
        (SINCE + EDGE, 1, 0),
        (UNTIL - EDGE, 0, 1),
        (UNTIL - EDGE - timedelta(seconds=1), 1, 0),
        (UNTIL, 0, 0),
    ],
)
def test_midnight(at: datetime, differences: int, at_midnight: int) -> None:
    """What was paid so near to it may stand in the neighbouring day's register."""
    compared = compare([], [order(1, at=at)], SINCE, UNTIL)
    assert (len(compared.findings), compared.at_midnight) == (differences, at_midnight)


@pytest.mark.parametrize(
    ("said", "ours", "expected"),
    [
        (None, False, []),
        (None, True, []),
        (False, False, []),
        (True, True, []),
        (True, False, ["test"]),
        (False, True, ["test"]),
    ],
)
def test_test_mode(said: bool | None, ours: bool, expected: list[str]) -> None:  # noqa: FBT001 - columns
    """No money moved, or it moved where none should: it agrees with nothing, whoever's order it is."""
    for entry in (Entry(7, "p1", 98_765, is_test=said), Entry(7, "p3", 98_765, is_test=said)):
        compared = compare([entry], ORDERS[:1] + ORDERS[2:3], SINCE, UNTIL, is_test=ours)
        others = {"missing", *([] if expected else ["unpaid"])}
        assert [each.what.value for each in compared.findings if each.what.value not in others] == expected


def test_bounds() -> None:
    """Days begin and end at midnight in Moscow."""
    assert bounds(date(2026, 11, 22), date(2026, 11, 22)) == (SINCE, UNTIL)
    assert bounds(date(2026, 11, 22), date(2026, 11, 24)) == (SINCE, UNTIL + timedelta(days=2))
