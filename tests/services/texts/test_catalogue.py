"""Rendering, and an operator's own texts."""

from pathlib import Path

import pytest

from core.services.texts import Texts, TextsRefused

ACCEPTED = {"account": "*7890", "meter": "*5678", "values": "день 5778, ночь 2542", "reference": "A1B2"}


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts()


def overridden(folder: Path, text: str, name: str = "ru.ftl") -> Texts:
    """The texts with an operator's file."""
    (folder / name).write_text(text, encoding="utf-8")
    return Texts(folder)


def test_preferred_text_is_rendered(texts: Texts) -> None:
    """A reply says what was understood, and a number to refer to."""
    expected = "Принято: счёт *7890, счётчик *5678, день 5778, ночь 2542. №A1B2."
    assert texts.render("ru", "accepted", **ACCEPTED) == expected


def test_short_form_follows_the_preferred_text(texts: Texts) -> None:
    """The variants come in the order of preference."""
    preferred, short = texts.variants("ru", "accepted", **ACCEPTED)
    assert preferred == texts.render("ru", "accepted", **ACCEPTED)
    assert short == "Принято: ЛС *7890, ПУ *5678, день 5778, ночь 2542. №A1B2."


def test_text_without_a_short_form_is_its_only_variant(texts: Texts) -> None:
    """Short texts need no shorter ones."""
    assert len(texts.variants("ru", "declined")) == 1


def test_int_selects_the_month(texts: Texts) -> None:
    """The month comes as a number and is said in the right case, whatever was rendered before."""
    for month, word in ((12, "за декабрь"), (1, "за январь"), (12, "за декабрь")):
        assert word in texts.render("ru", "case-approved", month=month, **ACCEPTED)


def test_unknown_language_is_russian(texts: Texts) -> None:
    """Whoever writes in a language that we do not have is answered in Russian."""
    assert texts.render("kk", "declined") == texts.render("ru", "declined")
    assert texts.languages == ("ru", "en")


def test_values_are_shown_as_they_are(texts: Texts) -> None:
    """What a subscriber typed is never taken for a placeholder, a format or Fluent."""
    typed = "%(account)s %d { $meter } \x00 100%"
    assert typed in texts.render("ru", "accepted", **{**ACCEPTED, "values": typed})


def test_int_that_is_shown_has_no_separators(texts: Texts) -> None:
    """A number given as such is written as on the register."""
    assert "1234567 " in texts.render("ru", "less-than-previous", value=1234567)


def test_missing_argument_is_named(texts: Texts) -> None:
    """A caller that forgets an argument learns which, of which text."""
    with pytest.raises(KeyError, match="'outdated' needs the argument 'meter'"):
        texts.render("ru", "outdated")
    with pytest.raises(KeyError, match="'case-approved' needs the argument 'month'"):
        texts.variants("ru", "case-approved", **ACCEPTED)


def test_selector_must_be_an_int(texts: Texts) -> None:
    """A month given as a string would silently become December."""
    with pytest.raises(TypeError, match="'month' selects by 'month', which must be an int"):
        texts.render("ru", "month", month="1")


def test_own_text_replaces_ours_whole(tmp_path: Path) -> None:
    """An operator's message replaces ours and its short form; the other texts and languages stay."""
    texts = overridden(tmp_path, "declined = Ладно.\noutdated = { $meter }: есть новее.\n")
    assert texts.variants("ru", "declined") == ("Ладно.",)
    assert texts.variants("ru", "outdated", meter="*5678") == ("*5678: есть новее.",)
    assert texts.variants("en", "declined") == Texts().variants("en", "declined")


def test_own_part_changes_the_texts_that_use_it(tmp_path: Path) -> None:
    """A month said otherwise is said so everywhere."""
    texts = overridden(tmp_path, "month = { $month ->\n    [1] первый месяц\n   *[other] другой месяц\n}\n")
    assert "за первый месяц. " in texts.render("ru", "case-approved", month=1, **ACCEPTED)


