"""The stream of the queue: what browsers are told, how soon, who is told nothing, and how it ends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sqlalchemy import insert

from bot.web.staff import live, live_hub
from bot.web.staff.live_hub import HELD, Hub, Watcher
from core.domain.staff import Member, Role
from core.services.staff import Accounts
from core.storage.cases import Filters, News
from core.storage.database import Database, Unavailable
from core.storage.tables import case
from tests.bot.conftest import Running, sms
from tests.bot.web.staff.cases import come, desk, doubtful, scene_of, several
from tests.bot.web.staff.conftest import Reception, Visit
from tests.conftest import FixedClock
from tests.services.moderation.scene import Scene

SOON = 10.0
Told = tuple[str, dict[str, Any]]


class Stream:
    """A browser's end of it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self, *names: str) -> Told:
        """The next event of these names; of any, if none is given."""
        async with asyncio.timeout(SOON):
            while True:
                lines = (await self.answer.content.readuntil(b"\n\n")).decode().splitlines()
                parts = dict(line.split(": ", 1) for line in lines if line and line[0] != ":")
                if parts and (not names or parts["event"] in names):
                    return parts["event"], json.loads(parts["data"])

    async def ends(self) -> bool:
        async with asyncio.timeout(SOON):
            return not (await self.answer.content.read()) or self.answer.content.at_eof()


@asynccontextmanager
async def listening(visit: Visit, query: str = "") -> AsyncIterator[Stream]:
    async with visit.session.get(f"{visit.url}/staff/queue/stream{query}") as answer:
        assert (answer.status, answer.headers["X-Accel-Buffering"]) == (200, "no")
        stream = Stream(answer)
        assert (await stream.next())[0] == "ready"
        yield stream


async def test_a_case_s_life(reception: Reception, running: Running) -> None:
    """A message by the hook, a claim, a release and a decision of another process: each is told soon."""
    scene = await scene_of(reception)
    moderation = desk(scene)
    async with listening(await come(reception)) as stream:
        begun = time.monotonic()
        assert await running.post(sms(1, "1234567890 12345678 99999 2542")) == 200
        _, opened = await stream.next("case")
        ref = opened["ref"]
        told = []
        for do in (
            lambda: moderation.claim(ref, "oleg"),
            lambda: moderation.release(ref, "oleg"),
            lambda: moderation.reject(ref, "no", "oleg"),
        ):
            await do()
            told.append((await stream.next("case"))[1])
        assert time.monotonic() - begun < 4 * 2
    assert opened["what"] == "opened"
    assert (opened["kind"], opened["branch"], opened["channel"]) == ("physical_limit", "khb", "sms")
    assert [(one["what"], one["who"], one["ref"]) for one in told] == [
        ("claimed", "oleg", ref),
        ("released", "oleg", ref),
        ("rejected", "oleg", ref),
    ]
    assert told[-1]["version"] > opened["version"]
    assert "1234567890" not in json.dumps([opened, *told])


async def test_counts_come_with_the_news(reception: Reception) -> None:
    """By kind and age, at once."""
    scene = await scene_of(reception)
    async with listening(await come(reception)) as stream:
        _, first = await stream.next("counts")
        await several(scene, 2)
        _, then = await stream.next("counts")
        while then["total"] < 2:
            _, then = await stream.next("counts")
    assert (first["total"], then["kinds"], then["day"]) == (0, {"hand_over": [2, 0]}, 2)


async def test_one_case_only(reception: Reception) -> None:
    """`?case=` tells first how it stands, then of that case alone, and never counts."""
    scene = await scene_of(reception)
    ref = await doubtful(scene)
    await desk(scene).claim(ref, "oleg")
    visit = await come(reception)
    async with visit.session.get(f"{visit.url}/staff/queue/stream?case={ref}") as answer:
        stream = Stream(answer)
        _, state = await stream.next("ready")
        await several(scene, 2)
        await desk(scene).release(ref, "oleg")
        name, told = await stream.next()
    assert (state["ref"], state["state"], state["who"]) == (ref, "open", "oleg")
    assert (name, told["ref"], told["what"]) == ("case", ref, "released")


