"""`run`: which databases it starts on, and what it says when it cannot."""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import create_engine, text

from bot.cli import meterline


async def test_a_fresh_configuration_runs_and_stops(tmp_path: Path) -> None:
    """`init`, `run`: the database is made, the log says where it listens and how the staff get in; SIGTERM ends it."""
    assert CliRunner().invoke(meterline, ["init", str(tmp_path)]).exit_code == 0
    command = [sys.executable, "-m", "bot", "run", "--port", "0", "--config", str(tmp_path / "meterline.toml")]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = json.loads(await process.stdout.readline())
        hint = json.loads(await process.stdout.readline())
    assert line["event"] == "listening"
    assert line["url"] == f"http://127.0.0.1:{line['port']}"
    assert (hint["event"], hint["todo"]) == ("no_staff_yet", "meterline staff add NAME --role supervisor")
    process.send_signal(signal.SIGTERM)
    rest, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"


def test_an_outdated_database_is_refused(config: Path, sqlite_url: str) -> None:
    """Data is the operator's to upgrade, after a backup."""
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()
    result = CliRunner().invoke(meterline, ["run", "--config", str(config)])
    assert (result.exit_code, "make a backup, then `meterline db upgrade`" in result.stderr) == (2, True)


def test_a_taken_port_is_told_in_one_line(config: Path) -> None:
    """With what to change, and no traceback."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(meterline, ["run", "--config", str(config), "--port", port])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"meterline: cannot listen on 127.0.0.1:{port}: ")
    assert "--port names another one" in result.stderr
