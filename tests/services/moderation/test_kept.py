from datetime import timedelta

from core.domain.retention import Periods
from core.services.moderation import Approve, Bulks, Moderation
from core.services.retention import Retention
from core.storage import tables
from tests.services.moderation.scene import IRINA, Scene


async def test_audit_log_lasts_for_three_years(scene: Scene, moderation: Moderation) -> None:
    """Nothing but age drops a line of the audit log; what a bulk decision could be undone by goes much earlier."""
    ref = await scene.case(await scene.reading())
    await Bulks(scene.database, moderation, scene.clock).apply([ref], Approve(moderator=IRINA))
    periods = Periods()
    retention = Retention(scene.database, scene.clock, periods)
    began = scene.clock.now()
    scene.clock.moment = began + periods.words + timedelta(seconds=1)
    await retention.work()
    assert await scene.rows(tables.bulk) == []
    assert [item.what for item in await moderation.audit()] == ["approved"]
    scene.clock.moment = began + periods.readings - timedelta(seconds=1)
    await retention.work()
    assert len(await moderation.audit()) == 1
    scene.clock.moment = began + periods.readings + timedelta(seconds=1)
    await retention.work()
    assert await moderation.audit() == []
