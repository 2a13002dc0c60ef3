"""Questions that nobody answered."""

from datetime import timedelta

from sqlalchemy import select

from core.services.desk.desk import Desk
from core.storage.database import Database
from core.storage.tables import case
from tests.conftest import FixedClock
from tests.world import arrivals, fill, rules, text


async def test_unanswered_question_becomes_a_case_with_its_text(database: Database, clock: FixedClock) -> None:
    """After the time to answer, a moderator gets the reading and what was typed; once."""
    meter = {"serial": "31002201", "t1": 5000}
    await database.write(fill([{"number": "2701001101", "meters": [meter]}]))
    desk = Desk(database, rules(), clock)
    typed = "2701001101 31002201 7500"
    await desk.handle(arrivals([text(typed)], clock.now()))
    assert await desk.sweep() == 0
    clock.moment += timedelta(hours=25)
    assert (await desk.sweep(), await desk.sweep()) == (1, 0)
    (row,) = await database.read(lambda connection: connection.execute(select(case.c.kind, case.c.text)).all())
    assert tuple(row) == ("unconfirmed", typed)
