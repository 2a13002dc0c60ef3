"""What is kept for how long, and that dropping the rest is short, harmless to repeat and done at night."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from core.domain.retention import Periods
from core.services.chunks import Chunks
from core.services.retention import Retention, quiet_hour
from core.storage import retention as storage
from core.storage.database import Database, Unavailable
from core.storage.tables import (
    campaign,
    case,
    case_action,
    event,
    guess,
    handover,
    outbox,
    payment_order,
    profile,
    reading,
    reminder,
)
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import DAY, NOW, OTHER, WHO, WORDS, put, stored

SECOND = timedelta(seconds=1)
WORDS_END, IDLE_END = NOW - 90 * DAY, NOW - 365 * DAY
LATER = NOW + 1095 * DAY
"""Three years on: no key is older than 2024."""


@pytest.fixture(autouse=True)
def quiet() -> Any:
    with capture_logs() as entries:
        yield entries


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def filled(database: Database) -> Database:
    await put(database, *kept.accounts())
    return database


@pytest.fixture
def job(database: Database, clock: FixedClock) -> Retention:
    return Retention(database, clock, Periods(), chunks=Chunks(database, sleep=no_sleep), sleep=no_sleep)


def done(counts: Any) -> dict[str, int]:
    return {name: rows for name, rows in counts.items() if rows}


@dataclass(frozen=True)
class Wordy:
    """Rows that hold words for a time."""

    make: Callable[..., dict[str, Any]]
    table: Any
    columns: tuple[str, ...]
    step: str


WORDY = [
    Wordy(kept.message, event, ("text", "raw"), "words of messages"),
    Wordy(kept.reply, outbox, ("text", "extra"), "words of replies"),
    Wordy(kept.a_case, case, ("text", "photo"), "words of cases"),
    Wordy(kept.a_profile, profile, ("dialogue",), "dialogues"),
]


@pytest.mark.parametrize("rows", WORDY, ids=lambda rows: rows.table.name)
async def test_words_last_for_ninety_days(filled: Database, job: Retention, rows: Wordy) -> None:
    """A second before the end they are there, a second after it the row is, without them."""
    old, new = rows.make(WHO, WORDS_END - SECOND), rows.make(OTHER, WORDS_END + SECOND)
    await put(filled, old, new, kept.a_link(WHO), kept.a_link(OTHER))
    before = {row.external_id: row for row in await stored(filled, rows.table)}
    assert done(await job.work()) == {rows.step: 1}
    after = {row.external_id: row for row in await stored(filled, rows.table)}
    assert after[OTHER.external_id] == before[OTHER.external_id]
    emptied = dict(before[WHO.external_id]._mapping) | dict.fromkeys(rows.columns, "")
    assert dict(after[WHO.external_id]._mapping) == emptied


async def test_open_case_keeps_its_words(filled: Database, job: Retention, clock: FixedClock) -> None:
    """A moderator who is late still has to know what it is about; so are the notes of the subscriber."""
    clock.moment = LATER
    waiting = kept.a_case(WHO, NOW - DAY, state="open", closed_at=None)
    await put(filled, waiting, kept.an_action(waiting["id"], at=NOW - DAY))
    assert done(await job.work()) == {}
    assert (await kept.everything(filled)).count(WORDS) == 3


async def test_notes_of_a_closed_case_lose_words_and_keep_reasons(filled: Database, job: Retention) -> None:
    """What was said goes after ninety days; why somebody decided stays as long as the decision."""
    closed = kept.a_case(WHO, WORDS_END - SECOND, text="", photo="")
    said = kept.an_action(closed["id"], at=WORDS_END - SECOND)
    reason = kept.an_action(closed["id"], "rejected", WORDS_END - SECOND, note="Счётчик снят", moderator="Иванова")
    await put(filled, closed, said, reason)
    assert done(await job.work()) == {"notes of cases": 1}
    assert [row.note for row in await stored(filled, case_action)] == ["", "Счётчик снят"]


async def test_readings_and_who_decided_last_for_three_years(
    filled: Database, job: Retention, clock: FixedClock
) -> None:
    """Then message, reply, reading, case and actions go as a whole."""
    clock.moment = LATER
    for who, at in ((WHO, NOW - SECOND), (OTHER, NOW + SECOND)):
        opened = kept.a_case(who, at, text="", photo="")
        note = kept.an_action(opened["id"], "rejected", at, note="Снят")
        bare = {"text": "", "extra": ""}
        await put(filled, opened, note, kept.a_reading(who, at), kept.reply(who, at) | bare)
        await put(filled, kept.message(who, at) | {"text": "", "raw": ""})
    gone = {"actions of cases": 1, "cases": 1, "readings": 1, "replies": 1, "messages": 1}
    assert done(await job.work()) == gone
    for table in (reading, case, outbox, event):
        assert [row.external_id for row in await stored(filled, table)] == [OTHER.external_id]
    assert len(await stored(filled, case_action)) == 1


async def test_reading_that_waits_for_somebody_stays(filled: Database, job: Retention, clock: FixedClock) -> None:
    """However old: its case is open."""
    clock.moment = LATER
    await put(filled, kept.a_reading(WHO, NOW - DAY, status="in_review"), kept.a_reading(OTHER, NOW - DAY))
    assert done(await job.work()) == {"readings": 1}
    assert [row.status for row in await stored(filled, reading)] == ["in_review"]


async def test_idle_profile_goes_unless_an_account_is_linked(filled: Database, job: Retention) -> None:
    """Who links an account wants to be remembered; who only looked in does not."""
    rows = [kept.a_profile(who, IDLE_END - SECOND, dialogue="") for who in (WHO, OTHER)]
    await put(filled, *rows, kept.a_link(OTHER, IDLE_END))
    assert done(await job.work()) == {"idle profiles": 1}
    assert [row.external_id for row in await stored(filled, profile)] == [OTHER.external_id]


async def test_failed_proofs_go_after_a_day(filled: Database, job: Retention) -> None:
    """They count for a day, so they are kept for one."""
    await put(filled, kept.a_guess(WHO, NOW - DAY - SECOND), kept.a_guess(OTHER, NOW - DAY + SECOND))
    assert done(await job.work()) == {"failed proofs": 1}
    assert [row.external_id for row in await stored(filled, guess)] == [OTHER.external_id]


async def test_one_time_links_go_after_thirty_days(filled: Database, job: Retention) -> None:
    """Counted from their use, or from their end where nobody used them."""
    month = NOW - 30 * DAY
    await put(
        filled,
        kept.a_handover("used long ago", at=month - DAY, used_at=month - SECOND),
        kept.a_handover("used later", at=month - DAY, used_at=month + SECOND),
        kept.a_handover("ended long ago", at=month - DAY, expires_at=month - SECOND),
        kept.a_handover("good still", at=NOW),
    )
    assert done(await job.work()) == {"one-time links": 2}
    assert [row.digest for row in await stored(filled, handover)] == ["good still", "used later"]


async def test_payments_go_when_nothing_can_come_any_more(filled: Database, job: Retention, clock: FixedClock) -> None:
    """Links after a month, providers' calls with the words, orders and attempts with the readings."""
    month = NOW - 30 * DAY
    await put(filled, kept.a_payment_page("old", expires_at=month - SECOND), kept.a_payment_page("good still"))
    await put(filled, kept.a_notice(WORDS_END - SECOND), kept.a_notice(WORDS_END + SECOND))
    assert done(await job.work()) == {"payment pages": 1, "providers' calls": 1}
    clock.moment = LATER
    orders = [kept.an_order(at=at) for at in (NOW - SECOND, NOW - SECOND, NOW + SECOND)]
    attempts = [kept.an_attempt(each["id"], at=each["created_at"]) for each in orders]
    attempts[1]["look_at"] = NOW
    await put(filled, *orders, *attempts)
    gone = done(await job.work())
    assert {name: gone[name] for name in ("payment attempts", "orders of payments")} == {
        "payment attempts": 1,
        "orders of payments": 1,
    }
    assert [row.id for row in await stored(filled, payment_order)] == [each["id"] for each in orders[1:]]


