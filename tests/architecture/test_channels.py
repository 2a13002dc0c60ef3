import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANNELS = sorted(
    path.name for path in (ROOT / "channels").iterdir() if (path / "__init__.py").exists() and path.name != "toolkit"
)


@pytest.mark.parametrize("name", CHANNELS)
def test_channel_is_complete(name: str) -> None:
    """Each channel has its conformance suite, its page and its row in the table of features."""
    suite = ROOT / "tests/channels" / name / "test_conformance.py"
    page = ROOT / "docs/channels" / f"{name}.md"
    with (ROOT / "docs/channels/features.csv").open(encoding="utf-8", newline="") as file:
        rows = [row["channel"] for row in csv.DictReader(file)]
    assert suite.is_file(), f"write {suite.relative_to(ROOT)}: subclass tests.conformance.channel.ChannelConformance"
    assert "ChannelConformance" in suite.read_text("utf-8")
    assert page.is_file(), f"write {page.relative_to(ROOT)}"
    assert name in rows, "add a row to docs/channels/features.csv"


def test_no_row_without_a_channel() -> None:
    """The table of features has no row for what is not there."""
    with (ROOT / "docs/channels/features.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(row["channel"] for row in csv.DictReader(file)) == CHANNELS
