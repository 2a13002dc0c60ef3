"""The moderation queue with ten thousand open cases: what a page, the counts, the next case and a search take."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from core.ports.clock import SystemClock
from core.services.moderation import Moderation
from core.services.texts import Texts
from core.storage import migrate
from core.storage.cases import Filters
from core.storage.database import connect
from core.storage.tables import case
from tests.world import KHABAROVSK, SMS

OPEN, CLOSED = 10_000, 50_000
KINDS = ("hand_over", "physical_limit", "verification_expired", "undelivered")
TIMES = 21


def run(folder: Path) -> dict[str, float]:
    """Milliseconds in the middle, on SQLite."""
    url = f"sqlite:///{folder / 'moderation.db'}"
    migrate.upgrade(url)
    found = asyncio.run(_measure(url))
    print(f"\nmoderation queue, {OPEN:,} open and {CLOSED:,} closed cases, SQLite")
    for name, milliseconds in found.items():
        print(f"  {name:10} {milliseconds:6.1f} ms")
    return {f"queue_{name}_ms": milliseconds for name, milliseconds in found.items()}


async def _measure(url: str) -> dict[str, float]:
    database = connect(url)
    now = datetime.now(UTC)
    row = {"branch": "khb", "channel": "sms", "text": "Позвоните мне"}
    rows = [
        row
        | {"id": number, "kind": KINDS[number % 4], "state": "open" if number <= OPEN else "closed"}
        | {"external_id": f"+7914{number:07d}", "opened_at": now - timedelta(seconds=number)}
        for number in range(1, OPEN + CLOSED + 1)
    ]
    await database.write(lambda connection: connection.execute(insert(case), rows))
    moderation = Moderation(
        database, branches={"khb": KHABAROVSK}, texts=Texts(), capabilities={"sms": SMS}, clock=SystemClock()
    )
    last = (await moderation.page(Filters(), 50))[-1].case
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "page": lambda: moderation.page(Filters(), 50),
        "filtered": lambda: moderation.page(Filters(branch="khb", kind="undelivered"), 50, last),
        "counts": lambda: moderation.counts(Filters()),
        "next": lambda: moderation.next_case("bench"),
        "search": lambda: moderation.page(Filters(search="+79140000001"), 50),
    }
    found = {}
    for name, ask in questions.items():
        times = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            await ask()
            times.append(time.perf_counter() - begun)
        found[name] = statistics.median(times) * 1000
    await database.close()
    return found