async def test_rounds_of_reminders_go_after_ninety_days(filled: Database, job: Retention) -> None:
    """The names first, then the round; one that still runs stays."""
    old = WORDS_END - SECOND
    await put(filled, kept.a_round("old", old), kept.a_round("new", NOW), kept.a_round("runs", old, finished_at=None))
    await put(filled, *[kept.a_reminder(WHO, NOW, name) for name in ("old", "new", "runs")])
    assert done(await job.work()) == {"reminders": 1, "rounds of reminders": 1}
    assert [row.key for row in await stored(filled, campaign)] == ["new", "runs"]
    assert [row.campaign for row in await stored(filled, reminder)] == ["new", "runs"]


async def test_counting_changes_nothing_and_repeating_does_nothing(filled: Database, job: Retention) -> None:
    """What a rehearsal counts is what is done; the second time nothing is due."""
    old = WORDS_END - DAY
    await put(filled, *[kept.message(WHO, old) for _ in range(3)], kept.reply(WHO, old), kept.a_guess(WHO, old))
    before = await kept.everything(filled)
    counted = await job.count()
    assert await kept.everything(filled) == before
    assert await job.work() == counted
    assert done(counted) == {"words of messages": 3, "words of replies": 1, "failed proofs": 1}
    assert done(await job.work()) == {}


