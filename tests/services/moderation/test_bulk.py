from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.domain.keys import reference
from core.services.moderation import Approve, Bulks, Close, Moderation, Refused, Reject
from core.services.moderation.bulk import HOLD
from core.storage import outbox, tables
from core.storage.cases import Filters
from core.storage.database import Unavailable
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene
from tests.storage.statements import counted

APPROVE = Approve(moderator=IRINA)
WINDOW = timedelta(seconds=60)


class Stopwatch:
    """Moves on by so much each time it is looked at."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


async def _no_sleep(_seconds: float) -> None:
    """Go on at once."""


@pytest.fixture
def bulks(scene: Scene, moderation: Moderation) -> Bulks:
    """Bulk decisions that wait for nobody between their writes."""
    return Bulks(scene.database, moderation, scene.clock, sleep=_no_sleep)


async def _everything(scene: Scene) -> dict[str, Any]:
    """All rows that a decision may change; versions and logs tell what happened, and stay."""
    kept = {table.name: await scene.rows(table) for table in (tables.case, tables.reading, tables.outbox)}
    for row in kept["moderation_case"]:
        del row["version"]
    return kept


async def _street(scene: Scene) -> list[str]:
    """Three readings that can be approved, an older one that goes with its successor, and a case without a reading."""
    refs = [await scene.case(await scene.reading(period=202601 + month)) for month in range(3)]
    refs.append(await scene.case(await scene.reading((5700, 2500), period=202601, ago=timedelta(hours=9))))
    return [*refs, await scene.case(kind="hand_over")]


async def test_preview(scene: Scene, bulks: Bulks) -> None:
    """A preview says how many would be decided, what each subscriber would read, and why the others not."""
    refs = await _street(scene)
    before = await _everything(scene)
    forecast = await bulks.preview(refs, APPROVE)
    assert len(forecast.decided) == 4
    assert [(case.reference, str(why)[:35]) for case, why in forecast.refused] == [
        (refs[4], "there is no reading to approve; `re")
    ]
    assert all(outcome.text for outcome in forecast.decided)
    assert await _everything(scene) == before


async def test_apply_and_undo(scene: Scene, bulks: Bulks, moderation: Moderation) -> None:
    """Messages wait until the time to undo is over; undone, everything is as it was, and the history says so."""
    refs = await _street(scene)
    before = await _everything(scene)
    made, forecast = await bulks.apply(Filters(), APPROVE)
    assert (len(forecast.decided), len(forecast.refused)) == (3, 2)
    assert [row["due_at"] for row in await scene.rows(tables.outbox)] == [NOW + WINDOW] * 3
    assert [(item.id, item.who, item.decided) for item in await bulks.recent()] == [(made.id, IRINA, 3)]
    scene.clock.advance(seconds=59)
    with pytest.raises(Refused, match="irina has decided that"):
        await bulks.undo(OLEG, override=False, ref=reference(made.id))
    undone = await bulks.undo(IRINA)
    assert (len(undone.cases), undone.kept) == (4, ())
    assert await _everything(scene) == before
    assert [item.action for item in (await moderation.picture(refs[1])).actions] == ["approved", "undone"]
    with pytest.raises(Refused, match="nothing can be undone any more"):
        await bulks.undo(IRINA)
    assert {item.what for item in await moderation.audit(refs[0])} == {"approved", "undone"}


async def test_too_late(scene: Scene, bulks: Bulks) -> None:
    """When the messages may go out, nothing is undone: neither they nor the decisions."""
    await _street(scene)
    await bulks.apply(Filters(), APPROVE)
    decided = await _everything(scene)
    scene.clock.advance(seconds=60)
    with pytest.raises(Refused, match="messages have gone out"):
        await bulks.undo(IRINA)
    assert await _everything(scene) == decided
    claimed = await scene.database.write(lambda connection: outbox.claim(connection, "sms", 10, scene.clock.now()))
    assert len(claimed) == 3


async def test_moved_on(scene: Scene, bulks: Bulks) -> None:
    """A case whose reading billing has taken meanwhile stays decided, and is named."""
    reading = await scene.reading(period=202601)
    ref = await scene.case(reading)
    other = await scene.case(await scene.reading(period=202602))
    await bulks.apply([ref, other], APPROVE)
    exported = update(tables.reading).where(tables.reading.c.id == reading).values(status="exported")
    await scene.database.write(lambda connection: connection.execute(exported))
    undone = await bulks.undo(IRINA)
    assert (len(undone.cases), len(undone.kept)) == (1, 1)
    states = {row["reading_id"]: row["state"] for row in await scene.rows(tables.case)}
    assert states.pop(reading) == "closed"
    assert set(states.values()) == {"open"}
    assert len(await scene.messages()) == 1


async def test_crash(scene: Scene, moderation: Moderation) -> None:
    """Cut off between two writes, what was decided can be undone by whoever comes back, and the rest is untouched."""
    refs = await _street(scene)
    before = await _everything(scene)

    class Cut:
        """A database that is gone at the fourth write: the note of the beginning, and two cases, are through."""

        def __init__(self) -> None:
            self.writes = 0

        async def write(self, job: Any) -> Any:
            self.writes += 1
            if self.writes > 3:
                raise Unavailable("gone")
            return await scene.database.write(job)

        async def read(self, job: Any) -> Any:
            return await scene.database.read(job)

        async def close(self) -> None:
            """Nothing to close."""

    cut = Bulks(Cut(), moderation, scene.clock, stopwatch=Stopwatch(HOLD), sleep=_no_sleep)
    with pytest.raises(Unavailable):
        await cut.apply(refs[:3], APPROVE)
    assert len(await scene.messages()) == 2
    await Bulks(scene.database, scene.moderation(), scene.clock).undo(IRINA)
    assert await _everything(scene) == before


async def test_late_turn(scene: Scene, moderation: Moderation) -> None:
    """A case whose turn comes when the others' messages go out is not decided: it could not be undone with them."""
    refs = await _street(scene)

    async def minute(_seconds: float) -> None:
        scene.clock.advance(seconds=60)

    slow = Bulks(scene.database, moderation, scene.clock, stopwatch=Stopwatch(HOLD), sleep=minute)
    _, forecast = await slow.apply(refs[:3], Reject(moderator=IRINA, code="digits"))
    assert len(forecast.decided) == 1
    assert [str(why)[:8] for _, why in forecast.refused] == ["its turn", "its turn"]
    assert len(await scene.messages()) == 1


