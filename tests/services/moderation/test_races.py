import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, update

from core.services.moderation import AlreadyDecided, Outcome
from core.storage import cases, tables
from core.storage.cases import Action, CaseTaken, Changes, Message, Picture
from core.storage.database import Database, connect
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Database]:
    """The same database, opened by another process so to speak."""
    database = connect(database_url)
    yield database
    await database.close()


async def test_two_moderators(scene: Scene, elsewhere: Database) -> None:
    """Of two moderators who decide the same cases at once, one wins each; the other learns who."""
    here, there = scene.moderation(), scene.moderation(elsewhere)
    refs = [await scene.case(await scene.reading(period=202600 + month)) for month in range(1, 13)]
    decisions = [here.approve(ref, IRINA) for ref in refs] + [there.reject(ref, "проверьте", OLEG) for ref in refs]
    results = await asyncio.gather(*decisions, return_exceptions=True)
    won = [result for result in results if isinstance(result, Outcome)]
    lost = [result for result in results if isinstance(result, AlreadyDecided)]
    assert (len(won), len(lost)) == (len(refs), len(refs))
    assert sorted(outcome.case.reference for outcome in won) == sorted(refs)
    assert len(await scene.messages()) == len(await scene.actions()) == len(refs)
    statuses = {row["id"]: row["status"] for row in await scene.rows(tables.reading)}
    expected = {"approved": "accepted", "rejected": "rejected"}
    for row in await scene.rows(tables.case):
        assert statuses[row["reading_id"]] == expected[row["decision"]]


async def test_impatient_moderator(scene: Scene, elsewhere: Database) -> None:
    """The same decision sent many times at once is taken once, and every copy gets the same answer."""
    ref = await scene.case(await scene.reading())
    services = [scene.moderation(), scene.moderation(elsewhere)] * 5
    outcomes = await asyncio.gather(*(service.approve(ref, IRINA) for service in services))
    assert sum(not outcome.repeated for outcome in outcomes) == 1
    assert len({outcome.text for outcome in outcomes}) == 1
    assert len(await scene.messages()) == 1


def _decide(connection: Connection, statement: Any, seen: Picture) -> tuple[None, Changes]:
    """Somebody else commits while we think; then we decide."""
    connection.execute(statement)
    action = Action(id=1, case_id=seen.case.id, at=NOW, moderator=IRINA, action="approved")
    message = Message(id=2, to=seen.case.address, text="accepted", due_at=NOW)
    return None, Changes(action=action, decision="approved", reading=seen.reading, message=message)


@pytest.mark.parametrize(
    "meanwhile",
    [update(tables.case).values(state="closed"), update(tables.reading).values(status="withdrawn")],
    ids=["case", "reading"],
)
async def test_taken_meanwhile(scene: Scene, meanwhile: Any) -> None:
    """Whatever lets another writer in between, the conditions in the statements refuse the second decision whole."""
    ref = await scene.case(await scene.reading())

    def job(connection: Connection) -> None:
        cases.settle(connection, cases.find(connection, ref).id, partial(_decide, connection, meanwhile), NOW)

    with pytest.raises(CaseTaken):
        await scene.database.write(job)
    assert (await scene.row(tables.case))["state"] == "open"
    assert await scene.messages() == []
    assert await scene.actions() == []


async def test_taken_once(scene: Scene) -> None:
    """A decision that was overtaken is taken anew, on what is there then."""

    class Overtaken:
        """A database on which the first write loses a race."""

        def __init__(self) -> None:
            self.writes = 0

        async def write(self, job: Any) -> Any:
            self.writes += 1
            if self.writes == 1:
                raise CaseTaken
            return await scene.database.write(job)

        async def read(self, job: Any) -> Any:
            return await scene.database.read(job)

        async def close(self) -> None:
            """Nothing to close."""

    database = Overtaken()
    outcome = await scene.moderation(database).approve(await scene.case(await scene.reading()), IRINA)
    assert (outcome.action, database.writes) == ("approved", 2)
