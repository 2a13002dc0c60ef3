"""The planner on a real database: who is reminded, once, of all his accounts, in time, whatever happens meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from core.domain.keys import Keys
from core.domain.messages import Address
from core.domain.reminders import Hours, Kind, Progress, Round
from core.services.reminders import Planner, Rules, Skip, rehearse
from core.services.reminders.pacing import TURN
from core.storage.database import Database, Unavailable
from core.storage.outbox import Sent, State, claim, record
from core.storage.reminders import begin, campaigns, cancel, finish, standings
from core.storage.tables import account, campaign, meter, profile, reading, reminder
from tests.conftest import FixedClock
from tests.services.reminders.scene import (
    MORNING_OF_THE_20TH,
    MORNING_OF_THE_25TH,
    MORNING_OF_THE_26TH,
    NOVEMBER,
    linked,
    queued,
    rules,
    tower,
)
from tests.storage.statements import counted
from tests.world import ACCOUNTS, AMUR, KHABAROVSK, SUBSCRIBER, fill

LAST_DAY = Round("khb", Kind.LAST_DAY, NOVEMBER)


class Scene:
    """A database with subscribers, and a planner that a test moves on turn by turn."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        clock.moment = MORNING_OF_THE_25TH
        self.rules = rules()

    async def put(self, *jobs: Callable[[Connection], None]) -> None:
        for job in jobs:
            await self.database.write(job)

    async def house(self, *names: str) -> None:
        """Some accounts of the world."""
        await self.put(fill([ACCOUNTS[name] for name in names]))

    async def plan(self, turns: int = 3) -> None:
        """A new planner, as after a start, for some turns."""
        planner = Planner(self.database, self.rules, self.clock)
        for _ in range(turns):
            await planner.plan()
            self.clock.advance(seconds=TURN.total_seconds())

    async def queued(self) -> list[Any]:
        return await self.database.read(queued)

    async def told(self) -> list[tuple[str, str]]:
        return sorted((row.channel, row.external_id) for row in await self.queued())

    async def states(self) -> dict[str, str]:
        keys = await self.database.read(lambda connection: list(connection.execute(select(campaign.c.key)).scalars()))
        found = await self.database.read(lambda connection: campaigns(connection, keys))
        return {each.round.key: each.state.value for each in found}


@pytest.fixture
def scene(database: Database, clock: FixedClock) -> Scene:
    return Scene(database, clock)


def submitted(number: str, status: str = "accepted", period: int = NOVEMBER) -> Callable[[Connection], None]:
    """A job that stores a reading of the account's meter."""

    def job(connection: Connection) -> None:
        row = connection.execute(
            select(meter.c.id, meter.c.account_id).join(account).where(account.c.number == number)
        ).one()
        values = {"id": row.id, "account_id": row.account_id, "meter_id": row.id, "period": period, "t1": 5100}
        how = {"status": status, "code": status, "channel": "sms", "external_id": SUBSCRIBER}
        when = {"sent_at": MORNING_OF_THE_20TH, "received_at": MORNING_OF_THE_20TH}
        connection.execute(insert(reading).values(values | how | when))

    return job


ONE, TWO, PAIR, FOREIGN = (ACCOUNTS[name]["number"] for name in ("one", "two", "pair", "foreign"))


async def test_last_day_reminds_those_who_have_not_submitted(scene: Scene) -> None:
    """Each of them once, by his messenger; the message has a button and expires by the evening."""
    await scene.house("one", "two", "automatic")
    await scene.put(linked(ONE, "telegram", "t1"), linked(TWO, "vk", "v2"), linked("2701001107", "vk", "v3"))
    await scene.put(submitted(TWO))
    await scene.plan()
    (row,) = await scene.queued()
    assert (row.channel, row.external_id, row.priority, row.state) == ("telegram", "t1", 1, "queued")
    assert row.text.startswith("Сегодня последний день приёма показаний за ноябрь. По счёту *1101 их ещё нет.")
    assert row.expires_at == datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
    assert '"submit"' in row.extra
    assert await scene.states() == {LAST_DAY.key: "done"}


@pytest.mark.parametrize(
    ("status", "period", "reminded"),
    [
        ("accepted", NOVEMBER, False),
        ("exported", NOVEMBER, False),
        ("in_review", NOVEMBER, False),
        ("needs_confirmation", NOVEMBER, True),
        ("rejected", NOVEMBER, True),
        ("withdrawn", NOVEMBER, True),
        ("accepted", 202610, True),
        ("accepted", 202612, True),
    ],
)
async def test_which_readings_count_as_submitted(scene: Scene, status: str, period: int, *, reminded: bool) -> None:
    """Those that are in the bill or may come to be, for this very period."""
    await scene.house("one")
    await scene.put(linked(ONE, "telegram", "t1"), submitted(ONE, status, period))
    await scene.plan()
    assert bool(await scene.queued()) is reminded