async def test_short_writes(scene: Scene, moderation: Moderation) -> None:
    """A write takes one case more until its time is over, so it is short however many are selected."""
    for _ in range(10):
        await scene.case(kind="hand_over")
    sizes: list[int] = []
    bulks = Bulks(scene.database, moderation, scene.clock, stopwatch=Stopwatch(HOLD / 3.5), sleep=_no_sleep)
    await bulks.apply(Filters(), Close(moderator=IRINA), sizes.append)
    assert sizes == [4, 4, 2]


async def test_undo_is_a_few_statements(scene: Scene, bulks: Bulks) -> None:
    """However many cases a bulk decision has, taking it back is the same number of statements."""

    async def statements(cases: int) -> int:
        for number in range(cases):
            await scene.case(await scene.reading(period=202500 + number % 12 + 1, ago=timedelta(hours=99 - number)))
        await bulks.apply(Filters(), APPROVE)
        with counted(scene.database) as seen:
            await bulks.undo(IRINA)
        return len(seen)

    few = await statements(2)
    assert await statements(9) == few


async def test_too_many(scene: Scene, bulks: Bulks, monkeypatch: pytest.MonkeyPatch) -> None:
    """More cases than can be taken back in one write are refused before anything is decided."""
    monkeypatch.setattr("core.services.moderation.bulk.MOST", 2)
    refs = await _street(scene)
    with pytest.raises(Refused, match="more than 2 cases"):
        await bulks.apply(refs, APPROVE)
    with pytest.raises(Refused, match="has decided nothing in bulk"):
        await bulks.undo(OLEG)
    with pytest.raises(Refused, match="no bulk decision 'ZZZZZ'"):
        await bulks.undo(IRINA, "ZZZZZ")
