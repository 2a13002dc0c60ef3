"""`meterline demo` as a process."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from click.testing import CliRunner

from bot.cli import meterline

PATIENCE = 120


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command with its output in pipes; killed if the test leaves it running."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", *arguments]
    started = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(PATIENCE):
            yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.communicate()


def folder_exists(config: str) -> bool:
    return Path(config).parent.exists()


async def test_demo_runs_until_ctrl_c_and_leaves_nothing() -> None:
    """A program reads the address as JSON; after Ctrl-C the exit code is 0 and the folder is gone."""
    async with process("--json") as demo:
        assert demo.stdout is not None
        facts = json.loads(await demo.stdout.readline())
        assert folder_exists(facts["config"])
        async with aiohttp.ClientSession() as session:
            async with session.get(facts["url"]) as answer:
                assert answer.status == 200
            async with session.get(facts["desk"]) as answer:
                assert (answer.status, answer.url.path.startswith("/staff/invite/")) == (200, True)
        demo.send_signal(signal.SIGINT)
        _, errors = await demo.communicate()
        assert (demo.returncode, errors.decode()) == (0, "")
    assert not folder_exists(facts["config"])


async def test_demo_says_what_to_try(tmp_path: Path) -> None:
    """People read the address, what to text and what to link, and a line for a terminal that works as it stands."""
    async with process("--dir", str(tmp_path / "kept")) as demo:
        assert demo.stdout is not None
        words = (await demo.stdout.readuntil(b"Ctrl-C stops it.\n")).decode()
        config = tmp_path / "kept" / "meterline.toml"
        line = f'meterline say --config {config} --from +79990001122 "1234567890 12345678 5778 2542"'
        assert line in words
        assert "/demo\n" in words
        assert "/staff/invite/" in words
        assert words.count("1234567890 12345678 ") == 4
        assert "1234567890 12345678, in Telegram" in words
        say = [sys.executable, "-m", "bot", "say", "--config", str(config), "--from", "+79990001122"]
        said = await asyncio.create_subprocess_exec(
            *say, "1234567890 12345678 5778 2542", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await said.communicate()
        # Behind the window the real calendar adds which month it counts for, in the longer of the texts.
        assert re.search(r"Принято: (ЛС|счёт) \*7890", out.decode())
        demo.send_signal(signal.SIGTERM)
        await demo.communicate()
        assert demo.returncode == 0
        assert config.exists()


def test_a_folder_with_a_configuration_is_a_wrong_usage(tmp_path: Path) -> None:
    """Exit code 2 and one line that names the way out."""
    (tmp_path / "meterline.toml").write_text("[server]\n")
    result = CliRunner().invoke(meterline, ["demo", "--dir", str(tmp_path)])
    assert result.exit_code == 2
    assert "name another folder with --dir" in result.stderr
