"""What the operator says about billing that can be asked, and what the doctor finds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.checkup import Verdict
from bot.checkup_prices import calculation
from bot.complaints import FaultySettings
from bot.ruling import rules
from bot.settings import Settings, load
from core.services.texts import Texts
from tests.billing.calculator import TOKEN, BillingEmulator, Fault

PRICES = """default = "city"
[[version]]
valid_from = 2026-01-01
[version.group.city]
ranges = [{ one = 5.38 }]
"""
URL = 'url = "http://127.0.0.1:9/calculate"'


def settings(folder: Path, section: str, *priced: bool) -> Settings:
    """Branches `b0`, `b1` and so on, with price lists or without."""
    (folder / "prices.toml").write_text(PRICES, encoding="utf-8")
    branches = [
        f'[[branch]]\ncode = "b{number}"\nname = "B"\ntimezone = "Asia/Vladivostok"\n'
        + ('tariffs = "prices.toml"\n' if has_prices else "")
        for number, has_prices in enumerate(priced or (True,))
    ]
    file = folder / "meterline.toml"
    file.write_text("\n".join(["[calculation]", section, *branches]), encoding="utf-8")
    return load(file, {})


CHOSEN = {
    "": frozenset[str](),
    URL: frozenset({"b0", "b2"}),
    f'{URL}\nbranches = ["b0"]': frozenset({"b0"}),
    f'{URL}\nbranches = ["b0", "b1"]': frozenset({"b0"}),
}


@pytest.mark.parametrize("section", CHOSEN)
def test_branches_with_price_lists_are_asked_about(tmp_path: Path, section: str) -> None:
    """Those that are named, or all; a branch without prices has nothing to say when billing is silent."""
    found = settings(tmp_path, section, True, False, True)  # noqa: FBT003 - a row of branches
    assert found.calculated() == CHOSEN[section]
    assert rules(found, Texts()).calculated == CHOSEN[section]


@pytest.mark.parametrize(
    ("section", "is_priced", "complaint"),
    [
        (URL, False, "calculation needs a branch with tariffs"),
        (f'{URL}\nbranches = ["b9"]', True, "no branch is called 'b9'"),
        ('url = "billing.example"', True, "calculation.url"),
        (f"{URL}\nseconds = 60", True, "calculation.seconds"),
        (f"{URL}\nat_once = 0", True, "calculation.at_once"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(
    tmp_path: Path, section: str, complaint: str, *, is_priced: bool
) -> None:
    """With the place in the file."""
    with pytest.raises(FaultySettings, match=complaint):
        settings(tmp_path, section, is_priced)


def test_the_token_is_a_secret(tmp_path: Path) -> None:
    """The logs keep it out."""
    found = settings(tmp_path, f'{URL}\ntoken = "{TOKEN}"')
    assert TOKEN in found.secrets()
    assert TOKEN not in repr(found)


@pytest.fixture
async def billing() -> AsyncIterator[BillingEmulator]:
    emulator = BillingEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


FOUND = {
    "well": (TOKEN, None, Verdict.OK, "127.0.0.1 answers"),
    "ill": (TOKEN, Fault.BROKEN, Verdict.FAULT, "127.0.0.1: billing answered HTTP 500"),
    "a stranger to it": ("another", None, Verdict.FAULT, "127.0.0.1: billing answered HTTP 401"),
}


@pytest.mark.parametrize("name", FOUND)
async def test_the_doctor_asks_about_nobody(tmp_path: Path, billing: BillingEmulator, name: str) -> None:
    """No subscriber's account goes over the line."""
    token, billing.fault, verdict, said = FOUND[name]
    (found,) = await calculation(settings(tmp_path, f'url = "{billing.url}"\ntoken = "{token}"'))
    assert (found.verdict, found.found) == (verdict, said)
    assert all(asked["account"] == "0" for asked in billing.asked)


async def test_the_doctor_is_silent_where_nothing_is_asked(tmp_path: Path) -> None:
    """As by default."""
    assert await calculation(settings(tmp_path, "")) == []
