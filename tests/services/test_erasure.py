"""Being forgotten: what goes, what stays, and what a crash, a second wish or a new acquaintance change."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, update
from structlog.testing import capture_logs

from core.domain.messages import Address
from core.domain.privacy import FORGOTTEN
from core.services.chunks import Chunks
from core.services.erasure import SETTLED, Erasure
from core.services.moderation.requests import ANSWERED, ASKED, NOTED, REPLIED
from core.storage import erasure as storage
from core.storage.database import Database
from core.storage.profiles import forget
from core.storage.store import SUBSCRIBER
from core.storage.tables import (
    case,
    case_action,
    erasure,
    event,
    guess,
    handover,
    link,
    outbox,
    payment_order,
    payment_page,
    profile,
    reading,
    reminder,
)
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import NOW, OTHER, WHO, WORDS, key_at, put, stored


@pytest.fixture(autouse=True)
def quiet() -> Any:
    with capture_logs() as entries:
        yield entries


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def job(database: Database, clock: FixedClock) -> Erasure:
    return Erasure(database, clock, chunks=Chunks(database, sleep=no_sleep), sleep=no_sleep)


async def acquaintance(
    database: Database, *people: Address, at: Any = NOW - timedelta(hours=1), campaign_key: str = "2026-11/open"
) -> None:
    """A message of each kind that somebody leaves behind."""
    for who in people:
        asked, answered = kept.message(who, at), kept.reply(who, at)
        opened = kept.a_case(who, at)
        await put(
            database,
            asked,
            answered | {"id": asked["id"]},
            kept.a_reading(who, at, event_key=asked["id"]),
            opened,
            kept.an_action(opened["id"], at=at),
            kept.an_action(opened["id"], ANSWERED, at, moderator="Иванова"),
            kept.a_profile(who, at),
            kept.a_link(who, at),
            kept.a_guess(who, at),
            kept.a_handover(f"digest {asked['id']}", who, at),
            kept.a_payment_page(f"page {asked['id']}", who, at),
            kept.an_order(who, at),
            kept.a_reminder(who, at, campaign_key),
        )


async def ask(database: Database, *people: Address, at: Any = NOW) -> None:
    wishes = [(key_at(at), who) for who in people]
    await database.write(partial(forget, wishes=wishes, now=at))


@pytest.fixture
async def filled(database: Database) -> Database:
    await put(database, *kept.accounts(), kept.a_round(), kept.a_round("2026-11/last"))
    await acquaintance(database, WHO, OTHER)
    return database


async def test_nothing_is_left_of_who_asked(filled: Database, job: Erasure) -> None:
    """Neither name nor words stand in any table; the reading stays for billing, the event is still known."""
    before = await stored(filled, event)
    await ask(filled, WHO)
    assert await job.work(NOW)
    text = await kept.everything(filled)
    assert WHO.external_id not in text
    assert text.count(WORDS) == (await _of(filled, OTHER)).count(WORDS)
    rows = await stored(filled, reading)
    assert sorted(row.external_id for row in rows) == sorted([OTHER.external_id, FORGOTTEN])
    assert {(row.t1, row.status, row.meter_id) for row in rows} == {(5123, "accepted", 2)}
    assert [(row.id, row.event_id) for row in await stored(filled, event)] == [(row.id, row.event_id) for row in before]
    (wish,) = await stored(filled, erasure)
    assert (wish.done_at, wish.external_id) == (NOW, FORGOTTEN)


async def _of(database: Database, who: Address) -> str:
    """What the tables hold about others than those forgotten."""
    tables = (case_action, event, case, outbox, profile)
    rows = [row for table in tables for row in await stored(database, table)]
    text = "\n".join(map(repr, rows))
    assert who.external_id in text
    return text


async def test_others_keep_everything(filled: Database, job: Erasure) -> None:
    """Not a column of another subscriber's rows changes."""
    tables = (event, outbox, reading, case, profile, link, guess, handover, payment_page, payment_order, reminder)

    async def of_other() -> list[Any]:
        return [row for table in tables for row in await stored(filled, table) if row.external_id == OTHER.external_id]

    before = await of_other()
    await ask(filled, WHO)
    await job.work(NOW)
    assert await of_other() == before
    notes = [row.note for row in await stored(filled, case_action)]
    assert sorted(map(bool, notes)) == [False, False, True, True]


