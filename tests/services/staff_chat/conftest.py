from collections.abc import AsyncIterator

import pytest

from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.staff_chat.stage import InTelegram, InVk, Stage


@pytest.fixture(params=[InTelegram, InVk], ids=["telegram", "vk"])
async def stage(request: pytest.FixtureRequest, database: Database, clock: FixedClock) -> AsyncIterator[Stage]:
    """A group in each messenger, over each database, and an account with its meter."""
    stage = Stage(database, clock, request.param(clock))
    await stage.start()
    await stage.scene.with_meter()
    yield stage
    await stage.stop()


@pytest.fixture
async def telegram(database: Database, clock: FixedClock) -> AsyncIterator[Stage]:
    """A group in Telegram only."""
    stage = Stage(database, clock, InTelegram(clock))
    await stage.start()
    yield stage
    await stage.stop()