async def test_subscriber_whose_telegram_is_gone_is_reminded_in_vk(scene: Scene) -> None:
    """He blocked the bot: the address is closed by the send that failed, and the next round goes where he still is."""
    await scene.house("one")
    await scene.put(linked(ONE, "telegram", "t1", heard=5), linked(ONE, "vk", "v1", heard=1))
    scene.clock.moment = MORNING_OF_THE_20TH
    await scene.plan()
    assert await scene.told() == [("telegram", "t1")]
    now, keys = scene.clock.moment, Keys()

    def blocked(connection: Connection) -> None:
        (row,) = claim(connection, "telegram", 8, now)
        record(connection, [Sent(row, State.UNREACHABLE, error="blocked")], lambda: keys.new(now), now)

    await scene.put(blocked)
    scene.clock.moment = MORNING_OF_THE_25TH
    await scene.plan()
    assert await scene.told() == [("telegram", "t1"), ("vk", "v1")]
    (standing, _) = await scene.database.read(lambda connection: standings(connection, 10))
    assert (standing.campaign.round, standing.states) == (LAST_DAY, {"queued": 1})


async def test_three_accounts_of_one_subscriber_are_one_message(scene: Scene) -> None:
    """Even where each is looked at in a chunk of its own, and the round begins anew in between."""
    await scene.house("one", "two", "pair")
    await scene.put(*(linked(number, "telegram", "t1") for number in (ONE, TWO, PAIR)))
    scene.rules = replace(scene.rules, spread=timedelta(minutes=1))
    for _ in range(6):
        await scene.plan(turns=1)
    (row,) = await scene.queued()
    assert "*1101, *1102, *1104" in row.text
    (found,) = await scene.database.read(lambda connection: campaigns(connection, [LAST_DAY.key]))
    assert (found.queued, found.skipped, found.state) == (1, 2, Progress.DONE)


async def test_sms_goes_to_the_phone_on_file_where_that_is_wanted(scene: Scene) -> None:
    """One SMS for all accounts of the phone; none to those with a messenger, who are told there; none by default."""
    await scene.house("one", "two", "foreign", "phonelike")
    await scene.put(linked(FOREIGN, "vk", "v1"))
    scene.rules = rules(sms=True)
    found = await rehearse(scene.database, scene.rules, LAST_DAY, lambda _: None)
    assert (found.messages, found.skipped) == ({"sms": 1, "vk": 1}, {Skip.TOLD: 1, Skip.UNREACHABLE: 1})
    assert (await scene.queued(), found.looked_at) == ([], 4)
    await scene.plan()
    assert await scene.told() == [("sms", SUBSCRIBER), ("vk", "v1")]


async def test_no_sms_unless_wanted(scene: Scene) -> None:
    """They cost money: whoever has no messenger is not reminded."""
    await scene.house("one")
    await scene.plan()
    assert await scene.queued() == []
    assert await scene.states() == {LAST_DAY.key: "done"}


async def test_whoever_switched_reminders_off_gets_none(scene: Scene) -> None:
    """Neither in the messenger nor, instead of it, by SMS; a phone that did so is left alone too."""
    await scene.house("one", "foreign")
    await scene.put(linked(ONE, "telegram", "t1", reminders=False))
    unwilling = {"channel": "sms", "external_id": "+79145550000", "heard_at": MORNING_OF_THE_20TH, "reminders": False}
    await scene.put(lambda connection: connection.execute(insert(profile).values(unwilling)))
    scene.rules = rules(sms=True)
    await scene.plan()
    assert await scene.queued() == []


async def test_subscriber_is_reminded_in_his_language(scene: Scene) -> None:
    """The one that his address last used."""
    await scene.house("one")
    await scene.put(linked(ONE, "telegram", "t1", language="en"))
    await scene.plan()
    assert (await scene.queued())[0].text.endswith("REMINDERS OFF")


async def test_missed_reading_is_told_the_day_after(scene: Scene) -> None:
    """With what is left until the norm, counted over readings and billed values."""
    await scene.house("one", "two")
    await scene.put(linked(ONE, "telegram", "t1"), linked(TWO, "vk", "v2"), submitted(TWO, period=202609))
    await scene.put(lambda connection: connection.execute(update(meter).values(read_on=date(2026, 8, 23))))
    scene.clock.moment = MORNING_OF_THE_26TH
    await scene.plan()
    texts = {row.external_id: row.text for row in await scene.queued()}
    assert "Следующий месяц - уже по нормативу" in texts["t1"]
    assert "Так можно ещё месяц" in texts["v2"]


