"""The dialogue, from the vendors' hooks to their apps: the same journeys on all channels and both databases."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.typing import EventDict

from tests.journeys.script import CHANNELS, Journey, journeys
from tests.journeys.stage import Stage
from tests.journeys.telling import play
from tests.postgres import PostgresServer

ALL = list(journeys())


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgres"])
async def stages(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    postgres_server: PostgresServer,
    postgres_template: str,
) -> AsyncIterator[list[Stage]]:
    """The service on a database of each kind: one that may say everything, and one on restricted channels."""
    stages = []
    for restricted in (False, True):
        if request.param == "sqlite":
            path = tmp_path_factory.mktemp("dialogues") / "meterline.db"
            shutil.copy(sqlite_template, path)
            url = f"sqlite:///{path}"
        else:
            url = postgres_server.create(f"dialogues_{restricted}".lower(), postgres_template)
        stages.append(Stage(url, restricted=restricted))
        await stages[-1].open()
    yield stages
    for stage in stages:
        await stage.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("journey", [pytest.param(journey, id=name) for name, journey in ALL])
async def test_journey(journey: Journey, stages: list[Stage], logs: list[EventDict]) -> None:
    """Whoever does what the file says is answered as it says, whatever he holds in his hands."""
    await play(journey, stages[journey.restricted], *journey.channels)
    assert not [entry for entry in logs if entry["log_level"] in {"error", "critical"}]


def test_journeys_have_names_of_their_own() -> None:
    """A name says which conversation failed; there are enough of them, and most can be on every channel."""
    names = [name for name, _ in ALL]
    assert len(names) == len(set(names)) >= 40
    assert len([journey for _, journey in ALL if journey.channels == CHANNELS]) >= 40
