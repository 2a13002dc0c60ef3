"""The service as a process of its own, for tests that kill it."""

import asyncio
import json
import os
import re
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
        text = config or CONFIG.format(port=0, url=url, secret=SECRET, send_url=NOWHERE)
        self._config.write_text(text)
        self._modules = [f"channels.{name}" for name in re.findall(r"^\[channels\.(\w+)\]$", text, re.MULTILINE)]
        self._nursery: asyncio.subprocess.Process | None = None
        self._pid = 0
        self._reading: asyncio.Task[None] | None = None
        self._listening: asyncio.Future[str] | None = None
        self._lines: list[str] = []
        self.url = ""

    async def start(self) -> None:
        """Start, and wait for the line that says where it listens."""
        nursery = await self._open()
        assert nursery.stdin is not None
        self._lines.clear()
        self._listening = asyncio.get_running_loop().create_future()
        nursery.stdin.write(b"start\n")
        async with asyncio.timeout(START_SECONDS):
            self._pid = await self._told("pid")
            dead = asyncio.get_running_loop().create_task(self._told("code"))
            await asyncio.wait([self._listening, dead], return_when=asyncio.FIRST_COMPLETED)
            self._death = dead
        if not self._listening.done():
            raise RuntimeError("the service did not start:\n" + "".join(self._lines))
        self.url = self._listening.result()

    async def kill(self) -> None:
        """SIGKILL: no signal handler, no flush, no goodbye."""
        if not self._death.done():
            os.kill(self._pid, signal.SIGKILL)
        await self._death

    async def stop(self) -> int:
        """SIGTERM, and the exit code of the graceful stop."""
        os.kill(self._pid, signal.SIGTERM)
        code = await self._death
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        assert self._reading is not None
        self._nursery.stdin.close()
        await self._nursery.wait()
        await self._reading
        self._nursery = None
        return code

    async def _open(self) -> asyncio.subprocess.Process:
        if self._nursery is None:
            command = [sys.executable, "-m", "tests.crash.nursery", str(self._config), *self._modules]
            pipe = asyncio.subprocess.PIPE
            self._nursery = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
            self._reading = asyncio.get_running_loop().create_task(self._read(self._nursery))
        return self._nursery

    async def _told(self, word: str) -> int:
        """The nursery's next line, which begins with the word."""
        assert self._nursery is not None
        assert self._nursery.stderr is not None
        line = (await self._nursery.stderr.readline()).decode()
        if not line.startswith(f"{word} "):
            raise RuntimeError(line + (await self._nursery.stderr.read()).decode())
        return int(line.split()[1])

    async def _read(self, nursery: asyncio.subprocess.Process) -> None:
        """Read the services' logs to their end, so that none ever waits for us."""
        assert nursery.stdout is not None
        while line := (await nursery.stdout.readline()).decode(errors="replace"):
            self._lines.append(line)
            if self._listening is not None and not self._listening.done() and '"listening"' in line:
                self._listening.set_result(json.loads(line)["url"])


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
