"""Tokens and words: total functions, and both languages alike."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.staff_chat.links import LENGTH, tidied
from core.services.staff_chat.tokens import Act, Token, read
from core.services.staff_chat.wording import LANGUAGES, words
from core.services.texts import Texts

KEYS = st.integers(0, 2**63 - 1)


def blanks(found: Mapping[str, Any], place: str = "") -> dict[str, set[str]]:
    """What each sentence has to be filled with."""
    made: dict[str, set[str]] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            made |= blanks(value, f"{place}{key}.")
        else:
            made[f"{place}{key}"] = {part.partition("}")[0] for part in value.split("{")[1:]}
    return made


@given(st.sampled_from([Act.APPROVE, Act.REASONS, Act.BACK]), KEYS, KEYS)
def test_tokens(act: Act, case_id: int, version: int) -> None:
    """What is put under a button comes back, and fits every messenger."""
    token = Token(act, case_id, version)
    assert read(str(token)) == token
    assert token.fits


@given(st.text(max_size=70) | st.from_regex(r"[arxb](\.[0-9]{1,25}){0,4}"))
def test_any_text(text: str) -> None:
    """Anything at all may come from a telephone: it is a token, to the letter, or nothing."""
    token = read(text)
    assert token is None or (token.case_id < 2**63 and (token.act is Act.REJECT) == bool(token.code))


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_say_the_same(language: str) -> None:
    """The same keys with the same blanks, and a label for each reason that there is, short enough for a button."""
    found = words(language)
    assert blanks(found) == blanks(words("ru"))
    reasons = {key.removeprefix("reason-") for key in Texts().keys("ru") if key.startswith("reason-")}
    assert set(found["reasons"]) == reasons
    assert all(len(label) <= 40 for label in found["reasons"].values())
    assert all(Token(Act.REJECT, 2**63 - 1, 9999, reason).fits for reason in reasons)


def test_codes_are_compared_as_people_type_them() -> None:
    """Small letters, blanks, dashes and look-alikes are the same code."""
    assert tidied("o1il-7k2qm x") == "01117K2QMX"
    assert LENGTH == 10
