"""What every text promises: both languages alike, nothing private, and an SMS of two parts at most."""

import re

import pytest

from core.domain.lengths import is_gsm, segments
from core.services.texts import Texts
from tests.services.texts.examples import KEYS, LANGUAGES, arguments, selectors, strings

TWO_UCS2_PARTS = 134
OTHER_LANGUAGE = "settings-language"
"""The button that names the other language in that language's own letters."""
OF_A_LINKED_PHONE = {"consumption", "previous", "meters", "sum"}

every_text = pytest.mark.parametrize("key", KEYS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts()


@every_language
def test_every_text_has_examples(texts: Texts, language: str) -> None:
    """A text without examples is not tested, so there is none; an example without a text is a missing translation."""
    assert sorted(texts.keys(language)) == KEYS


@every_text
@every_language
def test_placeholders_are_those_of_the_examples(texts: Texts, language: str, key: str) -> None:
    """Both languages take the same arguments, and they are the ones that callers give."""
    assert texts.placeholders(language, key) == {*strings(key), *selectors(key)}


@every_text
@every_language
def test_every_placeholder_is_filled(texts: Texts, language: str, key: str) -> None:
    """The preferred text shows every string it takes, and no trace of Fluent is left in any variant."""
    for args in arguments(language, key, "ordinary"):
        variants = texts.variants(language, key, **args)
        assert all(str(args[name]) in variants[0] for name in strings(key))
        assert not any(re.search(r"[{}$%\x00\u2068\u2069]|\s\s|^\s|\s$", text) for text in variants)


@every_text
@every_language
def test_every_choice_has_its_own_words(texts: Texts, language: str, key: str) -> None:
    """No month and no number of zones falls to the words of another one."""
    rendered = [texts.render(language, key, **args) for args in arguments(language, key, "ordinary")]
    assert len(set(rendered)) == len(rendered)


@every_text
@every_language
def test_short_form_is_shorter(texts: Texts, language: str, key: str) -> None:
    """A short form that is not shorter would never be sent."""
    for args in arguments(language, key, "longest"):
        sizes = [len(text) for text in texts.variants(language, key, **args)]
        assert sizes == sorted(set(sizes), reverse=True)


@every_text
@every_language
def test_longest_text_fits_two_parts(texts: Texts, language: str, key: str) -> None:
    """Even with the longest values the last variant costs two parts of an SMS, in English despite the mask's `…`."""
    for args in arguments(language, key, "longest"):
        shortest = texts.variants(language, key, **args)[-1]
        assert len(shortest) <= TWO_UCS2_PARTS
        assert segments(shortest) <= 2


@every_text
@every_language
def test_preferred_text_fits_two_parts(texts: Texts, language: str, key: str) -> None:
    """With ordinary values nobody gets the short form by SMS, or the full one would be for nobody."""
    for args in arguments(language, key, "ordinary"):
        assert segments(texts.render(language, key, **args)) <= 2


def test_plain_acceptance_costs_one_part(texts: Texts) -> None:
    """The most frequent answer of all, in Russian and with both zones, is a single SMS."""
    (args,) = arguments("ru", "accepted", "ordinary")
    assert segments(texts.render("ru", "accepted", **args)) == 1


@every_text
def test_english_uses_the_gsm_alphabet(texts: Texts, key: str) -> None:
    """Our own English words never make an SMS UCS-2; only the mask's `…` may."""
    for args in arguments("en", key, "ordinary") if key != OTHER_LANGUAGE else ():
        assert all(is_gsm(text.replace("…", "")) for text in texts.variants("en", key, **args))


@every_text
def test_russian_is_in_russian(texts: Texts, key: str) -> None:
    """No Latin letter hides in a Russian word, and only a reference or a QR code is Latin at all."""
    for args in arguments("ru", key, "ordinary") if key != OTHER_LANGUAGE else ():
        for text in texts.variants("ru", key, **args):
            assert not re.search(r"[A-Za-z]", text.replace("A1B2", "").replace("QR", ""))


@every_text
def test_private_figures_go_to_linked_phones_only(texts: Texts, key: str) -> None:
    """Previous values, consumption, other meters and sums are in texts for a phone that is on file."""
    for_linked = key.endswith("-linked") or key.startswith("balance-")
    assert for_linked or not OF_A_LINKED_PHONE & texts.placeholders("ru", key)


@every_language
def test_not_found_does_not_tell_what_is_wrong(texts: Texts, language: str) -> None:
    """The one answer to an unknown account and to a wrong meter takes nothing and names both."""
    assert not texts.placeholders(language, "not-found")
    for text in texts.variants(language, "not-found"):
        assert "счёта и счётчика" in text or "account and meter" in text


@pytest.mark.parametrize(("language", "word"), [("ru", "ДА"), ("en", "YES")])
@pytest.mark.parametrize("key", [key for key in KEYS if key.startswith("ask-")])
def test_questions_say_how_to_answer(texts: Texts, language: str, word: str, key: str) -> None:
    """Whoever is asked can reply with one word, or send the values again."""
    for args in arguments(language, key, "ordinary"):
        for text in texts.variants(language, key, **args):
            assert re.search(rf"\b{word}\b", text)
            assert "пришлите снова" in text or "send again" in text


@every_text
def test_nobody_is_threatened(texts: Texts, key: str) -> None:
    """Nothing speaks of debts, penalties or cut-offs, and of the norm only what counts the months up to it."""
    threats = r"задолж|долг|штраф|пен[яи]|отключ|повышающ|суд\b|debt|penalt|fine\b|cut off|disconnect|1[,.]5"
    if not key.startswith("reminder-missed"):
        threats += r"|норматив|\bnorm\b"
    for language in LANGUAGES:
        for args in arguments(language, key, "ordinary"):
            assert not any(re.search(threats, text.lower()) for text in texts.variants(language, key, **args))


@pytest.mark.parametrize(("language", "words"), [("ru", "НЕ НАПОМИНАТЬ"), ("en", "REMINDERS OFF")])
@pytest.mark.parametrize("key", [key for key in KEYS if key.startswith("reminder-") and key != "reminder-more"])
def test_reminders_end_with_how_to_stop_them(texts: Texts, language: str, words: str, key: str) -> None:
    """Nobody has to look for the way out, however short the text."""
    for args in arguments(language, key, "longest"):
        assert all(text.endswith(words) for text in texts.variants(language, key, **args))


@pytest.mark.parametrize("key", ["reminder-opens", "reminder-last-day"])
def test_reminder_by_sms_costs_one_part(texts: Texts, key: str) -> None:
    """What is sent to everybody, and paid for, has a form of a single SMS."""
    for args in arguments("ru", key, "ordinary"):
        assert segments(texts.variants("ru", key, **args)[-1]) == 1
