"""Choosing, joining and cutting what is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.lengths import measure, segments
from core.domain.messages import Capabilities, TextUnit
from core.services.fitting import compose, enriched, fit

FULL, SHORT = "Показания приняты, спасибо.", "Принято."
FRACTION, RENAMED = "Дробь не нужна.", "Счёт теперь *7890."


def limit(size: int, unit: TextUnit = TextUnit.CHARACTERS) -> Capabilities:
    return Capabilities(text_limit=size, text_unit=unit)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(27, FULL, id="just fits"),
        pytest.param(26, SHORT, id="one too many"),
        pytest.param(8, SHORT, id="short just fits"),
    ],
)
def test_first_variant_that_fits_is_chosen(size: int, expected: str) -> None:
    """The preferred text goes out wherever it fits."""
    assert fit((FULL, SHORT), limit(size)) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(26, "Показания приняты...", id="before the last word"),
        pytest.param(21, "Показания приняты...", id="just behind a word"),
        pytest.param(20, "Показания...", id="inside the second word"),
        pytest.param(11, "Показани...", id="inside the only word"),
        pytest.param(3, "", id="no room for a letter"),
        pytest.param(0, "", id="no room at all"),
    ],
)
def test_text_that_does_not_fit_is_cut_at_a_word(size: int, expected: str) -> None:
    """The last resort ends with a whole word and three dots, without the comma before them."""
    assert fit((FULL,), limit(size)) == expected


def test_cut_counts_parts_of_an_sms() -> None:
    """A cut Russian text uses the two parts it may cost; a cut English one stays in the GSM alphabet."""
    for text, longest in (("слово " * 100, 134), ("words " * 100, 306)):
        cut = fit((text,), limit(2, TextUnit.SEGMENTS))
        assert segments(cut) == 2
        assert longest - len("слово ") < len(cut) <= longest


def test_nothing_to_say_is_nothing() -> None:
    """No variants give no text, and no error."""
    assert fit((), limit(10)) == ""


@given(st.lists(st.text(max_size=200), max_size=3), st.integers(0, 150), st.sampled_from(list(TextUnit)))
def test_every_answer_fits(variants: list[str], size: int, unit: TextUnit) -> None:
    """Whatever the words, the limit and its unit, the answer keeps to the limit."""
    assert measure(fit(variants, limit(size, unit)), unit) <= size


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(62, f"{FULL} {FRACTION} {RENAMED}", id="all fits"),
        pytest.param(61, f"{SHORT} {FRACTION} {RENAMED}", id="the short text leaves room for both notes"),
        pytest.param(42, f"{SHORT} {FRACTION}", id="the last note is dropped"),
        pytest.param(23, SHORT, id="both are dropped"),
        pytest.param(7, "Прин...", id="not even the text fits"),
    ],
)
def test_notes_follow_as_far_as_there_is_room(size: int, expected: str) -> None:
    """A shorter text goes before fewer notes, and the least important note is dropped first."""
    assert compose((FULL, SHORT), (FRACTION, RENAMED), limit(size)) == expected


def test_text_without_notes_is_just_fitted() -> None:
    """Nothing is added where there is nothing to add."""
    assert compose((FULL, SHORT), (), limit(27)) == FULL


def test_thrifty_answer_takes_the_fewest_parts() -> None:
    """Where parts are paid for, a one-part variant goes before a fuller one of two; elsewhere the fuller one goes."""
    full, short = "Показания приняты, спасибо. " * 3, "Показания приняты."
    sms, chat = limit(2, TextUnit.SEGMENTS), limit(500)
    assert compose((full, short), (), sms, thrifty=True) == short
    assert compose((full, short), (), sms) == full
    assert compose((full, short), (), chat, thrifty=True) == full


@pytest.mark.parametrize(
    ("text", "fuller", "capabilities", "is_chosen"),
    [
        pytest.param(SHORT, FULL, limit(27), True, id="fits a messenger"),
        pytest.param(SHORT, FULL, limit(26), False, id="does not"),
        pytest.param("я" * 60, "я" * 70, limit(2, TextUnit.SEGMENTS), True, id="the same part of an SMS"),
        pytest.param("я" * 60, "я" * 71, limit(2, TextUnit.SEGMENTS), False, id="another part, which it may have"),
        pytest.param("я" * 80, "я" * 134, limit(2, TextUnit.SEGMENTS), True, id="both parts are taken anyway"),
    ],
)
def test_more_is_said_where_it_costs_nothing(
    text: str, fuller: str, capabilities: Capabilities, *, is_chosen: bool
) -> None:
    """A text that says more is taken where there is room for it, and never for a further part of an SMS."""
    assert enriched(text, ("я" * 5000, fuller), capabilities) == (fuller if is_chosen else text)
