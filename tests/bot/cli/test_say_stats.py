"""`say` and `stats` on a real database."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import meterline
from bot.cli.context import App
from core.storage.database import SqliteDatabase, connect
from tests.conftest import FixedClock
from tests.world import SUBSCRIBER, fill


@pytest.fixture
def filled(config: Path, sqlite_url: str) -> Path:
    """One account with one meter, and the subscriber's phone on file."""
    database = connect(sqlite_url)
    assert isinstance(database, SqliteDatabase)
    account = {"number": "1234567890", "phone": SUBSCRIBER, "meters": [{"serial": "12345678", "t1": 5000}]}
    database.write_now(fill([account]))
    database.engine.dispose()
    return config


def invoke(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, [*words, "--config", str(config)], obj=App(clock=clock))


def say(config: Path, clock: FixedClock, text: str, *words: str) -> Result:
    return invoke(config, clock, "say", "--from", "8 914 123-45-67", text, *words)


def test_say_shows_what_the_subscriber_is_told(filled: Path, clock: FixedClock) -> None:
    """The reply goes out by the console, in its own format."""
    result = say(filled, clock, "1234567890 12345678 5100")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"-> {SUBSCRIBER} (")
    assert result.stderr == ""


def test_say_in_json_has_code_and_reply(filled: Path, clock: FixedClock) -> None:
    """Programs get the outcome's code; the same reading again is told as such."""
    first = json.loads(say(filled, clock, "1234567890 12345678 5100", "--json").stdout)
    assert (first["from"], first["outcome"], first["code"]) == (SUBSCRIBER, "handled", "accepted")
    again = json.loads(say(filled, clock, "1234567890 12345678 5100", "--json").stdout)
    assert again["code"] == "duplicate"
    assert again["reply"]


@pytest.mark.parametrize("phone", ["900", "MEGAFON", "", "+7914"])
def test_say_wants_a_subscribers_phone(filled: Path, clock: FixedClock, phone: str) -> None:
    """Short codes and names are refused as the SMS channel refuses them."""
    result = invoke(filled, clock, "say", "--from", phone, "x")
    assert (result.exit_code, "write it as +79141234567" in result.stderr) == (2, True)


def test_bytes_that_are_no_text_are_answered_politely(filled: Path, clock: FixedClock) -> None:
    """A terminal in another encoding hands over what is no UTF-8."""
    result = say(filled, clock, "\udccf\udcf0\udce8")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("-> ")


def test_stats_count_the_day(filled: Path, clock: FixedClock) -> None:
    """Messages by outcome, readings, replies, what waits, cases; 80 columns."""
    say(filled, clock, "1234567890 12345678 5100")
    say(filled, clock, "абракадабра")
    result = invoke(filled, clock, "stats")
    assert result.exit_code == 0, result.output
    assert "2026-11-22, by the clock of Asia/Vladivostok" in result.output
    assert max(map(len, result.output.splitlines())) <= 80
    data = json.loads(invoke(filled, clock, "stats", "--json").stdout)
    assert data["since"] == "2026-11-22T00:00:00+10:00"
    assert {"channel": "console", "outcome": "handled", "code": "accepted", "count": 1} in data["messages"]
    assert data["readings"] == [{"status": "accepted", "count": 1}]
    assert data["replies"] == [{"channel": "console", "state": "sent", "count": 2}]
    assert (data["waiting"], data["open_cases"]) == ([], [])


def test_stats_of_another_time(filled: Path, clock: FixedClock) -> None:
    """A day that is over and a whole month; yesterday there was nothing."""
    say(filled, clock, "1234567890 12345678 5100")
    assert json.loads(invoke(filled, clock, "stats", "--json", "--day", "2026-11-21").stdout)["messages"] == []
    clock.moment += timedelta(days=3)
    assert json.loads(invoke(filled, clock, "stats", "--json").stdout)["messages"] == []
    month = json.loads(invoke(filled, clock, "stats", "--json", "--period", "2026-11").stdout)
    assert (month["since"], month["until"]) == ("2026-11-01T00:00:00+10:00", "2026-12-01T00:00:00+10:00")
    assert len(month["messages"]) == 1


def test_stats_by_branch_and_channel(filled: Path, clock: FixedClock) -> None:
    """A month's readings, coverage and payments, as the staff's page has them; 80 columns."""
    say(filled, clock, "1234567890 12345678 5100")
    words = ["stats", "--period", "2026-11"]
    month = json.loads(invoke(filled, clock, *words, "--json").stdout)
    (row,) = month["readings_by_channel"]
    assert (row["channel"], row["rules"], row["total"]) == ("console", 1, 1)
    assert [each["submitted"] for each in month["coverage"] if each["branch"] == row["branch"]] == [1]
    assert month["payments"] == []
    other = next(each["branch"] for each in month["coverage"] + [{"branch": "amur"}] if each["branch"] != row["branch"])
    nothing = json.loads(invoke(filled, clock, *words, "--branch", other, "--json").stdout)
    assert nothing["readings_by_channel"] == []
    result = invoke(filled, clock, *words)
    assert max(map(len, result.output.splitlines())) <= 80
    assert "readings_by_channel" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["--day", "25.11.2026"],
        ["--period", "2026"],
        ["--day", "2026-11-25", "--period", "2026-11"],
        ["--branch", "amur"],
        ["--period", "2026-11", "--branch", "nowhere"],
    ],
)
def test_a_wrong_date_is_wrong_usage(filled: Path, clock: FixedClock, words: list[str]) -> None:
    """Exit code 2 and one line."""
    result = invoke(filled, clock, "stats", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