def test_own_text_may_have_a_term_and_a_selector(tmp_path: Path) -> None:
    """An operator may name the company once, and choose by whatever our text chooses by."""
    choice = "{ NUMBER($expected) ->\n    [2] { -we }: { $meter }, два\n   *[3] { $meter }, три\n}\n"
    own = f"-we = Энергосбыт\nfew-values = {choice}"
    assert overridden(tmp_path, own).render("ru", "few-values", meter="*5678", expected=2) == "Энергосбыт: *5678, два"


def test_own_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Windows Notepad writes one."""
    assert overridden(tmp_path, "\ufeffdeclined = Ладно.\n").render("ru", "declined") == "Ладно."


def test_empty_folder_changes_nothing(tmp_path: Path) -> None:
    """A folder may be made before its files."""
    assert Texts(tmp_path).variants("ru", "declined") == Texts().variants("ru", "declined")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("acepted = Да\n", r"ru\.ftl, line 1: acepted: there is no such text", id="unknown key"),
        pytest.param("# note\n\noutdated = Есть\n", r"line 3: outdated: \$meter is missing", id="missing"),
        pytest.param("declined = { $meter }\n", r"\$meter cannot be shown .* has: none", id="unknown placeholder"),
        pytest.param("month = { $month }\n", r"\$month cannot be shown", id="selector shown"),
        pytest.param(
            "outdated = { $meter ->\n   *[1] { $meter }\n}\n", r"\$meter cannot choose between", id="shown selects"
        ),
        pytest.param("declined = { nothing }\n", r"refers to \{ nothing \}", id="unknown message"),
        pytest.param("declined = { -nobody }\n", r"refers to \{ -nobody \}", id="unknown term"),
        pytest.param("declined = { format.long }\n", r"refers to \{ format.long \}", id="unknown attribute of another"),
        pytest.param("declined = { FORM() }\n", r"cannot be put together \(Unknown function", id="unknown function"),
        pytest.param("declined = { empty }\nempty = { declined }\n", r"declined: it refers to itself", id="circle"),
        pytest.param("-we = { -we }\ndeclined = { -we }\n", r"refers to itself", id="circle of terms"),
        pytest.param("declined = Да\n    .long = Нет\n", r"may have one attribute", id="unknown attribute"),
        pytest.param("declined =\n    .short = Нет\n", r"may have one attribute", id="no value"),
        pytest.param(
            "outdated = { $meter }\n    .short = Есть\n", r"\$meter is missing", id="missing from the short form"
        ),
        pytest.param("declined = Да\ndeclined = Нет\n", r"line 2: declined: it stands in line 1", id="twice"),
        pytest.param("empty = Да\ndeclined Нет\n", r"line 2: this is not Fluent near `declined Нет`", id="not Fluent"),
    ],
)
def test_unusable_texts_are_refused(tmp_path: Path, text: str, says: str) -> None:
    """A mistake in an operator's file stops the start, and says where it is and what to do."""
    with pytest.raises(TextsRefused, match=says):
        overridden(tmp_path, text)


def test_other_encoding_is_refused(tmp_path: Path) -> None:
    """A file saved in the Windows code page would be nonsense in every reply."""
    (tmp_path / "ru.ftl").write_bytes("declined = Ладно\n".encode("cp1251"))
    with pytest.raises(TextsRefused, match="save the file as UTF-8"):
        Texts(tmp_path)


def test_file_of_another_language_is_refused(tmp_path: Path) -> None:
    """A file that would never be read is a mistake in its name."""
    with pytest.raises(TextsRefused, match=r"named en\.ftl and ru\.ftl"):
        overridden(tmp_path, "declined = Жақсы\n", "kk.ftl")


def test_absent_folder_is_refused(tmp_path: Path) -> None:
    """A folder that is configured and not there is a mistake in the configuration."""
    with pytest.raises(TextsRefused, match="no such folder"):
        Texts(tmp_path / "texts")
