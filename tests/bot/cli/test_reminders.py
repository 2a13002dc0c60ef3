"""`meterline reminders` on a real database, beside a planner that does what it says."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from bot.cli import meterline
from bot.cli.context import App
from bot.registry import lines
from bot.ruling import reminder_rules
from bot.settings import load
from core.services.reminders import Planner
from core.storage.database import SqliteDatabase, connect
from core.storage.tables import outbox
from tests.conftest import FixedClock
from tests.world import ACCOUNTS, fill, texts

LAST_DAY = "khb:2026-11:last_day"


@pytest.fixture
def filled(config: Path, sqlite_url: str, clock: FixedClock) -> Path:
    """Accounts with phones on the morning of the last day, and SMS that may be sent."""
    clock.moment = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    wanted = config.read_text(encoding="utf-8") + "[reminders]\nsms = true\nspread_hours = 0\n"
    config.write_text(wanted, encoding="utf-8")
    database = connect(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    database.write_now(fill([ACCOUNTS[name] for name in ("one", "two", "foreign", "automatic", "phonelike")]))
    database.engine.dispose()
    return config


def invoke(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, ["reminders", *words, "--config", str(config)], obj=App(clock=clock))


def answer(config: Path, clock: FixedClock, *words: str) -> Any:
    result = invoke(config, clock, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def serve(config: Path, clock: FixedClock, *, sent: bool = False) -> None:
    """What the running service does within a minute."""
    settings = load(config, {})

    async def work() -> None:
        database = connect(settings.database.url)
        planner = Planner(database, reminder_rules(settings, texts(), lines(settings)), clock)
        for _ in range(2):
            await planner.plan()
            clock.advance(seconds=20)
        if sent:
            await database.write(lambda connection: connection.execute(update(outbox).values(state="sent")))
        await database.close()

    asyncio.run(work())


def test_dry_run_counts_and_changes_nothing(filled: Path, clock: FixedClock) -> None:
    """Messages by channel, and why the other accounts get none."""
    found = answer(filled, clock, "start", "last_day", "--branch", "khb", "--dry-run")
    assert found == {
        "key": LAST_DAY,
        "accounts": 5,
        "messages": 2,
        "to sms": 2,
        "submitted": 1,
        "told": 1,
        "unreachable": 1,
    }
    assert answer(filled, clock, "list") == []
    other = answer(filled, clock, "start", "missed", "--branch", "khb", "--period", "2026-10", "--dry-run")
    assert (other["key"], other["messages"]) == ("khb:2026-10:missed", 0)


def test_round_is_begun_and_followed(filled: Path, clock: FixedClock) -> None:
    """The service does the work; the list tells how far it is, within 80 columns."""
    assert answer(filled, clock, "start", "last_day", "--branch", "khb") == {"key": LAST_DAY, "state": "planning"}
    (before,) = answer(filled, clock, "list")
    assert (before["state"], before["accounts"], before["looked_at"]) == ("planning", 5, 0)
    serve(filled, clock, sent=True)
    (after,) = answer(filled, clock, "list")
    figures = ("state", "looked_at", "messages", "queued", "sent", "unknown", "failed")
    assert [after[name] for name in figures] == ["done", 5, 2, 0, 2, 0, 0]
    shown = invoke(filled, clock, "list")
    assert LAST_DAY in shown.stdout
    assert "5/5" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_round_is_stopped_and_gone_on_with(filled: Path, clock: FixedClock) -> None:
    """What waits is taken back; whoever was told already is not told again."""
    answer(filled, clock, "start", "last_day", "--branch", "khb")
    serve(filled, clock)
    assert answer(filled, clock, "stop", LAST_DAY) == {"key": LAST_DAY, "state": "stopped", "taken_back": 2}
    (row,) = answer(filled, clock, "list")
    assert (row["queued"], row["failed"], row["states"]) == (0, 2, {"expired": 2})
    again = invoke(filled, clock, "stop", LAST_DAY)
    assert (again.exit_code, "no round" in again.stderr) == (2, True)


def test_stopped_round_begins_again_when_told(filled: Path, clock: FixedClock) -> None:
    """Stopped before the service saw it, it has everything still before it."""
    answer(filled, clock, "start", "last_day", "--branch", "khb")
    answer(filled, clock, "stop", LAST_DAY)
    serve(filled, clock)
    assert answer(filled, clock, "list")[0]["looked_at"] == 0
    answer(filled, clock, "start", "last_day", "--branch", "khb")
    serve(filled, clock)
    assert answer(filled, clock, "list")[0]["looked_at"] == 5


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["start", "last_day", "--branch", "nowhere"], "there is no branch nowhere; the configuration knows amur, khb"),
        (["start", "opens", "--branch", "khb"], "today is no day for opens in khb"),
        (["start", "last_day", "--branch", "khb", "--period", "2026-10"], "from 2026-10-25 to 2026-10-25 only"),
        (["start", "last_day", "--branch", "khb", "--period", "11.2026"], "write it as 2026-11"),
        (["stop", "khb:2026-10:opens"], "there is no round khb:2026-10:opens under way"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(filled: Path, clock: FixedClock, words: list[str], says: str) -> None:
    """Exit code 2, one line, and what to do."""
    result = invoke(filled, clock, *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert says in result.stderr


def test_round_is_begun_once(filled: Path, clock: FixedClock) -> None:
    """A second start says that it runs."""
    answer(filled, clock, "start", "last_day", "--branch", "khb")
    result = invoke(filled, clock, "start", "last_day", "--branch", "khb")
    assert (result.exit_code, "was begun already" in result.stderr) == (2, True)


def test_empty_list_says_how_to_begin(filled: Path, clock: FixedClock) -> None:
    """Nothing on stdout, a hint on stderr."""
    result = invoke(filled, clock, "list")
    assert result.exit_code == 0
    assert "meterline reminders start" in result.stderr


def test_sms_has_no_part_unless_wanted(filled: Path, clock: FixedClock) -> None:
    """Without `sms = true` nobody is written to by SMS, whatever is linked; with it at half the channel's rate."""
    settings = load(filled, {"METERLINE__REMINDERS__SMS": "false"})
    without = reminder_rules(settings, texts(), lines(settings))
    assert (dict(without.routes), without.phone_channel, without.kinds) == ({}, None, ())
    settings = load(filled, {"METERLINE__REMINDERS__ENABLED": "true"})
    having = reminder_rules(settings, texts(), lines(settings))
    assert (having.routes["sms"].per_second, having.phone_channel, len(having.kinds)) == (500, "sms", 3)
    assert having.spread == timedelta(0)
