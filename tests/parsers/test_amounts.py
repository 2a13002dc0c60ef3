"""Sums as people type them."""

import pytest

from parsers import kopecks

SUMS = {
    "500": 50_000,
    " 500 ": 50_000,
    "500р": 50_000,
    "500 руб.": 50_000,
    "500 рублей": 50_000,
    "500 ₽": 50_000,
    "987,65": 98_765,
    "987.6": 98_760,
    "1 234,56": 123_456,
    "1\u00a0234": 123_400,
    "500 600": 50_060_000,
    "12 345 678": 1_234_567_800,
    "0": 0,
    "٥٠٠": 50_000,
}
NONE = ["", "рублей", "-500", "5 00", "1,234,56", "1e3", "1234567890", "987,655", "500 на счёт", "9" * 400]


@pytest.mark.parametrize(("text", "expected"), SUMS.items())
def test_a_sum_is_read_to_the_kopeck(text: str, expected: int) -> None:
    """With or without the currency, a fraction, and spaces between thousands."""
    assert kopecks(text) == expected


@pytest.mark.parametrize("text", NONE)
def test_anything_else_is_no_sum(text: str) -> None:
    """Nothing is guessed about money."""
    assert kopecks(text) is None
