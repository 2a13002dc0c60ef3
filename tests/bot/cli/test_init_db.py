"""`init` and `db`: from nothing to a database that is ready."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import meterline
from bot.settings import load


def invoke(*words: str) -> Result:
    return CliRunner().invoke(meterline, words)


def test_init_writes_what_runs_at_once(tmp_path: Path) -> None:
    """A valid file for its owner only, with new secrets, the hooks on and two branches."""
    result = invoke("init", str(tmp_path / "new"))
    assert result.exit_code == 0, result.output
    file = tmp_path / "new" / "meterline.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load(file, {})
    assert settings.channels.sms.enabled
    assert {str(branch.timezone) for branch in settings.branches().values()} == {"Asia/Vladivostok", "Asia/Yakutsk"}
    assert settings.database.file == tmp_path / "new" / "meterline.db"
    assert len(settings.secrets()) == 4
    assert min(map(len, settings.secrets())) >= 24
    assert settings.channels.sms.kannel.secret.get_secret_value() in result.output


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A second one changes nothing and is wrong usage."""
    invoke("init", str(tmp_path))
    before = (tmp_path / "meterline.toml").read_text()
    result = invoke("init", str(tmp_path))
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    assert (tmp_path / "meterline.toml").read_text() == before


def test_two_inits_have_different_secrets(tmp_path: Path) -> None:
    """The secrets are random, and programs get what Kannel needs."""
    one, two = (json.loads(invoke("init", str(tmp_path / name), "--json").stdout) for name in ("a", "b"))
    assert one["kannel_get_url"] != two["kannel_get_url"]


def test_upgrade_makes_the_database_for_its_owner_only(tmp_path: Path) -> None:
    """The first upgrade makes the file, the second has nothing to do."""
    invoke("init", str(tmp_path))
    config = ["--config", str(tmp_path / "meterline.toml")]
    first = invoke("db", "upgrade", *config)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("upgraded from none to ")
    assert stat.S_IMODE((tmp_path / "meterline.db").stat().st_mode) == 0o600
    assert "the newest already" in invoke("db", "upgrade", *config).output
    current = json.loads(invoke("db", "current", "--json", *config).stdout)
    assert current["newest"] is True
    assert current["current"] == current["head"]


def test_current_says_when_there_is_nothing(tmp_path: Path) -> None:
    """Asking makes no database."""
    invoke("init", str(tmp_path))
    result = invoke("db", "current", "--config", str(tmp_path / "meterline.toml"))
    assert "schema none" in result.output
    assert "`meterline db upgrade`" in result.output
    assert not (tmp_path / "meterline.db").exists()


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    """One line, not SQLite's own words."""
    invoke("init", str(tmp_path))
    file = tmp_path / "meterline.toml"
    file.write_text(file.read_text().replace("sqlite:///meterline.db", "sqlite:///nowhere/m.db"))
    result = invoke("db", "upgrade", "--config", str(file))
    assert (result.exit_code, "there is no folder" in result.stderr) == (2, True)


@pytest.mark.parametrize("words", [["stats"], ["say", "--from", "+79141234567", "x"]])
def test_commands_without_a_database_say_how_to_make_it(words: list[str], tmp_path: Path) -> None:
    """No empty database is made in passing."""
    invoke("init", str(tmp_path))
    result = invoke(*words, "--config", str(tmp_path / "meterline.toml"))
    assert (result.exit_code, "`meterline db upgrade` makes it" in result.stderr) == (2, True)
    assert not (tmp_path / "meterline.db").exists()
