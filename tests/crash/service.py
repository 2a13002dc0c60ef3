"""The service as a process of its own, for tests that kill it."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aiohttp

SECRET = "crash-test-secret"
CONFIG = """
[server]
port = {port}
[database]
url = "{url}"
[channels.sms]
enabled = true
gateway = "generic"
[channels.sms.generic]
secret = "{secret}"
send_url = "{send_url}"
[[branch]]
code = "khb"
name = "Khabarovsk"
timezone = "Asia/Vladivostok"
"""
START_SECONDS = 180
"""Telegram's library takes ten seconds of a processor that other tests may be using, too."""
NOWHERE = "http://127.0.0.1:9/"
"""The discard port, where nobody listens: replies stay in the outbox."""


class ServiceProcess:
    """`meterline run` on a database; `start` returns when it listens, `kill` is SIGKILL."""

    def __init__(self, folder: Path, url: str, config: str = "") -> None:
        """`config` replaces the one above, which has the generic gateway and nowhere to send to."""
        self._config = folder / "meterline.toml"
        self._config.write_text(config or CONFIG.format(port=0, url=url, secret=SECRET, send_url=NOWHERE))
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.url = ""

    async def start(self) -> None:
        """Start, and wait for the line that says where it listens."""
        command = [sys.executable, "-m", "bot", "run", "--config", str(self._config)]
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
        self._process = await asyncio.create_subprocess_exec(*command, **pipes)
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.get_running_loop().create_task(self._read(listening))
        async with asyncio.timeout(START_SECONDS):
            self.url = await listening

    async def kill(self) -> None:
        """SIGKILL: no signal handler, no flush, no goodbye."""
        assert self._process is not None
        assert self._reading is not None
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def stop(self) -> int:
        """SIGTERM, and the exit code of the graceful stop."""
        assert self._process is not None
        assert self._reading is not None
        self._process.terminate()
        code = await self._process.wait()
        await self._reading
        return code

    async def _read(self, listening: asyncio.Future[str]) -> None:
        """Read the log to its end, so that the process never waits for us."""
        assert self._process is not None
        assert self._process.stdout is not None
        lines = []
        while line := await self._process.stdout.readline():
            lines.append(line.decode(errors="replace"))
            if not listening.done() and '"listening"' in lines[-1]:
                listening.set_result(json.loads(lines[-1])["url"])
        if not listening.done():
            listening.set_exception(RuntimeError("the service did not start:\n" + "".join(lines)))


async def post(session: aiohttp.ClientSession, url: str, number: int, text: str) -> bool:
    """Deliver one SMS as a gateway does; True when it was acknowledged."""
    body = {"id": f"message-{number}", "from": f"+7914{number:07d}", "to": "+79244114455", "text": text}
    try:
        async with session.post(
            f"{url}/hooks/sms/generic", json=body, headers={"X-Meterline-Secret": SECRET}
        ) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
