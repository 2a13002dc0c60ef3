"""Balance queries per second by SMS, the full answer each, as a share of the bare handler in the same run."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, func, select

from bench import throughput
from core.storage.database import connect
from core.storage.tables import event, outbox

WORD = "BAL"
SUM = "1234,56"
"""What every account owes (`throughput.seed`): an answer without it is none."""


def check(url: str) -> None:
    """Every query was answered, and with the sum."""

    def figures(connection: Connection) -> tuple[int, int]:
        events = connection.execute(select(func.count()).select_from(event)).scalar_one()
        told = select(func.count()).select_from(outbox).where(outbox.c.text.contains(SUM))
        return events, connection.execute(told).scalar_one()

    async def read() -> tuple[int, int]:
        database = connect(url)
        try:
            return await database.read(figures)
        finally:
            await database.close()

    events, told = asyncio.run(read())
    if events != told:
        raise RuntimeError(f"{events} queries, {told} answers with the sum")


def run(folder: Path, accounts: int) -> dict[str, float]:
    """Queries per second, and their share of the bare handler's requests; every phone asks about its account."""
    place = folder / "balance"
    place.mkdir()
    url = f"sqlite:///{place / 'bench.db'}"
    throughput.seed(url, accounts)
    bare: list[dict[str, float]] = []
    asked: list[dict[str, float]] = []
    for turn in range(throughput.ROUNDS):
        with throughput.bare() as port:
            bare.append(throughput.shoot(port, "bare", accounts, accounts))
        with throughput.service(url, place) as port:
            sent = sum(int(result["sent"]) for result in asked)
            asked.append(throughput.shoot(port, f"balance{turn}", accounts, accounts, sent, word=WORD))
        check(url)
    print(f"\nBalance queries by SMS from the phone on file, {accounts:,} accounts, SQLite")
    limit = throughput.report("bare aiohttp", bare)
    found = throughput.report("Meterline, balance", asked, limit["rps"])
    return {
        "balance_rps": found["rps"],
        "balance_ratio": found["rps"] / limit["rps"],
        "balance_p50_ms": found["p50_ms"],
        "balance_p99_ms": found["p99_ms"],
    }
