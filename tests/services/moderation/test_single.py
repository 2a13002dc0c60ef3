"""One decision that can be undone as many are, and a case's neighbours in the list, on each database."""

from datetime import timedelta

import pytest

from core.services.moderation import AlreadyDecided, Approve, Bulks, Moderation, Moved
from core.storage import tables
from core.storage.cases import Filters
from tests.services.moderation.scene import IRINA, NOW, OLEG, Scene


async def test_decided_and_undone(scene: Scene, moderation: Moderation) -> None:
    """Its message waits for a minute; until then case, reading and message are taken back."""
    bulks = Bulks(scene.database, moderation, scene.clock)
    ref = await scene.case(await scene.reading())
    made, outcome = await bulks.decide(ref, Approve(moderator=IRINA), version=0)
    (message,) = await scene.rows(tables.outbox)
    assert (outcome.action, message["due_at"] - scene.clock.now()) == ("approved", timedelta(minutes=1))
    assert made is not None
    await bulks.undo(IRINA)
    seen = await moderation.picture(ref)
    assert (seen.case.state, seen.reading and seen.reading.status.value) == ("open", "in_review")
    assert await scene.messages() == []


async def test_again_and_refused_leave_nothing(scene: Scene, moderation: Moderation) -> None:
    """The same again, a colleague's and a stale one write nothing down, not even a decision to undo."""
    bulks = Bulks(scene.database, moderation, scene.clock)
    ref, other = await scene.case(await scene.reading()), await scene.case(kind="operator")
    await bulks.decide(ref, Approve(moderator=IRINA))
    made, outcome = await bulks.decide(ref, Approve(moderator=IRINA))
    assert (made, outcome.repeated) == (None, True)
    with pytest.raises(AlreadyDecided):
        await bulks.decide(ref, Approve(moderator=OLEG))
    with pytest.raises(Moved):
        await bulks.decide(other, Approve(moderator=OLEG), version=7)
    assert len(await scene.rows(tables.bulk)) == 1
    assert len(await scene.messages()) == 1


async def test_neighbours(scene: Scene, moderation: Moderation) -> None:
    """In the order of urgency, among the branches that somebody sees; none at the ends."""
    for minutes, branch in ((9, "khb"), (6, "amur"), (3, "khb")):
        opened = NOW - timedelta(minutes=minutes)
        await scene.case(kind="operator", branch=branch, opened_at=opened, due_at=opened + timedelta(hours=2))
    first, second, third = [entry.case for entry in await moderation.page(Filters(), 9)]
    assert await moderation.neighbours(second, Filters()) == (first, third)
    assert await moderation.neighbours(first, Filters(branches=frozenset({"khb"}))) == (None, third)
    assert await moderation.neighbours(third, Filters(branches=frozenset({"khb"}))) == (first, None)
