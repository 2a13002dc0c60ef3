"""`make bench`: every figure as a ratio to this machine's limit in the same run. The last line is JSON."""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import balance, desk, importing, messenger, moderation, parsing, reminders, throughput
from tests.postgres import PostgresServer

ACCOUNTS = 100_000
FEW = 10_000
MANY = 1_000_000


def main() -> int:
    """Run what was asked for by name, or all but `reminders`, which takes minutes and measures no machine."""
    parts = sys.argv[1:] or [part for part in PARTS if part != "reminders"]
    if unknown := set(parts) - set(PARTS):
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if shutil.which("wrk") is None and LOADED & set(parts):
        print("wrk is missing; on Debian: apt-get install wrk", file=sys.stderr)
        return 2
    figures: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="meterline-bench-"))
    try:
        for part, run in PARTS.items():
            if part in parts:
                figures |= run(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}))
    return 0


def speed(folder: Path) -> dict[str, Any]:
    """The whole path on both databases, against the bare handler."""
    server = PostgresServer(durable=True)
    try:
        server.start()
        sqlite = f"sqlite:///{folder / 'bench.db'}"
        postgres = server.create("bench")
        for url in (sqlite, postgres):
            throughput.seed(url, ACCOUNTS)
        counts = [throughput.statements(sqlite, size) for size in (1, 200)]
        targets = {"sqlite": (sqlite, ACCOUNTS), "postgres": (postgres, ACCOUNTS)}
        results = throughput.compare(targets, folder, ACCOUNTS)
    finally:
        server.stop()
    print(f"\nPOST to commit to 200, {throughput.CONNECTIONS} connections, {ACCOUNTS:,} accounts, synchronous=FULL")
    limit = throughput.report("bare aiohttp", results["bare"])
    on_sqlite = throughput.report("Meterline, SQLite", results["sqlite"], limit["rps"])
    on_postgres = throughput.report("Meterline, PostgreSQL", results["postgres"], limit["rps"])
    print(f"SQL statements a batch: {counts[0]} for 1 message, {counts[1]} for 200")
    return {
        "bare_rps": limit["rps"],
        "sqlite_rps": on_sqlite["rps"],
        "sqlite_ratio": on_sqlite["rps"] / limit["rps"],
        "postgres_rps": on_postgres["rps"],
        "postgres_ratio": on_postgres["rps"] / limit["rps"],
        "p50_ms": on_sqlite["p50_ms"],
        "p99_ms": on_sqlite["p99_ms"],
        "postgres_p50_ms": on_postgres["p50_ms"],
        "postgres_p99_ms": on_postgres["p99_ms"],
        "statements_per_batch": counts[1],
        "statements_per_message": counts[0],
    }


def size(folder: Path) -> dict[str, Any]:
    """What a million accounts cost against ten thousand, per message."""
    targets = {}
    for name, accounts in {"few": FEW, "many": MANY}.items():
        url = f"sqlite:///{folder / f'{name}.db'}"
        throughput.seed(url, accounts)
        targets[name] = (url, accounts)
    results = throughput.compare(targets, folder, FEW)
    few = throughput.report(f"{FEW:,} accounts", results["few"])
    many = throughput.report(f"{MANY:,} accounts", results["many"])
    factor = few["rps"] / many["rps"]
    print(f"a message costs {factor:.2f} times as much with {MANY:,} accounts")
    return {"million_accounts_factor": factor}


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "parser": lambda _: parsing.run(),
    "queue": moderation.run,
    "desk": desk.run,
    "throughput": speed,
    "balance": lambda folder: balance.run(folder, ACCOUNTS),
    "telegram": lambda folder: messenger.run(folder, ACCOUNTS),
    "size": size,
    "import": lambda _: importing.run(),
    "reminders": lambda _: reminders.run(),
}
"""In the order in which they run."""
LOADED = {"throughput", "balance", "telegram", "size"}
"""Those that load a server with wrk."""


if __name__ == "__main__":
    sys.exit(main())