async def test_others_branches_are_not_told(reception: Reception) -> None:
    """Neither their cases nor their numbers; and a case of theirs cannot be followed."""
    scene = await scene_of(reception)
    theirs = await scene.case(kind="hand_over", branch="khb")
    visit = await come(reception, Role.MODERATOR, branches=json.dumps(["amur"]))
    assert (await visit.get(f"/staff/queue/stream?case={theirs}"))[0] == 404
    async with listening(visit) as stream:
        await scene.case(kind="hand_over", branch="khb")
        await scene.case(kind="hand_over", branch="")
        mine = await scene.case(kind="hand_over", branch="amur")
        _, told = await stream.next("case")
        _, counts = await stream.next("counts")
    assert (told["ref"], counts["total"]) == (mine, 1)


@pytest.mark.parametrize("how", ["idle", "signed out", "disabled", "other rights"])
async def test_end_of_a_session_ends_the_stream(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An open list keeps no session alive; and whoever is put out hears no more."""
    monkeypatch.setattr(live, "CHECK", 0.05)
    visit = await come(reception)
    async with listening(visit) as stream:
        accounts = Accounts(reception.sessions)
        match how:
            case "idle":
                reception.clock.advance(minutes=20)
                await asyncio.sleep(0.2)  # some looks, which must not count as being there
                reception.clock.advance(minutes=11)
            case "signed out":
                await visit.post("/staff/sign-out")
            case "disabled":
                await accounts.disable("irina")
            case _:
                await accounts.change("irina", role=Role.AUDITOR)
        name, told = await stream.next("over")
        assert (name, told) == ("over", {"why": "session"})
        assert await stream.ends()


async def test_stop_of_the_service_ends_streams_at_once(reception: Reception, running: Running) -> None:
    """Within a moment, and not when the time for connections is up."""
    async with listening(await come(reception)) as stream:
        begun = time.monotonic()
        await asyncio.gather(running.service.stop(), stream.ends())
        assert time.monotonic() - begun < running.service.stop_seconds * 0.1


async def test_nobody_listens_nobody_looks(reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The follower ends with its last browser, and begins anew with the next."""
    monkeypatch.setattr(live_hub, "LOOK", 0.02)
    hub = Hub(reception.database, reception.clock)
    for _ in range(2):
        watcher = Watcher(_member())
        await hub.join(watcher)
        task = hub._task
        hub.leave(watcher)
        assert task is not None
        async with asyncio.timeout(SOON):
            await task
        assert hub._task is None


async def test_too_much_at_once_is_told_as_one(reception: Reception) -> None:
    """Hundreds of cases in one moment are one word to each browser, which then asks for its list."""
    now = reception.clock.now()
    row = {"kind": "hand_over", "state": "open", "branch": "khb", "channel": "sms", "external_id": "", "opened_at": now}
    rows = [row | {"id": number} for number in range(1, HELD + 50)]
    async with listening(await come(reception)) as stream:
        await reception.database.write(lambda connection: connection.execute(insert(case), rows))
        assert await stream.next("case", "refresh") == ("refresh", {})


def test_a_browser_that_takes_nothing_fills_no_memory(news: list[News]) -> None:
    """Beyond `HELD` news it is told to look for itself."""
    watcher = Watcher(_member())
    for item in news:
        watcher.tell(item, "event: case\ndata: {}\n\n")
    assert len(watcher._news) <= HELD
    assert watcher.take().startswith("event: refresh")
    assert watcher.take() == ""


async def test_database_that_is_away_is_waited_for(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    """The follower goes on where it was when the database is back."""
    monkeypatch.setattr(live_hub, "LOOK", 0.02)
    scene = await scene_of(reception)
    real: Database = reception.database
    fails = iter([True] * 3)

    class Shaky:
        joined = False

        async def read(self, job: Any) -> Any:
            if self.joined and next(fails, False):
                raise Unavailable("away")
            self.joined = True
            return await real.read(job)

    hub, watcher = Hub(Shaky(), clock), Watcher(_member())  # type: ignore[arg-type] # all that it uses
    await hub.join(watcher)
    await several(scene, 1)
    async with asyncio.timeout(SOON):
        while '"what":"opened"' not in watcher.take():
            await watcher.wake.wait()
    await hub.end()
    assert watcher.over.is_set()


@pytest.fixture
async def news(reception: Reception) -> list[News]:
    scene: Scene = await scene_of(reception)
    await several(scene, HELD + 1)
    entries = await desk(scene).page(_all(), HELD + 1)
    return [News(at=entry.case.opened_at, entry=entry) for entry in entries]


def _member() -> Member:
    return Member(id=1, name="irina", display_name="Ирина", role=Role.MODERATOR)


def _all() -> Filters:
    return Filters()