async def test_same_id_on_another_channel_is_somebody_else(filled: Database, job: Erasure) -> None:
    """Numbers of different messengers may be alike."""
    namesake = Address("vk", WHO.external_id)
    await acquaintance(filled, namesake)
    await ask(filled, WHO)
    await job.work(NOW)
    assert [row.external_id for row in await stored(filled, event) if row.channel == "vk"] == [WHO.external_id]
    assert [row.text for row in await stored(filled, event) if row.channel == "vk"] == [f"{WORDS} 5123"]


async def test_new_acquaintance_is_untouched(filled: Database, job: Erasure) -> None:
    """Who comes back after being forgotten is as new, and keeps what he writes from then on."""
    await ask(filled, WHO)
    await acquaintance(filled, WHO, at=NOW + timedelta(milliseconds=1), campaign_key="2026-11/last")
    await job.work(NOW)
    rows = [row for row in await stored(filled, event) if row.external_id == WHO.external_id]
    assert [(row.text, row.received_at) for row in rows] == [(f"{WORDS} 5123", NOW + timedelta(milliseconds=1))]
    for table in (reading, case, outbox, profile, link, reminder):
        assert [row.external_id for row in await stored(filled, table)].count(WHO.external_id) == 1


async def test_wish_and_its_own_message_go_too(filled: Database, job: Erasure) -> None:
    """The message that asks to be forgotten is the last one to go, and its answer with it."""
    wish = key_at(NOW)
    await put(filled, kept.message(WHO, NOW, id=wish), kept.reply(WHO, NOW) | {"id": wish})
    await filled.write(partial(forget, wishes=[(wish, WHO)], now=NOW))
    await job.work(NOW)
    assert WHO.external_id not in await kept.everything(filled)


async def test_answer_is_sent_before_it_is_forgotten(filled: Database, job: Erasure, clock: FixedClock) -> None:
    """A message that waits keeps words and receiver; all else goes at once, and the rest when it is sent."""
    await put(filled, kept.reply(WHO, NOW, state="queued", text="Мы вас забыли"))
    await ask(filled, WHO)
    assert not await job.work(NOW)
    waits = [row for row in await stored(filled, outbox) if row.external_id == WHO.external_id]
    assert [row.text for row in waits] == ["Мы вас забыли"]
    assert WORDS not in repr([row for row in await stored(filled, event) if row.external_id != OTHER.external_id])
    assert not await job.work(NOW)
    await filled.write(lambda connection: connection.execute(_sent(waits[0].id)))
    assert await job.work(NOW)
    assert WHO.external_id not in await kept.everything(filled)


def _sent(key: int) -> Any:
    return update(outbox).where(outbox.c.id == key).values(state="sent")


