"""An office with one account, where a second factor is a matter of choice, or a must."""

import pytest

from core.services.staff import Lasting
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.services.staff.desk import Office


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    office = Office(database, clock)
    await office.hire()
    return office


@pytest.fixture
async def strict(database: Database, clock: FixedClock) -> Office:
    """A second factor is a must."""
    office = Office(database, clock, Lasting())
    await office.hire()
    return office
