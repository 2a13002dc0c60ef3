import pytest

from core.services.moderation import Moderation
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.moderation.scene import Scene


@pytest.fixture
async def scene(database: Database, clock: FixedClock) -> Scene:
    """A scene with an account and its meter, on each database."""
    return await Scene(database, clock).with_meter()


@pytest.fixture
def moderation(scene: Scene) -> Moderation:
    """The service over the scene."""
    return scene.moderation()
