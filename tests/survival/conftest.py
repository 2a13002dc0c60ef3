import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from core.storage import database as databases
from core.storage.database import Database
from tests import world
from tests.conftest import FixedClock
from tests.survival.outages import Outage, outage_of
from tests.survival.vendors import VENDORS, Vendor
from tests.survival.world import Place, Running, Time


@pytest.fixture(autouse=True)
async def logs() -> AsyncIterator[list[EventDict]]:
    """What was logged, instead of printing it."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def time(clock: FixedClock) -> Time:
    return Time(clock, asyncio.get_running_loop())


@pytest.fixture
async def vendors(clock: FixedClock, time: Time) -> AsyncIterator[dict[str, Vendor]]:
    """All messengers, each on a port of its own."""
    made = {name: build(clock, time.pause) for name, build in VENDORS.items()}
    for vendor in made.values():
        await vendor.emulator.start()
    yield made
    for vendor in made.values():
        await vendor.emulator.stop()


@pytest.fixture(params=list(VENDORS))
def vendor(request: pytest.FixtureRequest, vendors: dict[str, Vendor]) -> Vendor:
    """Each messenger in its turn."""
    return vendors[request.param]


@pytest.fixture
async def place(database: Database, database_url: str, tmp_path: Path, time: Time) -> Place:
    """Each kind of database, with one account."""
    await database.write(world.fill([world.ACCOUNTS["one"]]))
    return Place(folder=tmp_path, database=database, url=database_url, clock=time.clock)


@pytest.fixture
async def running(vendor: Vendor, place: Place) -> AsyncIterator[Running]:
    """The service with this one messenger, which calls us."""
    async with place.serving({vendor: {}}) as running:
        yield running


@pytest.fixture
def outage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Outage:
    """What makes a block in which the database does not work, and nobody waits long for it."""
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 100)
    return outage_of(database_url)
