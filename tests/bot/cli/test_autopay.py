"""`meterline autopay` on a real database."""

import json
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import insert, select

from bot.cli import meterline
from bot.cli.context import App
from core.storage.database import SqliteDatabase, connect
from core.storage.tables import account, autopay
from tests.conftest import FixedClock
from tests.world import ACCOUNTS, fill


def invoke(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, ["autopay", *words, "--config", str(config)], obj=App(clock=clock))


def agree(url: str, clock: FixedClock) -> None:
    database = connect(url)
    assert isinstance(database, SqliteDatabase)
    database.write_now(fill([ACCOUNTS["one"]]))

    def job(connection: object) -> None:
        key = connection.execute(select(account.c.id)).scalar_one()  # type: ignore[attr-defined]
        row = {"account_id": key, "account_number": "2701001101", "branch": "khb", "provider": "yookassa"}
        row |= {"mode": "billed", "amount": 0, "day": 10, "ceiling": 200_000, "state": "active", "channel": "telegram"}
        row |= {
            "external_id": "5000001",
            "language": "ru",
            "consent": "1",
            "consent_at": clock.now(),
            "token": "secret",
        }
        connection.execute(insert(autopay).values(id=1, **row))  # type: ignore[attr-defined]

    database.write_now(job)
    database.engine.dispose()


def test_seen_and_stopped(config: Path, sqlite_url: str, clock: FixedClock) -> None:
    """Listed without number and token; stopped once, and then there is nothing to stop."""
    agree(sqlite_url, clock)
    listed = invoke(config, clock, "list", "--json")
    (row,) = json.loads(listed.stdout)
    assert (row["account"], row["state"], row["ceiling"]) == ("*1101", "active", 2000)
    assert "secret" not in listed.output
    assert invoke(config, clock, "stop", "2701001101").exit_code == 0
    (row,) = json.loads(invoke(config, clock, "show", "2701001101", "--json").stdout)
    assert (row["state"], row["reason"]) == ("stopped", "cancelled")
    assert invoke(config, clock, "stop", "2701001101").exit_code != 0
