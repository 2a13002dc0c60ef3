import pytest

from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.moderation.scenarios import SCENARIOS, by_service, check_rows, check_step, lay_out
from tests.services.moderation.scene import Scene


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_scenario(database: Database, clock: FixedClock, name: str) -> None:
    """Through the service, each scenario of the table comes to the rows of the table."""
    scene = Scene(database, clock)
    refs = await lay_out(scene)
    run = by_service(scene.moderation())
    for step in SCENARIOS[name]["steps"]:
        check_step(step, await run(step, refs))
    await check_rows(scene, SCENARIOS[name], refs)