async def test_each_branch_has_its_own_day(scene: Scene) -> None:
    """An hour before Amur's morning only Khabarovsk is reminded; accounts of no known branch never are."""
    await scene.house("one", "amur", "astray")
    for number, chat in ((ONE, "t1"), ("2801001114", "t2"), ("2701001119", "t3")):
        await scene.put(linked(number, "telegram", chat))
    scene.rules = replace(scene.rules, branches={"khb": KHABAROVSK, "amur": AMUR})
    await scene.plan()
    assert await scene.told() == [("telegram", "t1")]
    scene.clock.moment = MORNING_OF_THE_25TH + timedelta(hours=1)
    await scene.plan()
    assert await scene.told() == [("telegram", "t1"), ("telegram", "t2")]


async def test_nothing_is_planned_at_night(scene: Scene) -> None:
    """Not before nine, not from nine in the evening on; what was begun goes on the next morning, where it may."""
    await scene.put(tower(40))
    scene.rules = replace(scene.rules, spread=timedelta(hours=12), hours=Hours(time(9), time(21)))
    scene.clock.moment = MORNING_OF_THE_20TH - timedelta(minutes=1)
    await scene.plan(turns=1)
    assert await scene.states() == {}
    scene.clock.moment = MORNING_OF_THE_20TH
    await scene.plan(turns=3)
    scene.clock.moment = MORNING_OF_THE_20TH + timedelta(hours=12)
    begun = len(await scene.queued())
    assert 0 < begun < 40
    await scene.plan(turns=5)
    assert len(await scene.queued()) == begun
    scene.clock.moment = MORNING_OF_THE_20TH + timedelta(days=1)
    scene.rules = replace(scene.rules, spread=timedelta(0))
    await scene.plan(turns=5)
    rows = await scene.queued()
    assert len({row.external_id for row in rows}) == len(rows) == 40
    night = Hours(time(9), time(21))
    for row in rows:
        day = row.due_at.astimezone(KHABAROVSK.timezone).date()
        assert night.on(KHABAROVSK, day).begins <= row.due_at <= row.expires_at == night.on(KHABAROVSK, day).ends


async def test_round_whose_time_has_passed_is_closed_not_sent_late(scene: Scene) -> None:
    """The service was down on the evening of the last day: the day after, the rest is not told that it is today."""
    await scene.put(tower(40))
    scene.rules = replace(scene.rules, spread=timedelta(hours=8), kinds=(Kind.LAST_DAY,))
    await scene.plan(turns=3)
    begun = len(await scene.queued())
    scene.clock.moment = MORNING_OF_THE_26TH
    await scene.plan(turns=3)
    assert 0 < begun < 40
    assert len(await scene.queued()) == begun
    assert await scene.states() == {LAST_DAY.key: "passed"}


async def test_round_of_a_branch_that_is_gone_is_closed(scene: Scene) -> None:
    """The operator took it out of the configuration."""
    await scene.put(lambda connection: begin(connection, LAST_DAY, scene.clock.moment))
    scene.rules = rules(AMUR)
    await scene.plan(turns=1)
    assert await scene.states() == {LAST_DAY.key: "passed"}


async def test_submitted_meanwhile_is_not_reminded(scene: Scene) -> None:
    """Accounts are looked at shortly before they are reminded: who submits at ten is not told so at noon."""
    await scene.put(tower(400))
    scene.rules = replace(scene.rules, spread=timedelta(hours=8))
    await scene.plan(turns=5)
    early = len(await scene.queued())
    assert early < 40
    await scene.put(*(submitted(f"40{n:08}") for n in range(380, 400)))
    scene.rules = replace(scene.rules, spread=timedelta(0))
    await scene.plan(turns=5)
    assert len(await scene.queued()) == 380


async def test_messages_are_spread_and_keep_each_channels_rate(scene: Scene) -> None:
    """Two channels at a time, each at its own pace, and none due later than the planner looks ahead."""
    await scene.put(tower(600, "telegram", "vk"))
    await scene.plan(turns=3)
    rows = await scene.queued()
    assert len(rows) == 600
    for channel, interval in (("telegram", timedelta(seconds=1 / 15)), ("vk", timedelta(seconds=1 / 10))):
        places = [row.due_at for row in rows if row.channel == channel]
        assert len(places) == 300
        assert min(later - earlier for earlier, later in pairwise(places)) >= interval


