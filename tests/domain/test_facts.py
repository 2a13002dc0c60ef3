"""The facts of a batch, kept true while it is decided."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.domain.accounts import Account, Meter
from core.domain.facts import Facts, Sender, search_keys
from core.domain.messages import Address
from core.domain.readings import LIVE, Code, Reading, Status

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ME, YOU = Address("sms", "+79141234567"), Address("sms", "+79991112233")
ACCOUNT = Account(id=1, number="0012", branch="khb")


def meter(key: int, serial: str, closed_on: date | None = None) -> Meter:
    return Meter(
        id=key,
        account_id=1,
        serial=serial,
        zones=1,
        digits=5,
        ratio=1,
        billed=(5000,),
        read_on=date(2026, 10, 23),
        closed_on=closed_on,
    )


def reading(key: int, sent_at: datetime = NOW, status: Status = Status.ACCEPTED, address: Address = ME) -> Reading:
    return Reading(
        id=key,
        account_id=1,
        meter_id=2,
        period=202611,
        values=(5123,),
        consumption=123,
        status=status,
        code=Code.ACCEPTED,
        address=address,
        sent_at=sent_at,
        received_at=NOW,
        asked_until=NOW + timedelta(hours=24) if status is Status.NEEDS_CONFIRMATION else None,
    )


def test_account_is_found_by_any_spelling() -> None:
    """Leading zeros do not matter."""
    facts = Facts(accounts={"12": ACCOUNT})
    assert [facts.account(number) for number in ("12", "0012", "000000012", "120")] == [ACCOUNT, ACCOUNT, ACCOUNT, None]


def test_meter_is_its_accounts_and_an_open_one_first() -> None:
    """A serial may have come back after a replacement."""
    old, new = meter(2, "007", date(2026, 1, 1)), meter(3, "7")
    facts = Facts(meters={1: [old, new]})
    assert facts.meter(ACCOUNT, "0007") == new
    assert facts.meter(ACCOUNT, "8") is None
    assert facts.open_meters(ACCOUNT) == [new]
    assert Facts(meters={1: [old]}).meter(ACCOUNT, "7") == old
    assert Facts().meter(ACCOUNT, "7") is None


def test_history_is_in_the_order_of_sending() -> None:
    """Whatever the order of adding."""
    facts = Facts()
    for key, minutes in ((1, 3), (2, 1), (3, 2)):
        facts.add(reading(key, NOW + timedelta(minutes=minutes)))
    assert [item.id for item in facts.live(meter(2, "7"))] == [2, 3, 1]


@pytest.mark.parametrize("status", list(Status))
def test_history_holds_what_may_count(status: Status) -> None:
    """A status that changes while the batch is decided counts at once."""
    facts, item = Facts(), reading(1)
    facts.add(item)
    item.status = status
    assert facts.live(meter(2, "7")) == ([item] if status in LIVE else [])


@pytest.mark.parametrize(
    ("address", "after", "status", "is_waiting"),
    [
        (ME, timedelta(0), Status.NEEDS_CONFIRMATION, True),
        (ME, timedelta(hours=24), Status.NEEDS_CONFIRMATION, True),
        (ME, timedelta(hours=24, microseconds=1), Status.NEEDS_CONFIRMATION, False),
        (YOU, timedelta(0), Status.NEEDS_CONFIRMATION, False),
        (ME, timedelta(0), Status.SUPERSEDED, False),
        (ME, timedelta(0), Status.ACCEPTED, False),
    ],
)
def test_question_waits_for_the_one_who_was_asked(
    address: Address, after: timedelta, status: Status, *, is_waiting: bool
) -> None:
    """Until its time is over or it is settled."""
    facts, item = Facts(), reading(1, status=Status.NEEDS_CONFIRMATION)
    facts.add(item)
    item.status = status
    assert facts.waiting(address, NOW + after) == ([item] if is_waiting else [])


def test_sender_is_remembered() -> None:
    """The second message of a batch sees what the first has counted."""
    facts = Facts()
    facts.sender(ME).failures += 1
    assert (facts.sender(ME), facts.sender(YOU)) == (Sender(failures=1), Sender())


def test_search_keys_meet() -> None:
    """Spellings of one number are one key."""
    assert search_keys(["0012", "12", "AB", "ав"]) == {"12", "AB"}
