"""The sample retailer, its files, and the words about it."""

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.demo import books, prologue
from bot.demo.household import OUR_NUMBER, OWN_PHONE, STRANGER, Kind
from bot.demo.page import FILES, LANGUAGES, WORDS, render
from bot.demo.sample import sample
from core.domain.cases import KINDS
from core.domain.phones import subscriber_number

TODAY = date(2026, 11, 22)


def test_sample_is_the_same_every_time() -> None:
    """Two calls for one day give equal retailers."""
    assert sample(TODAY) == sample(TODAY)


def test_sample_differs_between_days_in_dates_only() -> None:
    """Accounts do not depend on the day; the day of the last readings does."""
    later = sample(date(2027, 3, 1))
    assert later.accounts == sample(TODAY).accounts
    assert later.read_on == date(2027, 1, 30)


def test_sample_has_every_kind() -> None:
    """About forty accounts, and none of the special kinds is missing."""
    retailer = sample(TODAY)
    assert {account.kind for account in retailer.accounts} == set(Kind)
    assert 36 <= len(retailer.accounts) <= 44
    assert {account.branch for account in retailer.accounts} == {"khabarovsk", "amur"}


def test_special_accounts_are_what_they_are_called() -> None:
    """Zones, ratio, near rollover and the rest are really so."""
    retailer = sample(TODAY)
    meters = {kind: retailer.of(kind)[0].meters for kind in Kind}
    assert [len(meters[kind][0].values) for kind in (Kind.ONE_ZONE, Kind.OWN, Kind.THREE_ZONES)] == [1, 2, 3]
    assert meters[Kind.RATIO][0].ratio == 40
    assert meters[Kind.ROLLOVER][0].values == (99950,)
    assert meters[Kind.AUTOMATIC][0].automatic
    assert meters[Kind.EXPIRED][0].verification_days < 0
    assert [(meter.replaced, meter.new) for meter in meters[Kind.REPLACED]] == [(True, False), (False, True)]
    assert len(meters[Kind.TWO_METERS]) == 2
    assert retailer.of(Kind.RENAMED)[0].old_number
    assert [retailer.of(kind)[0].balance[:1] for kind in (Kind.OVERPAID, Kind.PAID, Kind.UNKNOWN_BALANCE)] == [
        "-",
        "0",
        "",
    ]


def test_numbers_are_unique_and_phones_are_phones() -> None:
    """No two accounts or meters share a number, and every phone could write to us."""
    retailer = sample(TODAY)
    numbers = [account.number for account in retailer.accounts]
    serials = [meter.serial for account in retailer.accounts for meter in account.meters]
    phones = [account.phone for account in retailer.accounts if account.phone]
    assert len(set(numbers)) == len(numbers)
    assert len(set(serials)) == len(serials)
    assert len(set(phones)) == len(phones)
    assert STRANGER not in phones
    assert retailer.own.phone == OWN_PHONE
    assert all(subscriber_number(phone) == phone for phone in (*phones, OUR_NUMBER, STRANGER, prologue.CONFUSED))


def test_files_are_as_billing_writes_them(tmp_path: Path) -> None:
    """Windows-1251 with semicolons; last month's file has the old meter, this month's the new one."""
    books.write(sample(TODAY), tmp_path)
    replaced = sample(TODAY).of(Kind.REPLACED)[0]

    def serials(name: str) -> list[str]:
        with (tmp_path / name).open(encoding="cp1251", newline="") as file:
            return [row["meter"] for row in csv.DictReader(file, delimiter=";") if row["account"] == replaced.number]

    assert serials(books.METERS_BEFORE) == ["20147704"]
    assert serials(books.METERS) == ["31900044"]
    assert "Хабаровск".encode("cp1251") in (tmp_path / books.ACCOUNTS).read_bytes()


def test_prologue_is_in_order_of_time() -> None:
    """The clock never goes backwards while the prologue is played, and it ends before the visitor comes."""
    minutes = [line.minutes_ago for line in prologue.lines(sample(TODAY))]
    assert minutes == sorted(minutes, reverse=True)
    assert minutes[-1] > 0


def names(value: Any) -> Any:
    """The structure of a dictionary of words, without the words."""
    return {name: names(part) for name, part in value.items()} if isinstance(value, dict) else None


def test_languages_have_the_same_words() -> None:
    """Every word stands in both languages, with the same blanks; commands need no Russian one."""
    russian, english = (WORDS[language] | {"commands": {}} for language in ("ru", "en"))
    assert names(russian) == names(english)
    blanks = re.compile(r"\{\w+\}")
    for name, phrase in russian["say"].items():
        assert set(blanks.findall(phrase)) == set(blanks.findall(english["say"][name])), name


def test_there_are_words_for_all_that_is_shown() -> None:
    """Each kind of account, each try and each kind of case that the desk opens has its words."""
    russian = WORDS["ru"]
    assert set(russian["kinds"]) == set(Kind)
    assert {item.name for account in sample(TODAY).accounts for item in account.tries} == set(russian["tries"])
    assert set(russian["cases"]) == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_needs_nothing_from_elsewhere(language: str) -> None:
    """No address but our own, no script or style inside the page, and data that cannot leave its element."""
    text = render(language, sample(TODAY), Path("/tmp/</script>/meterline.toml"))  # noqa: S108 - a name, no file
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(source.startswith(("/demo/files/", "#", "?lang=")) for source in sources)
    assert all(source.rpartition("/")[2] in FILES for source in sources if source.startswith("/demo/files/"))
    assert not re.search(r"<style|style=|\son\w+=|<script>", text)
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["language"] == language
    assert "$" not in text
    assert "&lt;/script&gt;/meterline.toml" in text
    for name, content in FILES.items():
        assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", content), name
