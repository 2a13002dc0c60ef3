import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from bot.cli import meterline
from bot.cli.context import App
from tests.bot.cli.queue.conftest import Desktop
from tests.conftest import FixedClock
from tests.services.moderation.scene import IRINA, Scene


class Clerk:
    """Somebody with slips of paper."""

    def __init__(self, config: Path, clock: FixedClock) -> None:
        self.config, self.clock = config, clock

    def __call__(self, *args: str, lines: str = "", code: int = 0) -> Result:
        command = ["enter", *args, "--as", IRINA, "--config", str(self.config)]
        result = CliRunner().invoke(meterline, command, obj=App(clock=self.clock), input=lines)
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def enter(database_url: str, config: Path, clock: FixedClock) -> Clerk:
    """A clerk, and an account with a two-zone meter."""
    Desktop(database_url, config, clock).with_scene(Scene.with_meter)
    return Clerk(config, clock)


SLIPS = """# from the box at the market
1234567890 12345678 5778 2542
1234567890 - 5778 2542

1234567890 12345678 8900 2542
1234567890 12345678 8900 2542 !
1234567890 12345678 5000 2542
404404 1 2
nonsense
"""


def test_one(enter: Clerk) -> None:
    """One reading on the command line, with the consumption to read back over the telephone."""
    assert "stored    1234567890 12345678 5778 / 2542, 553 kWh" in enter("1234567890", "-", "5778", "2542").stdout
    assert "few_values" in enter("1234567890", "-", "5778", code=1).stdout
    assert "whole values" in enter("1234567890", code=2).stderr


def test_lines(enter: Clerk) -> None:
    """Each line of a batch has its own clear result, and one that is refused stops no other."""
    output = enter("--source", "paper", "--json", lines=SLIPS, code=1).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    assert [(row["result"], row.get("code")) for row in rows] == [
        ("stored", "accepted"),
        ("on file", "duplicate"),
        ("doubtful", "too_large"),
        ("stored", "accepted"),
        ("refused", "less_than_previous"),
        ("refused", "account_not_found"),
        ("refused", None),
    ]
    assert "whole values" in rows[6]["error"]


def test_lines_for_people(enter: Clerk) -> None:
    """The same as lines of 80 columns, with what to do about a doubt."""
    lines = enter(lines=SLIPS, code=1).stdout.splitlines()
    assert len(lines) == 7
    assert all(cell_len(line) <= 80 for line in lines)
    assert lines[2].split()[:4] == ["3", "doubtful", "1234567890", "12345678"]
    assert lines[2].endswith("too_large; add !")
