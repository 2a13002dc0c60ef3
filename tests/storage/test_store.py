"""What is stored is what is loaded again, and only what may still matter is loaded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, select, update

from core.domain.accounts import Account, Meter
from core.domain.decisions import Decision, NewCase, Outcome
from core.domain.facts import Facts, Needs
from core.domain.messages import Address, Delivery, DeliveryReported
from core.domain.readings import LIVE, Code, Reading, Status
from core.storage import store as store_module
from core.storage.database import Database
from core.storage.load import load
from core.storage.store import store
from core.storage.tables import account, case, event, meter, outbox
from tests import world

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ME = Address("sms", world.SUBSCRIBER)
_keys = count(1_000_000)


def new_key() -> int:
    return next(_keys)


def decided(text: str = "", **fields: object) -> Decision:
    """A decision about a message of the subscriber's."""
    came = world.text(text, world.SUBSCRIBER, NOW)
    values = {"received_at": NOW, "sent_at": NOW, "code": "accepted", "text": text} | fields
    return Decision(key=new_key(), event=came, **values)  # type: ignore[arg-type] # by name


def read_at(sent_at: datetime = NOW, **fields: object) -> Reading:
    """A reading of the subscriber's, whose account and meter `fields` name."""
    values = {
        "account_id": 1,
        "meter_id": 2,
        "period": 202611,
        "values": (5123,),
        "consumption": 123,
        "status": Status.ACCEPTED,
        "code": Code.ACCEPTED,
        "address": ME,
        "sent_at": sent_at,
        "received_at": NOW,
    }
    return Reading(id=new_key(), **(values | fields))  # type: ignore[arg-type] # by name


@pytest.fixture
async def filled(database: Database) -> Database:
    """An account that had another number, and somebody else's."""
    await database.write(world.fill([world.ACCOUNTS["renamed"], world.ACCOUNTS["foreign"]]))
    return database


async def facts(database: Database, needs: Needs, now: datetime = NOW) -> Facts:
    return await database.read(lambda connection: load(connection, needs, now))


async def keep(database: Database, *decisions: Decision) -> None:
    await database.write(lambda connection: store(connection, decisions, new_key, NOW))


async def known(database: Database) -> tuple[Account, Meter]:
    """The renamed account and its meter, as loaded."""
    found = await facts(database, Needs(account_keys={"2701001106"}))
    account_found = found.account("2701001106")
    assert account_found is not None
    (meter_found,) = found.open_meters(account_found)
    return account_found, meter_found


async def test_account_and_meter_are_loaded_as_billing_gave_them(filled: Database) -> None:
    """Every field, money in kopecks, days as days."""
    found, its_meter = await known(filled)
    assert (found.number, found.branch, found.phone) == ("2701001106", "khb", world.SUBSCRIBER)
    assert (found.balance, found.balance_date) == (98_765, date(2026, 11, 1))
    expected = {"serial": "31002206", "zones": 1, "digits": 5, "ratio": 1, "billed": (5000,)}
    assert {name: getattr(its_meter, name) for name in expected} == expected
    assert (its_meter.read_on, its_meter.automatic, its_meter.closed_on) == (date(2026, 10, 23), False, None)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "one zone"),
        ({"values": (1, 2, 3), "consumption": None}, "three zones"),
        ({"values": (0, 0)}, "zeros are values"),
        ({"values": (999_999_999,), "consumption": 2**40}, "large"),
        (
            {"status": Status.NEEDS_CONFIRMATION, "code": Code.X10, "typed": (51234, 7), "asked_until": NOW},
            "a question",
        ),
        ({"status": Status.IN_REVIEW, "code": Code.ROLLOVER, "decided_by": "subscriber"}, "in review"),
    ],
)
async def test_reading_comes_back_as_it_was(filled: Database, fields: dict[str, object], why: str) -> None:
    """Field by field, to the microsecond."""
    found, its_meter = await known(filled)
    moment = NOW + timedelta(microseconds=123_456)
    given = read_at(moment, account_id=found.id, meter_id=its_meter.id, **fields)
    await keep(filled, decided(readings=[given], reply="Принято"))
    loaded = await facts(filled, Needs(account_keys={"2701001106"}, addresses={ME}))
    assert loaded.live(its_meter) == [given], why
    assert loaded.asked.get(ME, []) == ([given] if given.status is Status.NEEDS_CONFIRMATION else [])


async def test_only_readings_that_may_count_are_loaded(filled: Database) -> None:
    """Live ones of the last thirteen months, in the order of sending."""
    found, its_meter = await known(filled)
    of_meter = {"account_id": found.id, "meter_id": its_meter.id}
    live = [read_at(NOW - timedelta(days=n), status=status, **of_meter) for n, status in enumerate(sorted(LIVE))]
    ended = [read_at(status=status, **of_meter) for status in set(Status) - LIVE]
    old = [read_at(NOW - timedelta(days=401), **of_meter), read_at(NOW - timedelta(days=400), **of_meter)]
    await keep(filled, decided(readings=[*live, *ended, *old]))
    loaded = await facts(filled, Needs(account_keys={"2701001106"}))
    assert loaded.readings[its_meter.id] == [old[1], *reversed(live)]


