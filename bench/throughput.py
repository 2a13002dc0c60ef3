"""Messages per second from POST to commit to 200, as a share of what a bare aiohttp handler does in the same run."""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from core.domain.messages import Arrival
from core.services.desk.desk import Desk
from core.storage import migrate
from core.storage.database import connect
from core.storage.tables import account, event, meter, outbox, reading
from tests.crash.service import CONFIG, SECRET
from tests.storage.statements import counted
from tests.world import rules, text

CONNECTIONS = 64
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
"""Three rounds of so many visit most of the accounts once."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LUA = Path(__file__).parent / "load.lua"
CHUNK = 20_000


def seed(url: str, accounts: int) -> None:
    """A database at the newest schema with so many accounts, one two-zone meter each."""
    migrate.upgrade(url)

    async def fill() -> None:
        database = connect(url)
        for start in range(0, accounts, CHUNK):
            numbers = range(start, min(start + CHUNK, accounts))
            await database.write(lambda connection, numbers=numbers: _insert(connection, numbers))
        await database.close()

    asyncio.run(fill())


def _insert(connection: Connection, numbers: range) -> None:
    accounts, meters = [], []
    for i in numbers:
        number, serial = str(1_000_000_000 + i), str(20_000_000 + i)
        key = {"id": i + 1, "branch": "khb", "number": number, "number_key": number}
        accounts.append(key | {"phone": f"+7914{i:07d}", "balance": 123_456, "balance_date": date(2026, 11, 1)})
        shape = {"zones": 2, "digits": 5, "ratio": 1, "t1": 5000, "t2": 2000, "automatic": False}
        meters.append(
            {"id": i + 1, "account_id": i + 1, "serial": serial, "serial_key": serial, "read_on": _month_ago()} | shape
        )
    connection.execute(insert(account), accounts)
    connection.execute(insert(meter), meters)


def _month_ago() -> date:
    return date.fromordinal(datetime.now(UTC).date().toordinal() - 30)


@contextmanager
def process(command: list[str], port: int, path: str) -> Iterator[None]:
    """Run a server until the block ends; the block begins when it answers."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, path, running)
        yield
    finally:
        running.terminate()
        running.wait(30)


def _wait(port: int, path: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if running.poll() is not None:
            raise RuntimeError(f"{running.args} ended with {running.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}")


def shoot(port: int, name: str, accounts: int, visited: int, first: int = 0, *, word: str = "") -> dict[str, float]:
    """Load a server with wrk; what its summary says, and `rps`.

    `first`: how many requests earlier rounds have sent. `word`: what is asked about the accounts, in place of readings.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(LUA)]
    command += ["-H", f"X-Meterline-Secret: {SECRET}", "-H", "Content-Type: application/json"]
    command += [f"http://127.0.0.1:{port}/hooks/sms/generic", "--", name, str(accounts), str(visited), str(first), now]
    command += [word] if word else []
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in printed.splitlines() if line.startswith("RESULT "))
    result: dict[str, float] = json.loads(line.removeprefix("RESULT "))
    if result["failed"]:
        raise RuntimeError(f"{name}: {result['failed']} requests failed")
    return result | {"rps": result["requests"] / result["seconds"]}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(url: str, folder: Path) -> Iterator[int]:
    """The whole service, as `meterline run` starts it, its replies going to a gateway that answers; yields its port."""
    port, sink = free_port(), free_port()
    config = folder / "meterline.toml"
    config.write_text(CONFIG.format(port=port, url=url, secret=SECRET, send_url=f"http://127.0.0.1:{sink}/"))
    meterline = str(Path(sys.executable).with_name("meterline"))
    with (
        process([sys.executable, "-m", "bench.bare", str(sink)], sink, "/"),
        process([meterline, "run", "--config", str(config)], port, "/readyz"),
    ):
        yield port


@contextmanager
def bare() -> Iterator[int]:
    """The bare handler; yields its port."""
    port = free_port()
    with process([sys.executable, "-m", "bench.bare", str(port)], port, "/"):
        yield port


def compare(targets: dict[str, tuple[str, int]], folder: Path, visited: int) -> dict[str, list[dict[str, float]]]:
    """Load the bare handler and each target (URL, accounts) in turn, `ROUNDS` times over.

    Every round goes on where the one before it ended; after the first pass over the `visited` accounts the readings are
    higher, and corrections.
    """
    results: dict[str, list[dict[str, float]]] = {"bare": []} | {name: [] for name in targets}
    for turn in range(ROUNDS):
        with bare() as port:
            results["bare"].append(shoot(port, "bare", visited, visited))
        for name, (url, accounts) in targets.items():
            place = folder / name
            place.mkdir(exist_ok=True)
            with service(url, place) as port:
                sent = sum(int(result["sent"]) for result in results[name])
                results[name].append(shoot(port, f"{name}{turn}", accounts, visited, sent))
            check(url)
    return results


def check(url: str) -> None:
    """Everything answered is stored, once: as many events as replies, and every reading of an accepted event."""

    def figures(connection: Connection) -> tuple[int, int, int]:
        events = connection.execute(select(func.count()).select_from(event)).scalar_one()
        replies = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
        readings = connection.execute(select(func.count()).select_from(reading)).scalar_one()
        return events, replies, readings

    async def read() -> tuple[int, int, int]:
        database = connect(url)
        try:
            return await database.read(figures)
        finally:
            await database.close()

    events, replies, readings = asyncio.run(read())
    if not events == replies == readings:
        raise RuntimeError(f"{events} events, {replies} replies, {readings} readings")


def statements(url: str, size: int) -> int:
    """SQL statements of one batch of `size` distinct readings."""

    async def run() -> int:
        database = connect(url)
        desk = Desk(database, rules(), _Clock())
        now = datetime.now(UTC)
        # Accounts that no other call here has touched: a correction would take more statements than a first reading.
        accounts = range(100 * size, 101 * size)
        texts = [f"{1_000_000_000 + i} {20_000_000 + i} 5060 2060" for i in accounts]
        batch = [
            Arrival(text(body, f"+7914{i:07d}", now, event_id=f"bench:{size}:{i}"), now) for i, body in enumerate(texts)
        ]
        with counted(database) as counter:
            await desk.handle(batch)
        await database.close()
        return len(counter)

    return asyncio.run(run())


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def median(results: list[dict[str, float]], figure: str) -> float:
    """The median of a figure over the rounds."""
    return statistics.median(result[figure] for result in results)


def report(name: str, results: list[dict[str, float]], limit: float | None = None) -> dict[str, Any]:
    """Print one line; returns the medians."""
    rps, p50, p99 = (median(results, figure) for figure in ("rps", "p50_ms", "p99_ms"))
    ratio = f"  {rps / limit:5.2f} of bare" if limit else ""
    print(f"{name:24} {rps:8.0f} msg/s{ratio}  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  ({len(results)} rounds)")
    return {"rps": rps, "p50_ms": p50, "p99_ms": p99}