class Refusing:
    """A database that refuses some of its writes after they were made: what a crash before the commit leaves."""

    def __init__(self, inner: Database, every: int) -> None:
        self.inner, self.every, self.writes = inner, every, 0

    async def write(self, job: Any) -> Any:
        self.writes += 1
        if self.writes % self.every:
            return await self.inner.write(job)

        def doomed(connection: Connection) -> None:
            job(connection)
            raise Unavailable("the power went")

        return await self.inner.write(doomed)

    async def read(self, job: Any) -> Any:
        return await self.inner.read(job)

    async def close(self) -> None:
        """The other one is closed by its fixture."""


async def test_crashes_while_planning_lose_and_repeat_nothing(database: Database, clock: FixedClock) -> None:
    """Every second write is rolled back and the planner begins anew: all the same each address has one message."""
    scene = Scene(database, clock)
    await scene.put(tower(300, sharing=2))
    scene.rules = replace(scene.rules, spread=timedelta(minutes=4))
    scene.database = Refusing(database, every=2)
    crashes = 0
    while await scene.states() != {LAST_DAY.key: "done"}:
        try:
            await scene.plan(turns=1)
        except Unavailable:
            crashes += 1
        assert crashes < 200
    assert crashes > 5
    assert await scene.told() == sorted(("telegram", f"t{n}") for n in range(150))
    (found,) = await database.read(lambda connection: campaigns(connection, [LAST_DAY.key]))
    assert (found.queued, found.skipped) == (150, 150)


async def test_two_planners_do_not_do_the_same(scene: Scene) -> None:
    """A second process over the same database: each chunk is queued by one of them."""
    await scene.put(tower(60))
    scene.rules = replace(scene.rules, spread=timedelta(minutes=4))
    planners = [Planner(scene.database, scene.rules, scene.clock) for _ in range(2)]
    while await scene.states() != {LAST_DAY.key: "done"}:
        for planner in planners:
            await planner.plan()
        scene.clock.advance(seconds=20)
    assert len(await scene.told()) == 60


async def test_stopped_round_takes_back_what_waits_and_goes_on_when_told(scene: Scene) -> None:
    """The operator changed his mind, twice; what was taken back stays so, and nobody is told twice."""
    await scene.put(tower(80))
    scene.rules = replace(scene.rules, spread=timedelta(minutes=4))
    await scene.plan(turns=2)
    now = scene.clock.moment
    assert await scene.database.write(lambda connection: finish(connection, LAST_DAY.key, Progress.STOPPED, now))
    taken_back = await scene.database.write(lambda connection: cancel(connection, LAST_DAY.key))
    await scene.plan(turns=2)
    assert len(await scene.queued()) == taken_back > 0
    assert await scene.database.write(lambda connection: begin(connection, LAST_DAY, now))
    assert not await scene.database.write(lambda connection: begin(connection, LAST_DAY, now))
    await scene.plan(turns=30)
    rows = await scene.queued()
    assert len({row.external_id for row in rows}) == len(rows) == 80
    assert sum(row.state == "expired" for row in rows) == taken_back


async def test_chunk_costs_the_same_however_large(scene: Scene) -> None:
    """A fixed number of statements for one account or two hundred."""
    await scene.put(tower(201))
    await scene.put(lambda connection: begin(connection, LAST_DAY, scene.clock.moment))
    sizes = []
    for minutes in (67, 0):
        planner = Planner(scene.database, replace(rules(sms=True), spread=timedelta(minutes=minutes)), scene.clock)
        with counted(scene.database) as statements:
            await planner.plan()
        inserts = [statement for statement in statements if "INSERT INTO reminder" in statement]
        selects = [statement for statement in statements if "FROM meter" in statement]
        sizes.append((len(inserts), len(selects), len([s for s in statements if "FROM account" in s])))
    assert sizes[0][0] == 1
    assert sizes[1][1] <= 3
    rows = await scene.database.read(lambda connection: connection.execute(select(reminder)).all())
    assert Address("telegram", "t0") in {Address(row.channel, row.external_id) for row in rows}


async def test_planner_waits_for_a_database_that_is_down(scene: Scene) -> None:
    """It tries again at the next turn and says so in the log; cancelling ends it."""

    class Down:
        async def read(self, job: Any) -> Any:
            raise Unavailable("down")

        write = read

        async def close(self) -> None:
            """Nothing to close."""

    turns = 0

    class Stop(Exception):
        """Enough."""

    async def sleep(seconds: float) -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            raise Stop

    planner = Planner(
        Down(), Rules(branches={"khb": KHABAROVSK}, texts=scene.rules.texts, routes={}), scene.clock, sleep=sleep
    )
    with pytest.raises(Stop):
        await planner.run()
