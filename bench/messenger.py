"""Telegram updates per second, menu and submission mixed, as a share of the bare handler in the same run."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from bench import throughput
from core.domain.subscribers import Proof
from core.storage.database import connect
from core.storage.tables import event, link, outbox, profile, reading
from tests.crash.service import CONFIG, NOWHERE, SECRET

LUA = Path(__file__).parent / "telegram.lua"
FIRST_CHAT = 1_000_000
TELEGRAM = """
[channels.telegram]
enabled = true
token = "1000000001:bench"
webhook_secret = "{secret}"
api_base = "{api_base}"
"""


def seed(url: str, accounts: int) -> None:
    """As for SMS, and a chat linked to each account."""
    throughput.seed(url, accounts)

    async def fill() -> None:
        database = connect(url)
        for start in range(0, accounts, throughput.CHUNK):
            numbers = range(start, min(start + throughput.CHUNK, accounts))
            await database.write(lambda connection, numbers=numbers: _insert(connection, numbers))
        await database.close()

    asyncio.run(fill())


def _insert(connection: Connection, numbers: range) -> None:
    now = datetime.now(UTC)
    chats = [{"external_id": str(FIRST_CHAT + i), "channel": "telegram"} for i in numbers]
    connection.execute(insert(profile), [chat | {"heard_at": now, "language": "ru"} for chat in chats])
    linked = {"proof": Proof.SMS_CODE.value, "proved_at": now, "linked_at": now}
    rows = [chat | linked | {"id": i + 1, "account_id": i + 1} for i, chat in zip(numbers, chats, strict=True)]
    connection.execute(insert(link), rows)


@contextmanager
def service(url: str, folder: Path) -> Iterator[int]:
    """The whole service with Telegram switched on, and nobody at Telegram's address: replies wait."""
    port = throughput.free_port()
    config = folder / "meterline.toml"
    sms = CONFIG.format(port=port, url=url, secret=SECRET, send_url=NOWHERE)
    config.write_text(sms + TELEGRAM.format(secret=SECRET, api_base=NOWHERE))
    meterline = str(Path(sys.executable).with_name("meterline"))
    with throughput.process([meterline, "run", "--config", str(config)], port, "/readyz"):
        # aiogram is imported in a thread at the first send, for seconds: let it be done.
        time.sleep(8)
        yield port


def shoot(port: int, accounts: int, first: int) -> dict[str, float]:
    """Load the hook with wrk. `first`: how many updates earlier rounds have sent."""
    command = ["wrk", "-t2", f"-c{throughput.CONNECTIONS}", f"-d{throughput.SECONDS}s", "-s", str(LUA)]
    command += ["-H", f"X-Telegram-Bot-Api-Secret-Token: {SECRET}", "-H", "Content-Type: application/json"]
    arguments = [str(accounts), str(first), str(int(time.time()))]
    command += [f"http://127.0.0.1:{port}/hooks/telegram", "--", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in printed.splitlines() if line.startswith("RESULT "))
    result: dict[str, float] = json.loads(line.removeprefix("RESULT "))
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} requests failed")
    return result | {"rps": result["requests"] / result["seconds"]}


def check(url: str) -> None:
    """Every update was answered, and half of them stored a reading."""

    def figures(connection: Connection) -> tuple[int, int, int]:
        counts = [select(func.count()).select_from(table) for table in (event, outbox, reading)]
        events, replies, readings = (connection.execute(count).scalar_one() for count in counts)
        return events, replies, readings

    async def read() -> tuple[int, int, int]:
        database = connect(url)
        try:
            return await database.read(figures)
        finally:
            await database.close()

    events, replies, readings = asyncio.run(read())
    if events != replies or not 0.4 < readings / events < 0.6:
        raise RuntimeError(f"{events} events, {replies} replies, {readings} readings")


def run(folder: Path, accounts: int) -> dict[str, float]:
    """The bare handler and the service in turn, on SQLite."""
    url = f"sqlite:///{folder / 'telegram.db'}"
    seed(url, accounts)
    results: dict[str, list[dict[str, float]]] = {"bare": [], "telegram": []}
    for _ in range(throughput.ROUNDS):
        with throughput.bare() as port:
            results["bare"].append(throughput.shoot(port, "bare", accounts, accounts))
        with service(url, folder) as port:
            sent = sum(int(result["sent"]) for result in results["telegram"])
            results["telegram"].append(shoot(port, accounts, sent))
        check(url)
    print(f"\nTelegram updates, menu and submission mixed, {accounts:,} linked chats, SQLite")
    limit = throughput.report("bare aiohttp", results["bare"])
    found = throughput.report("Meterline, Telegram", results["telegram"], limit["rps"])
    return {
        "telegram_rps": found["rps"],
        "telegram_ratio": found["rps"] / limit["rps"],
        "telegram_p50_ms": found["p50_ms"],
        "telegram_p99_ms": found["p99_ms"],
    }
