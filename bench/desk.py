"""The web desk under load: ten thousand open cases, fifty browsers, five hundred messages a second."""

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from sqlalchemy import insert

from bench import throughput
from bot.web.staff.gate import csrf_of
from core.domain.keys import Keys
from core.domain.staff import Role, Stage
from core.ports.clock import SystemClock
from core.services.staff import Accounts, Lasting, Sessions
from core.storage import cases
from core.storage.cases import Filters
from core.storage.database import connect
from core.storage.tables import case
from tests.crash.service import SECRET

ACCOUNTS: Final = 20_000
OPEN: Final = 10_000
BROWSERS: Final = 50
PER_SECOND: Final = 500
SECONDS: Final = throughput.SECONDS * 2
WARM_UP: Final = 2
"""Seconds of messages that are sent and not measured."""
DOUBTFUL: Final = 100
"""Every so manieth message is beyond the limit and opens a case."""
CONNECTIONS: Final = 32
PAGES: Final = 21
CLAIMS: Final = 4
"""A second: changes of which it is known when they were committed."""


@dataclass(slots=True)
class Updates:
    """When changes were committed, and how long after that each browser was told, in milliseconds."""

    committed: dict[str, float] = field(default_factory=dict)
    told: list[tuple[str, float]] = field(default_factory=list)

    def delays(self) -> list[float]:
        """Of every browser and every change."""
        return [(at - self.committed[name]) * 1000 for name, at in self.told if name in self.committed]


def run(folder: Path) -> dict[str, Any]:
    """Figures of pages and live updates, on SQLite."""
    url = f"sqlite:///{folder / 'desk.db'}"
    throughput.seed(url, ACCOUNTS)
    place = folder / "desk"
    place.mkdir(exist_ok=True)
    token = asyncio.run(_furnish(url))
    with throughput.service(url, place) as port:
        found = asyncio.run(_measure(url, f"http://127.0.0.1:{port}", token))
    print(f"\nweb desk, {OPEN:,} open cases, SQLite; the load comes from this machine, too")
    for name, value in found.items():
        print(f"  {name:28} {value:10.1f}")
    return {f"desk_{name}": value for name, value in found.items()}


async def _furnish(url: str) -> str:
    """Open cases, and a session; its token."""
    database, clock = connect(url), SystemClock()
    keys, now = Keys(), datetime.now(UTC)
    row = {"state": "open", "branch": "khb", "channel": "sms", "text": "Позвоните мне, пожалуйста"}
    kinds = ("hand_over", "physical_limit", "verification_expired", "undelivered")
    rows = [
        row
        | {"id": keys.new(now - timedelta(seconds=OPEN - number)), "kind": kinds[number % 4]}
        | {"external_id": f"+7914{number:07d}", "account_id": number % ACCOUNTS + 1}
        | {"opened_at": now - timedelta(seconds=20 * number)}
        for number in range(OPEN)
    ]
    await database.write(lambda connection: connection.execute(insert(case), rows))
    sessions = Sessions(database, clock, Lasting())
    member = (await Accounts(sessions).add("bench", "Bench", Role.SUPERVISOR)).member
    token = await database.write(lambda connection: sessions.open(connection, member, Stage.FULL, user_agent="")[0])
    await database.close()
    return token


