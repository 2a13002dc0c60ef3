import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acquiring.amounts import currency, kopecks
from core.domain.money import decimal

READ = {
    "1234.56": 123456,
    "1234.5": 123450,
    "1234": 123400,
    "1234.560000": 123456,
    "1234.000000": 123400,
    "1234.500000": 123450,
    "0.01": 1,
    "0": 0,
    "0001.10": 110,
    "9999999999999.99": 999999999999999,
}
REFUSED = [
    "", " ", "1234.", ".56", "1234.567", "1234.560001", "1234,56", "1 234.56", " 1234.56", "1234.56 ", "1234.56\n",
    "+1234.56", "-1234.56", "1e3", "0x10", "1_234", "١٢٣٤", "１２３４", "1234.5６", "NaN", "Infinity", "12345678901234",
    "1.0000000000000000", "1234.56.00", "\x00",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_read(text: str, expected: int) -> None:
    """An amount in roubles is read to the kopeck, however many noughts stand behind it."""
    assert kopecks(text) == expected


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    """What is not exactly an amount is none."""
    assert kopecks(text) is None


@pytest.mark.parametrize(
    ("written", "name"),
    [("RUB", "RUB"), ("rur", "RUB"), ("643", "RUB"), ("810", "RUB"), ("398", "398"), ("USD", "USD"), ("", "")],
)
def test_currency(written: str, name: str) -> None:
    """Roubles are roubles however they are written, and other currencies are not."""
    assert currency(written) == name


@given(st.integers(0, 10**15 - 1))
def test_there_and_back(amount: int) -> None:
    """What we write, we read."""
    assert kopecks(decimal(amount)) == amount


@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    """Any text is an amount, or none."""
    amount = kopecks(text)
    assert amount is None or amount >= 0
