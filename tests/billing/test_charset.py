"""Which encoding a file is in."""

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.billing import charset
from core.billing.problems import UnreadableFile

WORDS = [
    *("Хабаровск", "Комсомольск-на-Амуре", "Благовещенск", "улица", "Ленина", "Карла", "Маркса", "переулок"),
    *("Муравьёва-Амурского", "Волочаевская", "Запарина", "Дзержинского", "проспект", "60-летия", "Октября"),
    *("квартира", "дом", "корпус", "Иванов", "Петрова", "Сидоренко", "задолженность", "переплата", "счётчик"),
    *("Щорса", "Юности", "Элеваторная", "Фрунзе", "Яшина", "Чехова", "Жуковского", "ОТДЕЛЕНИЕ", "ЦЕНТРАЛЬНОЕ"),
]

texts = st.lists(st.sampled_from(WORDS), min_size=4, max_size=60).map(" ".join)


def detected(folder: Path, content: bytes) -> str:
    path = folder / "file.csv"
    path.write_bytes(content)
    return charset.detect(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=texts, encoding=st.sampled_from(["utf-8", "cp1251", "cp866"]))
def test_russian_text_is_told_in_all_three_encodings(tmp_path: Path, text: str, encoding: str) -> None:
    """A few Russian words are enough, in small letters or capitals."""
    found = detected(tmp_path, text.encode(encoding))
    assert text.encode(encoding).decode(found) == text


@pytest.mark.parametrize("encoding", ["cp1251", "cp866"])
@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
@pytest.mark.parametrize("word", ["Хабаровск", "ул. Ленина", "квартира", "№ 5, ул. Щорса", "Центр", "Восток"])
def test_single_words_are_told(tmp_path: Path, word: str, change: object, encoding: str) -> None:
    """One word in an otherwise empty file decides."""
    text = change(word)  # type: ignore[operator]
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this sign is not in this encoding")
    assert detected(tmp_path, content) == encoding


@pytest.mark.parametrize("content", [b"", b"account;branch\n1;khb\n", codecs.BOM_UTF8 + "дом".encode(), "дом".encode()])
def test_ascii_and_utf8_are_utf8(tmp_path: Path, content: bytes) -> None:
    """With and without a mark, and where nothing but ASCII is in the file."""
    assert detected(tmp_path, content) == "utf-8-sig"


def test_a_bad_byte_far_behind_is_seen(tmp_path: Path) -> None:
    """UTF-8 is believed of the whole file or not at all."""
    assert detected(tmp_path, b"1;khb\n" * 400_000 + "Хабаровск".encode("cp1251")) == "cp1251"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    """Excel's "Unicode text" gets a word of advice instead of nonsense."""
    mark = b"" if encoding == "utf-16" else "\ufeff".encode(encoding)
    with pytest.raises(UnreadableFile, match="UTF-16"):
        detected(tmp_path, mark + "account;branch".encode(encoding))


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_have_an_answer(tmp_path: Path, content: bytes) -> None:
    """The answer is the same each time and can read the file."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return
    found = detected(tmp_path, content)
    assert found == detected(tmp_path, content)
    assert isinstance(content.decode(found, errors="replace"), str)