async def _measure(url: str, address: str, token: str) -> dict[str, float]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector, cookies={"staff": token}) as session:
        found = {"list_ms": await _page(session, "/staff/queue?state=open")}
        found["list_filtered_ms"] = await _page(session, "/staff/queue?state=free&kind=undelivered&branch=khb")
        found["list_search_ms"] = await _page(session, "/staff/queue?search=1000000077")
        database = connect(url)
        name = await database.read(lambda connection: cases.page(connection, Filters(), 1)[0].case.long_reference)
        await database.close()
        async with session.get(f"/staff/case/{name}") as answer:
            has_screen = answer.status == 200
        if has_screen:
            found["case_ms"] = await _page(session, f"/staff/case/{name}")
        load = Load(session)
        await load.send(WARM_UP)
        # The colleague works all the time: what his writes cost the messages is not the browsers' doing.
        claiming = asyncio.create_task(_claim(session, address, token, Updates()))
        alone = await load.send(SECONDS)
        claiming.cancel()
        updates = Updates()
        watching = [asyncio.create_task(_watch(session, updates)) for _ in range(BROWSERS)]
        await asyncio.sleep(1)
        claiming = asyncio.create_task(_claim(session, address, token, updates))
        watched = await load.send(SECONDS)
        under_load = await asyncio.gather(_page(session, "/staff/queue?state=open"), load.send(2))
        claiming.cancel()
        await asyncio.sleep(2)
        for task in watching:
            task.cancel()
        await asyncio.gather(claiming, *watching, return_exceptions=True)
    found["list_under_load_ms"] = under_load[0]
    delays = updates.delays()
    found |= {
        "changes": float(len(updates.committed)),
        "told_percent": 100 * len(delays) / (BROWSERS * len(updates.committed)),
        "update_p50_ms": _at(delays, 0.5),
        "update_p99_ms": _at(delays, 0.99),
        "update_max_ms": max(delays),
    }
    for name, sent in (("alone", alone), ("watched", watched)):
        found[f"hook_{name}_per_second"] = len(sent) / SECONDS
        found[f"hook_{name}_p50_ms"] = _at(sent, 0.5)
        found[f"hook_{name}_p99_ms"] = _at(sent, 0.99)
    found["hook_p50_slower_percent"] = 100 * (found["hook_watched_p50_ms"] / found["hook_alone_p50_ms"] - 1)
    return found


async def _page(session: aiohttp.ClientSession, path: str) -> float:
    """The middle of some calls, one after the other."""
    times = []
    for _ in range(PAGES):
        begun = time.perf_counter()
        async with session.get(path, allow_redirects=False) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


class Load:
    """Messages by the hook, as many a second as are wanted, whatever the answers take."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._number = 0

    async def send(self, seconds: int) -> list[float]:
        """For so long; milliseconds from when each was due until it was answered."""
        times: list[float] = []
        begun = time.perf_counter()

        async def sender(first: int) -> None:
            for turn in range(first, seconds * PER_SECOND, CONNECTIONS):
                due = begun + turn / PER_SECOND
                await asyncio.sleep(max(due - time.perf_counter(), 0))
                await self._post()
                times.append((time.perf_counter() - due) * 1000)

        await asyncio.gather(*(sender(first) for first in range(CONNECTIONS)))
        return times

    async def _post(self) -> None:
        self._number += 1
        i = self._number % ACCOUNTS
        value = 99_000 if self._number % DOUBTFUL == 0 else 5100 + self._number // ACCOUNTS
        body = {
            "id": f"desk-{self._number}",
            "from": f"+7914{i:07d}",
            "to": "+79244114455",
            "text": f"{1_000_000_000 + i} {20_000_000 + i} {value} 2100",
            "sent_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        headers = {"X-Meterline-Secret": SECRET}
        async with self._session.post("/hooks/sms/generic", json=body, headers=headers) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the hook said {answer.status}")


async def _watch(session: aiohttp.ClientSession, updates: Updates) -> None:
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.get("/staff/queue/stream", timeout=timeout) as answer:
        async for line in answer.content:
            if line.startswith(b'data: {"ref"'):
                at, told = time.perf_counter(), json.loads(line[6:])
                if told["what"] == "claimed":
                    updates.told.append((told["case"], at))


async def _claim(session: aiohttp.ClientSession, address: str, token: str, updates: Updates) -> None:
    """As a colleague does who takes one case after the other on the same desk."""
    form, headers = {"csrf": csrf_of(token)}, {"Origin": address}
    while True:
        async with session.post("/staff/queue/next", data=form, headers=headers, allow_redirects=False) as answer:
            updates.committed[answer.headers["Location"].rpartition("/")[2]] = time.perf_counter()
        await asyncio.sleep(1 / CLAIMS)


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
