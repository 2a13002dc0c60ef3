"""Two names out of a text: what a step that asks for account and meter reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import MAX_LENGTH, numbers, pairs
from tests.parsers.test_properties import any_text, likely_text

groups = st.lists(st.from_regex(r"[0-9]{1,12}", fullmatch=True), min_size=2, max_size=6)


@given(st.one_of(any_text, likely_text))
def test_any_text_is_read(text: str) -> None:
    """Total and bounded: at most six groups of ASCII digits, at most ten pairs, none of them empty."""
    found, ways = numbers(text), pairs(text)
    assert len(found) <= 6
    assert all(group.isascii() and group.isdecimal() for group in found)
    assert len(ways) == (2 * (len(found) - 1) if found else 0)
    assert all(first and second for first, second in ways)
    assert all(sorted(first + second) == sorted("".join(found)) for first, second in ways)


@given(groups, st.integers(1, 5), st.sampled_from([" ", "  ", "\n", ", ", " / ", "; "]))
def test_the_right_pair_is_among_them(parts: list[str], place: int, between: str) -> None:
    """However an account and a meter are cut into groups, one of the ways puts them together again, in both orders."""
    place = 1 + place % (len(parts) - 1)
    first, second = "".join(parts[:place]), "".join(parts[place:])
    ways = pairs(between.join(parts))
    assert (first, second) in ways
    assert (second, first) in ways


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2701001101 31002201", ("2701001101", "31002201")),
        ("счёт 27010-01101, счётчик №31002201", ("2701001101", "31002201")),
        ("0010334090 0002009", ("0010334090", "0002009")),
        ("код 12 34 56", ("12", "34", "56")),
        ("нет номеров", ()),
        ("", ()),
        ("1 2 3 4 5 6", ("1", "2", "3", "4", "5", "6")),
        ("1 2 3 4 5 6 7", ()),
        ("7" * (MAX_LENGTH + 1), ()),
    ],
)
def test_numbers(text: str, found: tuple[str, ...]) -> None:
    """Groups as typed, leading zeros kept, hyphens within a group dropped; a letter full of numbers has none."""
    assert numbers(text) == found


def test_one_number_is_no_pair() -> None:
    """It takes two names."""
    assert pairs("2701001101") == []
