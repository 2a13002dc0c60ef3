"""Single cells: what each column takes."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing import cells
from core.billing.problems import BadCell


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [
        ("0", 0),
        ("12", 1200),
        ("12,5", 1250),
        ("12.50", 1250),
        ("12,50000", 1250),
        ("-12.05", -1205),
        ("+3,00", 300),
        (" 1 234,56 ", 123456),
        ("1\xa0234\u202f567,01", 123456701),
        ("", None),
        ("   ", None),
        ("-0,01", -1),
        ("9999999999.99", 999999999999),
    ],
)
def test_amounts(text: str, kopecks: int | None) -> None:
    """Roubles with a comma or a point, spaces between thousands, become whole kopecks."""
    assert cells.amount(text) == kopecks


@given(st.integers(-(10**12), 10**12), st.sampled_from(",."))
def test_every_amount_survives(kopecks: int, mark: str) -> None:
    """What is written with two decimals is read to the kopeck."""
    assert cells.amount(f"{Decimal(kopecks) / 100:.2f}".replace(".", mark)) == kopecks


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_reason(text: str) -> None:
    """Each parser is total: a value, or a reason without control characters."""
    day = cells.day(date(2000, 1, 1), date(2026, 1, 1), optional=True)
    parsers = (cells.amount, cells.register, cells.number, cells.optional_number, cells.line_of_text, cells.short_text)
    for parse in (*parsers, cells.flag, cells.whole(1, 3), day):
        try:
            parse(text)
        except BadCell as bad:
            assert str(bad).isprintable()  # noqa: PT017 - raising is allowed, not demanded


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("22.11.2026", date(2026, 11, 22)),
        ("1.2.2026", date(2026, 2, 1)),
        (" 2026-11-22 ", date(2026, 11, 22)),
        ("2026-11-22T00:00:00", date(2026, 11, 22)),
        ("22.11.2026 0:00:00", date(2026, 11, 22)),
        ("", None),
    ],
)
def test_dates(text: str, value: date | None) -> None:
    """ISO and Russian, with the midnight that 1C and Excel add."""
    assert cells.day(date(2000, 1, 1), date(2027, 1, 1), optional=True)(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("0", False), ("Да", True), ("НЕТ", False), ("true", True), ("False", False), ("", False)],
)
def test_flags(text: str, value: bool) -> None:  # noqa: FBT001 - the expected value
    """Figures, Russian, English; nothing is no."""
    assert cells.flag(text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0010334090", "0010334090"),
        (" 12345 ", "12345"),
        ("'00123", "00123"),
        ("12345-678-90", "12345-678-90"),
        ("СЕ 101 123", "СЕ 101 123"),
        ("75да533315-01", "75да533315-01"),
    ],
)
def test_numbers_stay_text(text: str, value: str) -> None:
    """Leading zeros stay; the apostrophe of a guarded cell goes."""
    assert cells.number(text) == value


def test_a_memo_forgets_to_remember() -> None:
    """A column with many different texts does not fill the memory, and mistakes are told each time."""
    memo = cells.Memo(cells.whole(0, 10**9))
    for value in range(2 * cells.MEMO):
        assert memo[str(value)] == value
    assert len(memo) == cells.MEMO
    for _ in range(2):
        with pytest.raises(BadCell):
            memo["x"]
