"""A channel begun by `make channel` passes its first checks, and touches at most five existing files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from channels.toolkit.scaffold.edits import Unexpected, registry
from channels.toolkit.scaffold.names import Names

ROOT = Path(__file__).parents[3]
TREE = ("bot", "channels", "core", "docs", "parsers", "tests", "meterline.example.toml", "pyproject.toml")
NEWCOMER = "pigeonpost"
PLACES = (f"channels/{NEWCOMER}/", f"tests/channels/{NEWCOMER}/", f"docs/channels/{NEWCOMER}.md")
ALLOWED = 5


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run(tree: Path, *command: str) -> str:
    """Run one of the developer's tools over the copy; gives what it said, and it must succeed."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603 - our own tools
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """A copy of the tree with a new channel: where, and all files before and after."""
    tree = tmp_path_factory.mktemp("tree")
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(ROOT / name, tree / name)
    before = snapshot(tree)
    run(tree, "-m", "channels.toolkit.scaffold", NEWCOMER)
    return tree, before, snapshot(tree)


def test_touches_little(begun: tuple[Path, dict[str, bytes], dict[str, bytes]]) -> None:
    """New files stand in the channel's own places; of the others at most five change, none of them in core/."""
    _, before, after = begun
    touched = sorted(name for name in before if before[name] != after.get(name))
    assert touched == [
        "bot/registry.py",
        "bot/settings.py",
        "docs/channels/README.md",
        "docs/channels/features.csv",
        "meterline.example.toml",
    ]
    assert len(touched) <= ALLOWED
    new = [name for name in after if name not in before and ".ruff_cache" not in name]
    assert new
    assert all(name.startswith(PLACES) for name in new)
    assert not [name for name in new if "newcomer" in name or b"newcomer" in after[name].lower()]


def test_passes_its_first_checks(begun: tuple[Path, dict[str, bytes], dict[str, bytes]]) -> None:
    """The new channel passes the conformance suite, and is heard and answered by the real service."""
    tree, _, _ = begun
    tests = [f"tests/channels/{NEWCOMER}", "tests/architecture/test_channels.py", "tests/bot/test_example.py"]
    said = run(tree, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *tests)
    assert "[100%]" in said


def test_is_clean(begun: tuple[Path, dict[str, bytes], dict[str, bytes]]) -> None:
    """The new files satisfy format, lint, strict types and layers as they are."""
    tree, _, _ = begun
    python = [place for place in PLACES if not place.endswith(".md")] + ["bot"]
    run(tree, "-m", "ruff", "format", "--check", "--no-cache", *python)
    run(tree, "-m", "ruff", "check", "--no-cache", *python)
    run(tree, "-m", "mypy", "--config-file", "pyproject.toml", f"channels/{NEWCOMER}", "bot/registry.py")
    run(tree, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")


@pytest.mark.parametrize("name", ["", "M", "two words", "class", "toolkit", "newcomer", "../up", "a" * 21, "new-comer"])
def test_names(name: str) -> None:
    """A name is a word that can stand in paths, classes, keys and the database."""
    with pytest.raises(ValueError, match="2 to 20"):
        Names(name)


def test_a_changed_file_is_left_alone() -> None:
    """Where a file does not look as expected nothing is guessed: what to add by hand is said."""
    with pytest.raises(Unexpected, match="put this before"):
        registry("CHANNELS = {}\n", Names("max"))