async def test_question_brings_its_account_along(filled: Database) -> None:
    """A bare `ДА` names no account: the reading that waits does."""
    found, its_meter = await known(filled)
    asked = read_at(
        account_id=found.id, meter_id=its_meter.id, status=Status.NEEDS_CONFIRMATION, asked_until=NOW, address=ME
    )
    await keep(filled, decided(readings=[asked]))
    loaded = await facts(filled, Needs(addresses={ME}))
    assert loaded.waiting(ME, NOW) == [asked]
    assert loaded.account_by_id[found.id] == found
    assert loaded.meters[found.id] == [its_meter]


@pytest.mark.parametrize("number", ["2701001106", "990011", "0990011", "00002701001106"])
async def test_account_is_found_by_every_number_it_had(filled: Database, number: str) -> None:
    """Present or former, with or without leading zeros."""
    loaded = await facts(filled, Needs(account_keys={"2701001106", "990011"}))
    found = loaded.account(number)
    assert found is not None
    assert found.number == "2701001106"


async def test_present_number_goes_before_a_former_one(database: Database) -> None:
    """A number that was one account's and is another's now means the other."""
    renamed = world.ACCOUNTS["renamed"] | {"old": "2701001118"}
    await database.write(world.fill([renamed, world.ACCOUNTS["foreign"]]))
    loaded = await facts(database, Needs(account_keys={"2701001118"}))
    found = loaded.account("2701001118")
    assert found is not None
    assert found.number == "2701001118"


async def test_accounts_of_a_phone(filled: Database) -> None:
    """All whose phone on file it is, and no others."""
    loaded = await facts(filled, Needs(phones={world.SUBSCRIBER, world.STRANGER}))
    assert [found.number for found in loaded.accounts_of_phone[world.SUBSCRIBER]] == ["2701001106"]
    assert world.STRANGER not in loaded.accounts_of_phone


async def test_known_events_are_known_on_their_channel(database: Database) -> None:
    """The same id of another channel is another event."""
    decision = decided()
    await keep(database, decision)
    sms, viber = ("sms", decision.event.event_id), ("viber", decision.event.event_id)
    loaded = await facts(database, Needs(events=[sms, viber, ("sms", "other")]))
    assert loaded.known_events == {sms}


@pytest.mark.parametrize(
    ("code", "ago", "expected"),
    [
        ("format", timedelta(0), (1, 1, False)),
        ("format", timedelta(minutes=60), (1, 1, False)),
        ("format", timedelta(minutes=61), (0, 1, False)),
        ("format", timedelta(hours=24), (0, 1, False)),
        ("format", timedelta(hours=24, seconds=1), (0, 0, False)),
        ("accepted", timedelta(0), (1, 0, False)),
        ("account_not_found", timedelta(0), (1, 1, False)),
        ("meter_not_found", timedelta(hours=2), (0, 1, False)),
        ("hand_over", timedelta(hours=23), (0, 0, True)),
        ("hand_over", timedelta(hours=25), (0, 0, False)),
    ],
)
async def test_sender_is_judged_by_his_last_day(
    database: Database, code: str, ago: timedelta, expected: tuple[int, int, bool]
) -> None:
    """Messages of an hour, failures and hand-overs of a day."""
    await keep(database, decided(code=code, received_at=NOW - ago))
    sender = (await facts(database, Needs(addresses={ME}))).sender(ME)
    assert (sender.last_hour, sender.failures, sender.handed_over) == expected


async def test_event_is_kept_whole(database: Database) -> None:
    """Text, payload, both times, and whether the vendor's was believed."""
    came = replace(world.text("Алло 🙂", world.SUBSCRIBER, NOW - timedelta(days=9)), raw={"from": "+7914", "т": "ё"})
    decision = Decision(
        key=new_key(), event=came, received_at=NOW, sent_at=NOW, code="format", text=came.text, outcome=Outcome.IGNORED
    )
    await keep(database, decision)
    row = (await database.read(lambda connection: connection.execute(select(event)).all()))[0]
    assert (row.text, row.raw, row.kind) == ("Алло 🙂", '{"from": "+7914", "т": "ё"}', "TextReceived")
    assert (row.sent_at, row.sent_at_believed, row.received_at) == (came.sent_at, False, NOW)
    assert (row.outcome, row.code) == ("ignored", "format")


async def test_payload_is_left_out_where_it_must_be(database: Database) -> None:
    """A card number stands in the payload too."""
    came = replace(world.text("4111111111111111"), raw={"text": "4111111111111111"})
    await keep(database, Decision(key=1, event=came, received_at=NOW, sent_at=NOW, text="**1111", keep_raw=False))
    row = (await database.read(lambda connection: connection.execute(select(event)).all()))[0]
    assert "4111111111111111" not in repr(row)


