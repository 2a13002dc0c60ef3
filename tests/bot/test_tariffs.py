"""Price lists: what is read from a file, and what is said about mistakes in it."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.complaints import FaultySettings
from bot.settings import Settings, load
from bot.tariffs import read

DOCUMENTED = Path(__file__).parents[2] / "docs" / "files.md"
FLAT = "[version.group.city]\nranges = [{ one = 5.38 }]\n"
HEAD = 'default = "city"\n[[version]]\nvalid_from = 2026-01-01\n'
BRANCH = '[[branch]]\ncode = "khb"\nname = "Хабаровск"\ntimezone = "Asia/Vladivostok"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "khb.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_documented_example_is_one(tmp_path: Path) -> None:
    """What docs/files.md shows can be copied, and holds all that it explains."""
    example = DOCUMENTED.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    tariffs = read(write(tmp_path, example)).tariffs
    assert [version.valid_from for version in tariffs.versions] == [date(2026, 1, 1), date(2026, 10, 1)]
    assert (tariffs.default, tariffs.groups) == ("city", {"city", "village"})
    table = DOCUMENTED.read_text(encoding="utf-8").partition("| key |")[2]
    explained = set(re.findall(r"^\| (`.+?) \|", table, re.MULTILINE))
    assert all(name in example for cell in explained for name in re.findall(r"`(\w+)`", cell))
    first, _, last = tariffs.versions[1].groups["city"].ranges
    assert (first.upper, last.upper) == (3900, None)
    assert first.prices[3] == (Decimal("7.55"), Decimal("3.49"), Decimal("5.81"))
    norm, _ = tariffs.versions[1].groups["village"].ranges
    assert (norm.upper, norm.per_resident, 3 in norm.prices) == (65, True, False)
    assert [tariffs.is_flat(group) for group in ("", "city", "village", "nobody's")] == [False, False, False, True]


def test_versions_stand_in_any_order(tmp_path: Path) -> None:
    """A new order may be put at the top or at the end."""
    text = HEAD + FLAT + HEAD.partition("\n")[2].replace("2026", "2025") + FLAT
    assert [version.valid_from.year for version in read(write(tmp_path, text)).tariffs.versions] == [2025, 2026]


def test_prices_are_decimal_to_the_last_digit(tmp_path: Path) -> None:
    """No price passes through a binary fraction on its way."""
    tariffs = read(write(tmp_path, HEAD + FLAT.replace("5.38", "5.00001"))).tariffs
    assert tariffs.versions[0].groups["city"].ranges[0].prices == {1: (Decimal("5.00001"),)}


CITY = "version[1].group.city.ranges"
MISTAKES = {
    "no file": (None, "there is no file"),
    "no TOML": ("default = ", "khb.toml is not TOML: "),
    "nothing": ("", 'default: is missing; for example: default = "city"'),
    "no version": ('default = "city"\nversion = []\n', "version: should have at least one [[version]]"),
    "unknown key": (HEAD + 'shring = "x"\n' + FLAT, "version[1].shring: unknown key; did you mean sharing?"),
    "unknown sharing": (HEAD + 'sharing = "even"\n' + FLAT, "version[1].sharing: should be 'proportional' or"),
    "no day": (HEAD.replace("2026-01-01", '"soon"') + FLAT, "version[1].valid_from: "),
    "the same day": (HEAD + FLAT + HEAD.partition("\n")[2] + FLAT, "version: two begin on 2026-01-01"),
    "no default": (HEAD.replace('"city"', '"citi"') + FLAT, "version[1] has no group 'citi', which `default` names"),
    "nearest default": (HEAD.replace('"city"', '"citi"') + FLAT, "; did you mean city?"),
    "group's name": (HEAD + FLAT + FLAT.replace("city", '"a b"'), "version[1].group: 'a b' should be at most"),
    "no ranges": (HEAD + FLAT.replace("{ one = 5.38 }", ""), f"{CITY}: should have at least one; a flat price is"),
    "no prices": (HEAD + FLAT.replace("one = 5.38", ""), f"{CITY}[1]: should have prices: one = 5.38"),
    "a price as text": (HEAD + FLAT.replace("5.38", '"5,38"'), f"{CITY}[1].one: should be a valid decimal; for"),
    "a price in kopecks": (HEAD + FLAT.replace("5.38", "1538"), f"{CITY}[1].one: should be less than 1000"),
    "a price of nothing": (HEAD + FLAT.replace("5.38", "0"), f"{CITY}[1].one: should be greater than 0"),
    "no night": (HEAD + FLAT.replace("one = 5.38", "two = [6.19]"), f"{CITY}[1].two"),
    "unknown key of a range": (
        HEAD + FLAT.replace("{ one", "{ uptoo = 5, one"),
        f"{CITY}[1].uptoo: unknown key; did you mean upto?",
    ),
    "both ends": (
        HEAD + FLAT.replace("[{", "[{ upto = 5, upto_per_resident = 5, one = 1 }, {"),
        f"{CITY}[1]: should have upto or upto_per_resident, not both",
    ),
    "mixed ends": (
        HEAD + FLAT.replace("[{", "[{ upto_per_resident = 5, one = 1 }, { upto = 9, one = 1 }, {"),
        f"{CITY}: should all have upto, or all have upto_per_resident",
    ),
    "an end at last": (HEAD + FLAT.replace("{ one", "{ upto = 5, one"), f"{CITY}: should each have an end"),
    "no end before": (HEAD + FLAT.replace("[{", "[{ one = 1 }, {"), f"{CITY}: should each have an end"),
    "falling ends": (
        HEAD + FLAT.replace("[{", "[{ upto = 9, one = 1 }, { upto = 9, one = 1 }, {"),
        f"{CITY}: should end at more and more kWh",
    ),
    "other meters": (
        HEAD + FLAT.replace("[{", "[{ upto = 9, one = 1, two = [1, 1] }, {"),
        f"{CITY}: should all have prices for the same meters",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_file_table_and_key(name: str, tmp_path: Path) -> None:
    """The service does not start, and says where the mistake is and what would be right."""
    text, words = MISTAKES[name]
    if text is not None:
        write(tmp_path, text)
    (tmp_path / "meterline.toml").write_text(BRANCH + 'tariffs = "khb.toml"\n', encoding="utf-8")
    with pytest.raises(FaultySettings) as caught:
        load(tmp_path / "meterline.toml", {})
    said = str(caught.value)
    assert words in said
    assert "branch[1].tariffs: " in said
    assert str(tmp_path / "khb.toml") in said


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Another encoding, or a folder in its place."""
    file = tmp_path / "khb.toml"
    file.write_bytes('act = "Приказ"'.encode("cp1251"))
    with pytest.raises(ValueError, match=r"khb.toml is not UTF-8 \(byte 7\)"):
        read(file)
    with pytest.raises(ValueError, match="cannot be read"):
        read(tmp_path)


def settings(folder: Path, tariffs: str) -> Settings:
    (folder / "meterline.toml").write_text(BRANCH + tariffs, encoding="utf-8")
    return load(folder / "meterline.toml", {})


def test_the_path_is_meant_beside_the_configuration(tmp_path: Path) -> None:
    """A folder of price lists, found from any working directory; the branch of the core has them."""
    (tmp_path / "tariffs").mkdir()
    file = write(tmp_path / "tariffs", HEAD + FLAT)
    found = settings(tmp_path, 'tariffs = "tariffs/khb.toml"\n')
    assert found.branch[0].tariffs == read(file)
    assert found.branches()["khb"].tariffs == read(file).tariffs


@pytest.mark.parametrize("given", ["", 'tariffs = ""\n'])
def test_no_file_is_no_tariffs(tmp_path: Path, given: str) -> None:
    """They are optional."""
    assert settings(tmp_path, given).branches()["khb"].tariffs is None
