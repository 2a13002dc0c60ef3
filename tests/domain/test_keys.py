"""Keys in order of time, and the references that people read out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.keys import ALPHABET, REFERENCE_LENGTH, Keys, reference, reference_value

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_keys_grow() -> None:
    """Within a millisecond, over time, and when the clock is set back."""
    keys = Keys()
    moments = [NOW, NOW, NOW + timedelta(milliseconds=1), NOW - timedelta(days=1), NOW] * 200
    made = [keys.new(moment) for moment in moments]
    assert made == sorted(set(made))


def test_keys_of_two_processes_differ() -> None:
    """Both make them at the same instant."""
    made = [keys.new(NOW) for keys in (Keys() for _ in range(50))]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("moment", [NOW, datetime(2024, 1, 1, tzinfo=UTC), datetime(2299, 1, 1, tzinfo=UTC)])
def test_key_fits_the_databases(moment: datetime) -> None:
    """A positive 63-bit number, for as long as anybody will ask."""
    assert 0 <= Keys().new(moment) < 2**63


def test_later_key_is_larger_in_another_process() -> None:
    """Rows sort by time whoever made them."""
    assert Keys().new(NOW) < Keys().new(NOW + timedelta(milliseconds=2))


@given(st.integers(0, 2**63 - 1))
def test_reference_names_the_key(key: int) -> None:
    """Five letters that nobody mishears, and back."""
    shown = reference(key)
    assert len(shown) == REFERENCE_LENGTH
    assert set(shown) <= set(ALPHABET)
    value, modulus = reference_value(shown)
    assert key % modulus == value


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("7K2QM", "7K2QM"),
        ("7k2qm", "7K2QM"),
        (" №7K2QM ", "7K2QM"),
        ("#7K2QM", "7K2QM"),
        ("7KOIL", "7K011"),
        ("oil", "011"),
    ],
)
def test_reference_is_read_as_people_say_it(said: str, meant: str) -> None:
    """Any case, with its sign, with the letters that look like digits."""
    assert reference_value(said) == reference_value(meant)


@pytest.mark.parametrize("text", ["", " ", "№", "7K2Q!", "7K2QU", "ЖЖЖЖЖ", "7K 2QM", "0" * 14, "-1"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    """Rather than finding the wrong case."""
    with pytest.raises(ValueError, match="not a reference"):
        reference_value(text)
