import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.toolkit.splitting import split
from core.domain.lengths import measure
from core.domain.messages import TextUnit

CASES = {
    "fits": ("один два", 20, ["один два"]),
    "nothing": ("", 20, []),
    "blank": (" \n ", 20, []),
    "between_words": ("один два три", 9, ["один два", "три"]),
    "exactly_at_a_word": ("один два три", 8, ["один два", "три"]),
    "line_before_word": ("один\nдва три", 9, ["один", "два три"]),
    "paragraph_before_line": ("один два\n\nтри\nчетыре", 14, ["один два", "три\nчетыре"]),
    "no_half_empty_piece": ("а\nбббб вввв гггг", 12, ["а\nбббб вввв", "гггг"]),
    "inside_a_word": ("а" * 25, 10, ["а" * 10, "а" * 10, "а" * 5]),
}


@pytest.mark.parametrize("name", list(CASES))
def test_borders(name: str) -> None:
    """Cuts are at paragraphs, lines and words, and in a word only where nothing else helps."""
    text, limit, pieces = CASES[name]
    assert split(text, limit, TextUnit.CHARACTERS) == pieces


@pytest.mark.parametrize(
    ("unit", "limit", "text", "pieces"),
    [
        (TextUnit.UTF16, 3, "😀😀", ["😀", "😀"]),
        (TextUnit.BYTES, 5, "яяя", ["яя", "я"]),
        (TextUnit.BYTES, 7, "😀😀", ["😀", "😀"]),
        (TextUnit.SEGMENTS, 1, "€" * 81, ["€" * 80, "€"]),
        (TextUnit.SEGMENTS, 1, "😀" * 36, ["😀" * 35, "😀"]),
        (TextUnit.SEGMENTS, 2, "я" * 135, ["я" * 134, "я"]),
    ],
    ids=["utf16", "bytes", "bytes_emoji", "escape", "surrogates", "two_parts"],
)
def test_no_character_is_cut(unit: TextUnit, limit: int, text: str, pieces: list[str]) -> None:
    """A piece ends before a character that does not fit whole."""
    assert split(text, limit, unit) == pieces


def test_limit_below_a_character() -> None:
    """A limit that no character fits is a mistake, not an endless loop."""
    with pytest.raises(ValueError, match="smaller than one character"):
        split("😀", 1, TextUnit.UTF16)


@given(
    text=st.text(alphabet="аб €😀\n", max_size=300),
    limit=st.integers(4, 60),
    unit=st.sampled_from([TextUnit.CHARACTERS, TextUnit.UTF16, TextUnit.BYTES]),
)
def test_nothing_is_lost(text: str, limit: int, unit: TextUnit) -> None:
    """Pieces fit, none is empty, and together they are the text but for white space."""
    pieces = split(text, limit, unit)
    assert all(0 < measure(piece, unit) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
