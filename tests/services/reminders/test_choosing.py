"""Whom to remind and at which address, as tables."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.prospects import Chunk, Lacking, Prospect, Reach
from core.services.reminders.choosing import Skip, choose, gather, missed
from tests.services.reminders.scene import NOVEMBER, prospect, reach
from tests.world import KHABAROVSK

CHANNELS = ("telegram", "vk", "sms")
PHONE = reach("sms")
EARLY, LATE = reach("telegram", 1), reach("vk", 2)
NEWER = replace(EARLY, key=EARLY.key + 1000, address=reach("vk").address)


@pytest.mark.parametrize(
    ("links", "phone", "expected"),
    [
        pytest.param([EARLY, LATE], None, LATE, id="heard last"),
        pytest.param([LATE, EARLY], None, LATE, id="in any order"),
        pytest.param([EARLY, NEWER], None, NEWER, id="a tie goes to the newest link"),
        pytest.param([EARLY, replace(LATE, is_closed=True)], None, EARLY, id="not a closed one"),
        pytest.param([EARLY, replace(LATE, is_wanted=False)], None, EARLY, id="not an unwilling one"),
        pytest.param([EARLY, reach("fax", 9)], None, EARLY, id="not on a channel that is off"),
        pytest.param([EARLY], PHONE, EARLY, id="a link goes before the phone"),
        pytest.param([], PHONE, PHONE, id="the phone where nothing is linked"),
        pytest.param([replace(EARLY, is_closed=True)], PHONE, PHONE, id="the phone where the link is closed"),
        pytest.param([reach("fax")], PHONE, PHONE, id="the phone where the link's channel is off"),
        pytest.param([replace(EARLY, is_wanted=False)], PHONE, Skip.UNWANTED, id="no SMS instead of what is unwanted"),
        pytest.param(
            [replace(EARLY, is_wanted=False, is_closed=True)], PHONE, Skip.UNWANTED, id="nor where it is closed, too"
        ),
        pytest.param([], replace(PHONE, is_wanted=False), Skip.UNWANTED, id="no SMS to the unwilling"),
        pytest.param([], replace(PHONE, is_closed=True), Skip.UNREACHABLE, id="no SMS to a closed number"),
        pytest.param([], None, Skip.UNREACHABLE, id="nothing at all"),
    ],
)
def test_address_of_an_account(links: list[Reach], phone: Reach | None, expected: Reach | Skip) -> None:
    """One address: linked, open, willing, heard last; else the phone on file."""
    assert choose(prospect(*links, at_phone=phone), CHANNELS) == expected


@pytest.mark.parametrize(
    ("read_on", "period", "expected"),
    [
        (date(2026, 10, 23), None, 1),
        (date(2026, 10, 26), None, 1),
        (date(2026, 9, 23), None, 2),
        (date(2026, 9, 23), 202610, 1),
        (date(2026, 8, 23), 202607, 3),
        (date(2026, 7, 23), None, 4),
        (date(2024, 1, 23), None, 34),
        (date(2026, 11, 5), None, 1),
        (date(2026, 10, 23), 202611, 0),
        (date(2026, 11, 20), None, 0),
        (date(2026, 11, 28), None, 0),
    ],
)
def test_periods_without_a_reading(read_on: date, period: int | None, expected: int) -> None:
    """Counted from the last reading or the values billed, this period included; none where it has been read."""
    assert missed(Lacking(read_on, period), KHABAROVSK, NOVEMBER) == expected


def looked_at(*prospects: Prospect, of: int | None = None) -> Chunk:
    return Chunk(tuple(each.id for each in prospects[:of]), prospects)


def test_three_accounts_of_one_address_get_one_message() -> None:
    """It names all of them in order, and says of how many periods in a row the worst has no reading."""
    first, second, third = prospect(EARLY), prospect(EARLY, read_on=date(2026, 8, 23)), prospect(EARLY)
    wanted, skipped = gather(looked_at(first, second, third), KHABAROVSK, NOVEMBER, CHANNELS)
    assert [(each.to, each.numbers, each.missed) for each in wanted] == [
        (EARLY, (first.number, second.number, third.number), 3)
    ]
    assert skipped == {Skip.TOLD: 2}


def test_accounts_of_later_chunks_are_in_the_message() -> None:
    """Whoever shares the address is named at once; he is not looked at yet, and not counted."""
    mine, later, elsewhere = prospect(EARLY), prospect(EARLY), prospect(EARLY, LATE)
    wanted, skipped = gather(looked_at(mine, later, elsewhere, of=1), KHABAROVSK, NOVEMBER, CHANNELS)
    assert [each.numbers for each in wanted] == [(mine.number, later.number)]
    assert not skipped


def test_submitted_and_automatic_accounts_are_left_alone() -> None:
    """One with all its readings, one without a meter to read; one of two meters missing is missing."""
    done = prospect(EARLY, period=NOVEMBER)
    automatic = prospect(LATE, meters=[])
    half = prospect(LATE, meters=[Lacking(date(2026, 10, 23), NOVEMBER), Lacking(date(2026, 10, 23), None)])
    wanted, skipped = gather(looked_at(done, automatic, half), KHABAROVSK, NOVEMBER, CHANNELS)
    assert [each.numbers for each in wanted] == [(half.number,)]
    assert skipped == {Skip.SUBMITTED: 2}
