import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from bot.cli import meterline
from bot.cli.context import App
from core.storage.database import connect
from tests.bot.cli.queue.scene import populate
from tests.conftest import FixedClock
from tests.services.moderation.scene import Scene


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    """A configuration over a fresh database of each kind."""
    file = tmp_path / "meterline.toml"
    file.write_text(
        f"""
        [database]
        url = "{database_url}"
        [channels.sms]
        enabled = true
        own_numbers = ["+79990001122"]
        gateway = "generic"
        [channels.sms.generic]
        secret = "a-secret-of-the-generic-gateway"
        send_url = "http://127.0.0.1:9/"
        [[branch]]
        code = "khb"
        name = "Хабаровское отделение"
        timezone = "Asia/Vladivostok"
        [[branch]]
        code = "amur"
        name = "Амурское отделение"
        timezone = "Asia/Yakutsk"
        """,
        encoding="utf-8",
    )
    file.chmod(0o600)
    return file


class Desktop:
    """A moderator's terminal of 80 columns, and the rows behind it."""

    def __init__(self, url: str, config: Path, clock: FixedClock) -> None:
        self.url, self.config, self.clock = url, config, clock

    def __call__(self, *args: str, code: int = 0, env: dict[str, str] | None = None) -> Result:
        app = App(clock=self.clock)
        result = CliRunner(env=env).invoke(meterline, ["queue", *args, "--config", str(self.config)], obj=app)
        assert result.exit_code == code, result.output
        assert all(cell_len(line) <= 80 for line in result.stdout.splitlines() if "--json" not in args)
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self(*args, "--json", code=code).stdout)

    def with_scene(self, work: Callable[[Scene], Awaitable[Any]]) -> Any:
        """Do something in the database, in an event loop of its own as each command has."""

        async def main() -> Any:
            database = connect(self.url)
            try:
                return await work(Scene(database, self.clock))
            finally:
                await database.close()

        return asyncio.run(main())

    def refs(self) -> dict[str, str]:
        """The references of the open cases by kind."""
        return {row["kind"]: row["reference"] for row in self.json("list")}


@pytest.fixture
def queue(database_url: str, config: Path, clock: FixedClock) -> Desktop:
    """A terminal over a queue of every kind."""
    desktop = Desktop(database_url, config, clock)
    desktop.with_scene(lambda scene: populate(scene.database, clock))
    return desktop


@pytest.fixture
def empty(database_url: str, config: Path, clock: FixedClock) -> Desktop:
    """A terminal over an empty queue."""
    return Desktop(database_url, config, clock)
