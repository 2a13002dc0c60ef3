import dataclasses
from pathlib import Path

import pytest

from bot.registry import CHANNELS as REGISTERED
from bot.settings import Channels
from channels.toolkit.scaffold import features
from core.domain.messages import Capabilities

ROOT = Path(__file__).parents[2]
CHANNELS = sorted(
    path.name for path in (ROOT / "channels").iterdir() if (path / "__init__.py").exists() and path.name != "toolkit"
)
VENDORLESS = frozenset({"console"})
"""Channels that nobody stands behind: they print, and have neither settings nor an emulator."""
PARTS = ("settings", "decode", "encode", "failures", "api", "adapter", "emulator")
TABLE = ROOT / "docs/channels/features.csv"


def rows() -> features.Rows:
    return features.read(TABLE.read_text("utf-8"))


@pytest.mark.parametrize("name", CHANNELS)
def test_channel_is_complete(name: str) -> None:
    """Each channel has its conformance suite, its page and its row in the table of features."""
    suite = ROOT / "tests/channels" / name / "test_conformance.py"
    page = ROOT / "docs/channels" / f"{name}.md"
    assert suite.is_file(), f"write {suite.relative_to(ROOT)}: subclass tests.conformance.channel.ChannelConformance"
    assert "ChannelConformance" in suite.read_text("utf-8")
    assert page.is_file(), f"write {page.relative_to(ROOT)}"
    assert name in [row["channel"] for row in rows()], "add a row to docs/channels/features.csv"


@pytest.mark.parametrize("name", sorted(set(CHANNELS) - VENDORLESS))
def test_channel_has_its_parts(name: str) -> None:
    """A channel with a vendor has the same files as the others, an emulator, payloads to read, a section and a line."""
    folder, data = ROOT / "channels" / name, ROOT / "tests/channels" / name / "data"
    missing = [part for part in PARTS if not (folder / f"{part}.py").is_file() and not (folder / part).is_dir()]
    assert not missing, f"channels/{name} has no {' and no '.join(missing)}"
    assert list(data.glob("*.json")), f"put payloads of the vendor into {data.relative_to(ROOT)}, one JSON file each"
    assert name in REGISTERED
    assert name in Channels.model_fields


def test_no_row_without_a_channel() -> None:
    """The table of features has no row for what is not there, and a column for everything that a channel can say."""
    assert [row["channel"] for row in rows()] == CHANNELS
    assert list(rows()[0]) == ["channel", *(field.name for field in dataclasses.fields(Capabilities))]


def test_the_page_shows_the_table() -> None:
    """docs/channels/README.md says of the channels what features.csv says."""
    page = (ROOT / "docs/channels/README.md").read_text("utf-8")
    assert page == features.shown(page, rows()), "run: python -m channels.toolkit.scaffold.features"