async def test_change_closes_the_cases_of_a_reading(filled: Database) -> None:
    """What is settled needs no moderator; a reading still in review keeps its case."""
    found, its_meter = await known(filled)
    of_meter = {"account_id": found.id, "meter_id": its_meter.id, "status": Status.IN_REVIEW}
    settled, open_still = read_at(**of_meter), read_at(**of_meter)
    opened = [NewCase(kind="rollover", reading_id=item.id) for item in (settled, open_still)]
    await keep(filled, decided(readings=[settled, open_still], cases=opened))
    settled.status = Status.SUPERSEDED
    await keep(filled, decided(changed=[settled, open_still]))
    rows = await filled.read(lambda connection: connection.execute(select(case).order_by(case.c.id)).all())
    assert [(row.state, row.decision, row.closed_at) for row in rows] == [
        ("closed", "superseded", NOW),
        ("open", "", None),
    ]


async def test_case_opened_and_settled_in_one_batch_is_closed(filled: Database) -> None:
    """The second message of a batch may settle what the first has opened."""
    found, its_meter = await known(filled)
    first = read_at(account_id=found.id, meter_id=its_meter.id, status=Status.IN_REVIEW)
    opening = decided(readings=[first], cases=[NewCase(kind="rollover", reading_id=first.id)])
    first.status = Status.SUPERSEDED
    await keep(filled, opening, decided(changed=[first]))
    assert await filled.read(lambda connection: connection.execute(select(case.c.state)).scalars().all()) == ["closed"]


ABSURD = ["", " ", "abc", "-1", "+1", "1.5", "1e3", "٣", "²", "0x10", "1" * 19, "9" * 400, "1\x00", "\ud800", "None"]
ABSURD += ["0", "7", "9" * 18, "000000000000000007"]
"""No number, none of ours, or that of a row that retention has removed."""


async def test_absurd_receipts_are_ignored(database: Database) -> None:
    """Anybody may call a webhook; what is no key of ours changes nothing and raises nothing."""
    await keep(database, decided(reply="Принято"))
    await keep(database, *(report(receipt, Delivery.FAILED) for receipt in ABSURD))
    assert await states(database) == ["queued"]


@pytest.mark.parametrize(
    ("state", "delivery", "expected"),
    [
        ("sent", Delivery.DELIVERED, "delivered"),
        ("sent", Delivery.FAILED, "failed"),
        ("sent", Delivery.BUFFERED, "sent"),
        ("sending", Delivery.DELIVERED, "delivered"),
        ("unknown", Delivery.DELIVERED, "delivered"),
        ("unknown", Delivery.FAILED, "failed"),
        ("queued", Delivery.DELIVERED, "delivered"),
        ("delivered", Delivery.FAILED, "delivered"),
        ("failed", Delivery.DELIVERED, "failed"),
        ("dead", Delivery.DELIVERED, "dead"),
        ("expired", Delivery.DELIVERED, "expired"),
    ],
)
async def test_delivery_report_moves_a_reply_on(
    database: Database, state: str, delivery: Delivery, expected: str
) -> None:
    """The first final word stands; an outcome that was unknown is known now."""
    decision = decided(reply="Принято")
    await keep(database, decision)
    await database.write(lambda connection: connection.execute(update(outbox).values(state=state)))
    await keep(database, report(str(decision.key), delivery))
    assert await states(database) == [expected]


async def test_many_delivery_reports_at_once(database: Database) -> None:
    """Gateways send them in heaps."""
    decisions = [decided(reply="Принято") for _ in range(50)]
    await keep(database, *decisions)
    await keep(database, *(report(str(decision.key), Delivery.DELIVERED) for decision in decisions))
    assert await states(database) == ["delivered"] * 50


def report(receipt: str, delivery: Delivery) -> Decision:
    came = DeliveryReported(
        event_id=f"dlr:{new_key()}", address=ME, sent_at=NOW, receipt_id=receipt, delivery=delivery, detail="x" * 500
    )
    return Decision(key=new_key(), event=came, received_at=NOW, sent_at=NOW, delivery=delivery)


async def states(database: Database) -> list[str]:
    rows = await database.read(lambda connection: connection.execute(select(outbox.c.state)).scalars().all())
    return list(rows)


async def test_reply_expires(database: Database) -> None:
    """An answer that comes days later only puzzles."""
    await keep(database, decided(reply="Принято"))
    row = (await database.read(lambda connection: connection.execute(select(outbox)).all()))[0]
    assert (row.state, row.priority, row.attempts, row.due_at) == ("queued", store_module.REPLY, 0, NOW)
    assert row.expires_at == NOW + store_module.REPLY_EXPIRES


async def test_search_keys_are_unique(database: Database) -> None:
    """Two accounts that look-up could not tell apart cannot both be on file."""
    job: Callable[[Connection], None] = world.fill([{"number": "0012"}, {"number": "12"}])
    with pytest.raises(Exception, match=r"(?i)unique"):
        await database.write(job)
    assert await database.read(lambda connection: connection.execute(select(account.c.id)).all()) == []
    assert await database.read(lambda connection: connection.execute(select(meter.c.id)).all()) == []
