"""Runs Debian's Kannel on free ports, with a fake SMS centre that a test plays itself."""

import asyncio
import re
import shutil
import socket
import urllib.request
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus, unquote_to_bytes

PROGRAMS = ("bearerbox", "smsbox")
USERNAME = "meterline"
PASSWORD = "pass%word&"
PATIENCE = 20.0
CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = look
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = "{folder}/bearerbox.log"
log-level = 0
store-type = file
store-location = "{folder}/store"

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = "{folder}/smsbox.log"
log-level = 0
mo-recode = {recode}
http-request-retry = 1000
http-queue-delay = 1

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
get-url = "{hook}?secret={secret}&from=%p&to=%P&text=%b&coding=%c&charset=%C&ts=%T&id=%I"

group = sendsms-user
username = {username}
password = "{password}"
max-messages = 2
concatenation = true
"""
_OUTGOING = re.compile(rb"(\S+) (\S+) (?:udh (\S+) )?(text|data|ucs-2) (.*)", re.DOTALL)


def installed() -> bool:
    """Tell whether Kannel is on this machine."""
    return all(shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin") for program in PROGRAMS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Outgoing:
    """What Kannel gave the SMS centre: one part of a message, with the very bytes of its text."""

    sender: str
    to: str
    kind: str
    content: bytes
    udh: bytes = b""

    @property
    def text(self) -> str:
        """The text of a whole message; a part of a Cyrillic one is `data` in UCS-2."""
        return self.content.decode("utf-16-be" if self.kind != "text" else "utf-8")


class SmsCentre:
    """Speaks the line protocol of Kannel's fakesmsc (gw/smsc/smsc_fake.c): `FROM TO KIND TEXT` a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, sender: str, to: str, text: str) -> None:
        """An SMS from a subscriber: one in GSM as `text`, any other in UCS-2."""
        if text.isascii() and "\n" not in text:
            line = f"{sender} {to} text {text}"
        else:
            encoded = "".join(f"%{octet:02x}" for octet in text.encode("utf-16-be"))
            line = f"{sender} {to} ucs2 {encoded}"
        self._writer.write(line.encode() + b"\n")
        await self._writer.drain()

    async def receive(self) -> Outgoing:
        """The next part that Kannel sends to a subscriber."""
        async with asyncio.timeout(PATIENCE):
            line = (await self._reader.readline()).rstrip(b"\n")
        found = _OUTGOING.fullmatch(line)
        assert found is not None, line
        sender, to, udh, kind, content = found.groups()
        if kind != b"text":
            content = unquote_to_bytes(content.replace(b"+", b" "))
        return Outgoing(sender.decode(), to.decode(), kind.decode(), content, unquote_to_bytes(udh or b""))

    async def close(self) -> None:
        self._writer.close()


class Kannel:
    """Bearerbox and smsbox, configured as docs/channels/sms.md recommends.

    Args:
        folder: for configuration, logs and the spool.
        hook: our address for incoming SMS, such as `http://127.0.0.1:8080/hooks/sms/kannel`.
        secret: what stands in that address.
        recode: `mo-recode`: Cyrillic as UTF-8, or as the UTF-16BE that came.
    """

    def __init__(self, folder: Path, hook: str, secret: str, *, recode: bool = True) -> None:
        self._folder = folder
        self._ports = {name: free_port() for name in ("admin", "box", "smsc", "sendsms")}
        self._processes: list[Process] = []
        self._centres: list[SmsCentre] = []
        (folder / "store").mkdir(exist_ok=True)
        self._file = folder / "kannel.conf"
        self._file.write_text(
            CONFIGURATION.format(
                folder=folder,
                hook=hook,
                secret=quote_plus(secret).replace("%", "%%"),
                recode=str(recode).lower(),
                username=USERNAME,
                password=PASSWORD,
                **self._ports,
            ),
            "utf-8",
        )

    @property
    def sendsms_url(self) -> str:
        """Where smsbox takes messages."""
        return f"http://127.0.0.1:{self._ports['sendsms']}/cgi-bin/sendsms"

    async def start(self) -> None:
        """Start both programs and wait until they work together."""
        await self._run("bearerbox", lambda: "FAKE:" in self._status())
        await self._run("smsbox", lambda: "smsbox:" in self._status() and listens(self._ports["sendsms"]))

    async def connect(self) -> SmsCentre:
        """Be the SMS centre; Kannel has one connection at a time."""
        centre = SmsCentre(*await asyncio.open_connection("127.0.0.1", self._ports["smsc"], limit=1 << 20))
        self._centres.append(centre)
        await self._until(lambda: "(online" in self._status())
        return centre

    async def stop(self) -> None:
        """End both programs, by their process ids."""
        for centre in self._centres:
            await centre.close()
        for process in reversed(self._processes):
            if process.returncode is None:
                process.terminate()
        for process in reversed(self._processes):
            try:
                async with asyncio.timeout(PATIENCE):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _run(self, program: str, ready: Callable[[], bool]) -> None:
        path = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin") or program
        process = await asyncio.create_subprocess_exec(
            path, "-v", "4", str(self._file), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, cwd=self._folder
        )
        self._processes.append(process)
        await self._until(lambda: process.returncode is not None or ready())
        assert process.returncode is None, f"{program} ended: see {self._folder}"

    async def _until(self, ready: Callable[[], bool]) -> None:
        """Ask until it is so: Kannel tells its state only to those who ask."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(ready):  # noqa: ASYNC110 - another program's state has no event
                await asyncio.sleep(0.05)

    def _status(self) -> str:
        url = f"http://127.0.0.1:{self._ports['admin']}/status.txt?password=look"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except OSError:
            return ""


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