async def test_more_than_a_page_is_done_in_chunks(
    filled: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is reached, page after page; each write is short and leaves as long to others."""
    monkeypatch.setattr(storage, "PAGE", 300)
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    ticks = iter(range(100_000))
    chunks = Chunks(filled, stopwatch=lambda: next(ticks) / 100, sleep=rest)
    await put(filled, *[kept.message(WHO, WORDS_END - DAY) for _ in range(700)])
    told: list[int] = []
    job = Retention(filled, clock, Periods(), chunks=chunks)
    counts = await job.work(lambda name, rows: told.append(rows) if name == "words of messages" else None)
    assert done(counts) == {"words of messages": 700}
    assert sum(told) == 700
    assert len(told) == len(rested) >= 3
    assert rested == [pytest.approx(0.01)] * len(rested)
    assert WORDS not in await kept.everything(filled)


async def test_row_that_is_not_due_any_more_is_left(filled: Database, job: Retention, clock: FixedClock) -> None:
    """Somebody who writes between the look and the write is not idle."""
    await put(filled, kept.a_profile(WHO, IDLE_END - DAY, dialogue=""))
    step = next(step for step in storage.STEPS if step.name == "idle profiles")
    since = storage.moments(Periods(), clock.now())
    keys = await filled.read(lambda connection: storage.due(connection, step, since, None))
    assert keys == [WHO.external_id]
    await put(filled, kept.a_link(WHO))
    assert await filled.write(lambda connection: storage.clear(connection, keys, step, since)) == 0
    assert len(await stored(filled, profile)) == 1


KAMCHATKA, KHABAROVSK, MOSCOW, KALININGRAD = (
    ZoneInfo(name) for name in ("Asia/Kamchatka", "Asia/Vladivostok", "Europe/Moscow", "Europe/Kaliningrad")
)


@pytest.mark.parametrize(
    ("zones", "hour"),
    [
        pytest.param([], 3, id="no branch"),
        pytest.param([KHABAROVSK], 17, id="khabarovsk"),
        pytest.param([MOSCOW], 0, id="moscow"),
        pytest.param([KHABAROVSK, MOSCOW], 20, id="half the country"),
        pytest.param([KALININGRAD, MOSCOW, KHABAROVSK, KAMCHATKA], 20, id="the whole of it"),
    ],
)
def test_quiet_hour_is_night_for_all(zones: list[ZoneInfo], hour: int) -> None:
    """The hour of UTC in which the branch that is worst off is nearest to three in the night."""
    assert quiet_hour(zones, NOW) == hour


async def test_service_works_once_a_night(filled: Database, clock: FixedClock, quiet: list[Any]) -> None:
    """Every ten minutes it looks at the clock; in three days it works three times."""
    await put(filled, kept.message(WHO, WORDS_END))
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        clock.advance(seconds=seconds)
        if looks == 3 * 24 * 6:
            raise asyncio.CancelledError

    job = Retention(filled, clock, Periods(), zones=[KHABAROVSK], chunks=Chunks(filled, sleep=no_sleep), sleep=sleep)
    with pytest.raises(asyncio.CancelledError):
        await job.run()
    assert [entry["event"] for entry in quiet] == ["retention_done"] * 3
    assert [entry.get("words_of_messages") for entry in quiet] == [1, None, None]


async def test_outage_is_tried_again_the_same_night(
    filled: Database, clock: FixedClock, quiet: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is down at three is asked again at ten past."""
    clock.moment = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    original, outages = storage.due, iter([True, False])

    def due(*args: Any, **named: Any) -> list[Any]:
        if next(outages, False):
            raise Unavailable("down")
        return original(*args, **named)

    monkeypatch.setattr("core.services.retention.due", due)
    looks = iter(range(3))

    async def sleep(seconds: float) -> None:
        clock.advance(seconds=seconds)
        if next(looks) == 2:
            raise asyncio.CancelledError

    job = Retention(filled, clock, Periods(), zones=[KHABAROVSK], chunks=Chunks(filled, sleep=no_sleep), sleep=sleep)
    with pytest.raises(asyncio.CancelledError):
        await job.run()
    assert [entry["event"] for entry in quiet] == ["retention_waits", "retention_done"]
