"""`meterline subscriber` and `meterline retention` on a real database."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import meterline
from bot.cli.context import App
from core.domain.messages import Address
from core.storage.database import connect
from core.storage.tables import erasure, outbox
from tests.conftest import FixedClock
from tests.storage import kept
from tests.storage.kept import NOW, WORDS

WHO = Address("sms", "+79140000001")
OTHER = Address("sms", "+79140000002")
NAME = "sms:+79140000001"


@pytest.fixture
def filled(config: Path, sqlite_url: str) -> Path:
    """One subscriber with a linked account, another without, and an account whose phone is a third one's."""

    async def fill() -> None:
        database = connect(sqlite_url)
        hour_ago = NOW - timedelta(hours=1)
        rows = [
            make(who, hour_ago)
            for who in (WHO, OTHER)
            for make in (kept.message, kept.reply, kept.a_reading, kept.a_case, kept.a_profile)
        ]
        await kept.put(database, *kept.accounts(), *rows, kept.a_link(WHO))
        await database.close()

    asyncio.run(fill())
    return config


def invoke(config: Path, clock: FixedClock, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(meterline, [*words, "--config", str(config)], obj=App(clock=clock), input=typed)


def contents(url: str) -> str:
    async def read() -> str:
        database = connect(url)
        try:
            return await kept.everything(database)
        finally:
            await database.close()

    return asyncio.run(read())


def test_show_says_in_short_what_is_held(filled: Path, clock: FixedClock) -> None:
    """Counts and linked accounts, in 80 columns, without a word that anybody wrote."""
    result = invoke(filled, clock, "subscriber", "show", NAME)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= 80
    assert "2701001101" in result.output
    assert "bill_code" in result.output
    assert WORDS not in result.output
    data = json.loads(invoke(filled, clock, "subscriber", "show", NAME, "--json").stdout)
    assert (data["address"], data["messages"], data["accounts"][0]["account"]) == (NAME, 1, "2701001101")


def test_export_writes_everything_as_json(filled: Path, clock: FixedClock) -> None:
    """The document alone on standard output, with or without --json; nothing of others, nothing that opens doors."""
    result = invoke(filled, clock, "subscriber", "export", NAME)
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document == json.loads(invoke(filled, clock, "subscriber", "export", NAME, "--json").stdout)
    assert document["messages"][0]["text"] == f"{WORDS} 5123"
    assert document["accounts"][0]["balance"] == "987.65"
    assert document["accounts"][0]["phone_on_file"] == "*4567"
    assert [item["sent_by_this_address"] for item in document["readings"]] == [True, False]
    assert not [secret for secret in ("SECRET-CODE", "+79141234567", OTHER.external_id) if secret in result.stdout]


def test_account_of_the_phone_on_file_belongs_to_it(filled: Path, clock: FixedClock) -> None:
    """An SMS from the phone on file needs no link; however the number is typed."""
    result = invoke(filled, clock, "subscriber", "export", "sms:8 914 123-45-67")
    document = json.loads(result.stdout)
    assert document["address"] == "+79141234567"
    assert [(item["number"], item["link"]) for item in document["accounts"]] == [("2701001101", None)]


@pytest.mark.parametrize("command", ["show", "export", "forget"])
def test_nobody_we_know_is_told_as_such(filled: Path, clock: FixedClock, command: str) -> None:
    """Exit code 1 and one line."""
    result = invoke(filled, clock, "subscriber", command, "sms:+79149999999")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "nothing is held about sms:+79149999999\n"


@pytest.mark.parametrize("address", ["+79140000001", "sms:", ":1", "smss:+79140000001"])
def test_wrong_address_is_wrong_usage(filled: Path, clock: FixedClock, address: str) -> None:
    """Exit code 2, and what it should be like."""
    result = invoke(filled, clock, "subscriber", "show", address)
    assert result.exit_code == 2
    assert "sms:+79141234567" in result.stderr or "did you mean sms?" in result.stderr


def test_forget_asks_and_then_forgets(filled: Path, clock: FixedClock, sqlite_url: str) -> None:
    """A no changes nothing; a yes leaves neither the address nor its words, and others as they were."""
    refused = invoke(filled, clock, "subscriber", "forget", NAME, typed="n\n")
    assert refused.exit_code == 1
    assert "linked accounts 1, readings 2, messages 1" in refused.stderr
    assert WHO.external_id in contents(sqlite_url)
    done = invoke(filled, clock, "subscriber", "forget", NAME, typed="y\n")
    assert (done.exit_code, done.stdout) == (0, "forgotten\n")
    left = contents(sqlite_url)
    assert WHO.external_id not in left
    assert OTHER.external_id in left
    assert invoke(filled, clock, "subscriber", "show", NAME).exit_code == 1


def test_forget_for_programs_needs_a_yes(filled: Path, clock: FixedClock, sqlite_url: str) -> None:
    """With --json nothing is asked, so the confirmation is an option."""
    assert invoke(filled, clock, "subscriber", "forget", NAME, "--json").exit_code == 2
    assert WHO.external_id in contents(sqlite_url)
    result = invoke(filled, clock, "subscriber", "forget", NAME, "--json", "--yes")
    assert json.loads(result.stdout) == {"address": NAME, "forgotten": True}


def test_forget_tells_that_a_message_is_still_to_be_sent(filled: Path, clock: FixedClock, sqlite_url: str) -> None:
    """The service does the rest; the wish is on file."""

    async def queue() -> None:
        database = connect(sqlite_url)
        await kept.put(database, kept.reply(WHO, NOW - timedelta(minutes=1), state="queued"))
        await database.close()

    asyncio.run(queue())
    result = invoke(filled, clock, "subscriber", "forget", NAME, "--yes")
    assert (result.exit_code, "still to be sent" in result.stdout) == (0, True)

    async def left() -> tuple[int, int]:
        database = connect(sqlite_url)
        waits = [row for row in await kept.stored(database, outbox) if row.external_id == WHO.external_id]
        wishes = [row for row in await kept.stored(database, erasure) if row.done_at is None]
        await database.close()
        return len(waits), len(wishes)

    assert asyncio.run(left()) == (1, 1)


def test_retention_counts_then_does_then_has_nothing_to_do(filled: Path, clock: FixedClock, sqlite_url: str) -> None:
    """--dry-run changes nothing and tells what the run then does."""
    clock.moment = NOW + timedelta(days=91)
    before = contents(sqlite_url)
    expected = {"words of messages": 2, "words of replies": 2, "words of cases": 2, "dialogues": 2}
    rehearsed = json.loads(invoke(filled, clock, "retention", "run", "--dry-run", "--json").stdout)
    assert rehearsed["dry_run"]
    assert {name: rows for name, rows in rehearsed["rows"].items() if rows} == expected
    assert contents(sqlite_url) == before
    shown = invoke(filled, clock, "retention", "run", "--dry-run")
    assert "due, nothing was changed" in shown.output
    done = json.loads(invoke(filled, clock, "retention", "run", "--json").stdout)
    assert done == {"dry_run": False, "rows": rehearsed["rows"]}
    assert WORDS not in contents(sqlite_url)
    again = invoke(filled, clock, "retention", "run")
    assert (again.exit_code, again.stdout) == (0, "nothing is due\n")


def test_retention_minds_the_settings(filled: Path, clock: FixedClock, sqlite_url: str) -> None:
    """The retailer sets how long."""
    text = filled.read_text(encoding="utf-8")
    filled.write_text(f"[retention]\nwords_days = 7\n{text}", encoding="utf-8")
    clock.moment = NOW + timedelta(days=8)
    assert "words of messages" in invoke(filled, clock, "retention", "run").output
    assert WORDS not in contents(sqlite_url)
