import pytest
from gsm0338 import Codec
from hypothesis import given
from hypothesis import strategies as st

from core.domain.lengths import is_gsm, measure, segments, septets
from core.domain.messages import TextUnit

PARTS = {
    "nothing": ("", 0),
    "gsm_one": ("a" * 160, 1),
    "gsm_two": ("a" * 161, 2),
    "gsm_two_full": ("a" * 306, 2),
    "gsm_three": ("a" * 307, 3),
    "euro_one": ("€" * 80, 1),
    "euro_two": ("€" * 81, 2),
    "euro_pair_kept_whole": ("€" * 153, 3),
    "euro_at_part_border": ("a" * 152 + "€" + "a" * 152, 3),
    "cyrillic_one": ("я" * 70, 1),
    "cyrillic_two": ("я" * 71, 2),
    "cyrillic_two_full": ("я" * 134, 2),
    "cyrillic_three": ("я" * 135, 3),
    "one_letter_makes_ucs2": ("a" * 70 + "я", 2),
    "emoji_one": ("😀" * 35, 1),
    "emoji_two": ("😀" * 36, 2),
    "emoji_pair_kept_whole": ("😀" * 67, 3),
    "emoji_at_part_border": ("я" * 66 + "😀" + "я" * 66, 3),
    "backtick_is_not_gsm": ("`" * 71, 2),
}


@pytest.mark.parametrize("name", list(PARTS))
def test_segments(name: str) -> None:
    """Parts are counted by the alphabet, and no pair is cut."""
    text, expected = PARTS[name]
    assert segments(text) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [(TextUnit.CHARACTERS, 7), (TextUnit.UTF16, 8), (TextUnit.BYTES, 12), (TextUnit.SEGMENTS, 1)],
)
def test_measure(unit: TextUnit, expected: int) -> None:
    """Each unit counts in its own way."""
    assert measure("яя 471😀", unit) == expected


@given(st.text(max_size=400))
def test_alphabet_is_the_codec(text: str) -> None:
    """A text is GSM when the codec can write it, and its septets are the codec's octets; the escape is no text."""
    try:
        octets = len(Codec().encode(text)[0])
    except UnicodeEncodeError:
        assert not is_gsm(text)
    else:
        assert is_gsm(text) is ("\x1b" not in text)
        assert septets(text) == octets or "\x1b" in text


@given(st.text(alphabet="aя€😀 ", max_size=400), st.text(alphabet="aя€😀", min_size=1, max_size=5))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    """A longer text costs as many parts or more: splitting relies on it."""
    for unit in TextUnit:
        assert measure(text + more, unit) >= measure(text, unit)


@given(st.text(alphabet="aя€😀", min_size=1, max_size=400))
def test_parts_hold_the_text(text: str) -> None:
    """Cutting greedily into parts gives as many as were counted."""
    gsm = is_gsm(text)
    single, part = (160, 153) if gsm else (70, 67)
    costs = [2 if character > "\uffff" or (gsm and character == "€") else 1 for character in text]
    parts, room = 1, part
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, part
        room -= cost
    assert segments(text) == (1 if sum(costs) <= single else parts)