async def test_waiting_wish_does_not_read_all_tables_every_minute(
    filled: Database, job: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that is down for a night costs one look, not one each minute."""
    await put(filled, kept.reply(WHO, NOW, state="sending"))
    await ask(filled, WHO)
    looks: list[str] = []
    original = storage.theirs

    def counted(connection: Connection, part: storage.Part, wishes: Any, now: Any) -> list[int]:
        looks.append(part.table.name)
        return original(connection, part, wishes, now)

    monkeypatch.setattr("core.services.erasure.theirs", counted)
    for _ in range(3):
        assert not await job.work(NOW)
    assert len(looks) == len(storage.PARTS)


@pytest.mark.parametrize("state", ["queued", "sending"])
async def test_message_too_late_to_be_sent_holds_nothing_up(filled: Database, job: Erasure, state: str) -> None:
    """A row of a channel that was switched off waits for ever."""
    await put(filled, kept.reply(WHO, NOW - timedelta(days=9), state=state))
    await ask(filled, WHO)
    assert await job.work(NOW)
    assert WHO.external_id not in await kept.everything(filled)


async def test_reminder_is_called_off(filled: Database, job: Erasure) -> None:
    """Who was forgotten is not written to the next morning."""
    await put(
        filled, kept.reply(WHO, NOW, state="queued", priority=1), kept.reply(OTHER, NOW, state="queued", priority=1)
    )
    await ask(filled, WHO)
    assert await job.work(NOW)
    states = [(row.external_id, row.state) for row in await stored(filled, outbox) if row.priority == 1]
    assert sorted(states) == sorted([(FORGOTTEN, "expired"), (OTHER.external_id, "queued")])


async def test_case_opened_later_about_something_older_goes(filled: Database, job: Erasure) -> None:
    """A reply that never arrived becomes a case with its words, after the wish."""
    old = key_at(NOW - timedelta(minutes=1))
    await ask(filled, WHO)
    await put(filled, kept.a_case(WHO, NOW + timedelta(hours=1), event_key=old, state="open", kind="undelivered"))
    await job.work(NOW)
    assert WHO.external_id not in await kept.everything(filled)


async def test_crash_in_the_middle_is_made_good(filled: Database, clock: FixedClock) -> None:
    """Wherever it stops, the next process finishes it; nothing is lost and nothing done twice that matters."""
    await acquaintance(filled, *[Address("telegram", f"8{n:08}") for n in range(3)])
    people = [WHO, *[Address("telegram", f"8{n:08}") for n in range(3)]]
    await ask(filled, *people)
    for stop_after in range(5):
        with pytest.raises(ConnectionAbortedError):
            await Erasure(filled, clock, chunks=Dying(filled, stop_after)).work(NOW)
        assert [row.done_at for row in await stored(filled, erasure)] == [None] * 4
    assert await Erasure(filled, clock, chunks=Chunks(filled, sleep=no_sleep)).work(NOW)
    text = await kept.everything(filled)
    assert not [who for who in people if who.external_id in text]


class Dying(Chunks):
    """Writes so many chunks of two rows, then the process is gone."""

    def __init__(self, database: Database, writes: int) -> None:
        super().__init__(database, sleep=no_sleep)
        self._left = writes

    async def write(self, keys: Sequence[Any], change: Any, told: Any = None) -> int:
        for start in range(0, len(keys), 2):
            if not self._left:
                raise ConnectionAbortedError
            self._left -= 1
            await super().write(keys[start : start + 2], change, told)
        if not self._left and keys:
            raise ConnectionAbortedError
        return len(keys)


async def test_asking_twice_is_harmless(filled: Database, job: Erasure) -> None:
    """The later wish reaches further."""
    await ask(filled, WHO)
    await acquaintance(filled, WHO, at=NOW + timedelta(minutes=1), campaign_key="2026-11/last")
    await ask(filled, WHO, at=NOW + timedelta(minutes=2))
    assert await job.work(NOW + timedelta(minutes=2))
    assert WHO.external_id not in await kept.everything(filled)
    assert [row.done_at for row in await stored(filled, erasure)] == [NOW, NOW]


async def test_service_waits_until_everything_is_stored(filled: Database, job: Erasure, clock: FixedClock) -> None:
    """A wish of this moment is left for the next look: another process may still store what came before it."""
    await ask(filled, WHO)
    await job.work(clock.now() - SETTLED)
    assert [row.done_at for row in await stored(filled, erasure)] == [None]
    clock.advance(seconds=10)
    await job.work(clock.now() - SETTLED)
    assert [row.done_at for row in await stored(filled, erasure)] == [clock.now()]


async def test_log_names_nobody(filled: Database, job: Erasure, quiet: list[Any]) -> None:
    """How many were forgotten, and no more."""
    await ask(filled, WHO)
    await job.work(NOW)
    assert [(entry["event"], entry["count"]) for entry in quiet] == [("subscribers_forgotten", 1)]


def test_spoken_actions_are_those_of_the_desk_and_of_moderation() -> None:
    """The words of a case are found by the names that others give its actions."""
    named = storage.SPOKEN.compile(compile_kwargs={"literal_binds": True})
    assert all(f"'{action}'" in str(named) for action in ("said", ANSWERED, REPLIED, ASKED, NOTED))
    assert SUBSCRIBER == "subscriber"
