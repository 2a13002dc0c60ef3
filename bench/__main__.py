"""`make bench`: every figure as a ratio to this machine's limit in the same run. The last line is JSON."""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import desk, importing, messenger, moderation, parsing, reminders, throughput
from tests.postgres import PostgresServer

ACCOUNTS = 100_000
FEW = 10_000
MANY = 1_000_000


def main() -> int:
    """Run what was asked for by name, or all but `reminders`, which takes minutes and measures no machine."""
    parts = sys.argv[1:] or ["parser", "queue", "desk", "throughput", "telegram", "size", "import"]
    if shutil.which("wrk") is None and set(parts) - {"parser", "queue", "desk", "import", "reminders"}:
        print("wrk is missing; on Debian: apt-get install wrk", file=sys.stderr)
        return 2
    figures: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="meterline-bench-"))
    try:
        if "parser" in parts:
            figures |= parsing.run()
        if "queue" in parts:
            figures |= moderation.run(folder)
        if "desk" in parts:
            figures |= desk.run(folder)
        if "throughput" in parts:
            figures |= speed(folder)
        if "telegram" in parts:
            figures |= messenger.run(folder, ACCOUNTS)
        if "size" in parts:
            figures |= size(folder)
        if "import" in parts:
            figures |= importing.run()
        if "reminders" in parts:
            figures |= reminders.run()
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


if __name__ == "__main__":
    sys.exit(main())
