"""Sums as subscribers read them, and as files and providers have them."""

import pytest

from core.domain.money import decimal, roubles

WRITTEN = {
    0: "0.00",
    1: "0.01",
    100: "1.00",
    123_456: "1234.56",
    -1: "-0.01",
    -12_300: "-123.00",
    10**13: "100000000000.00",
}


@pytest.mark.parametrize("kopecks", WRITTEN)
def test_sums_are_written(kopecks: int) -> None:
    """Two digits, the sign before all, a point for machines and a comma for people."""
    assert decimal(kopecks) == WRITTEN[kopecks]
    assert roubles(kopecks) == WRITTEN[kopecks].replace(".", ",")
