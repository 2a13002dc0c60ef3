"""`doctor`: each fault is found, and told with what to do."""

import json
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from bot import checkup
from bot.cli import meterline
from bot.cli.context import App
from bot.settings import Server, load
from core.domain.keys import Keys
from core.storage.database import SqliteDatabase, connect
from core.storage.tables import event
from tests.bot.conftest import Running
from tests.conftest import FixedClock


def invoke(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, ["doctor", *words, "--config", str(config)], obj=App(clock=clock))


def findings(config: Path, clock: FixedClock) -> dict[str, dict[str, Any]]:
    """The findings by check; of several the last."""
    return {one["check"]: one for one in json.loads(invoke(config, clock, "--json").stdout)}


def change(config: Path, old: str, new: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


def test_all_but_the_gateway_is_well(config: Path, clock: FixedClock) -> None:
    """Nobody listens at the gateway's address: one fault with a remedy, exit code 1, a table in 80 columns."""
    result = invoke(config, clock)
    assert result.exit_code == 1, result.output
    assert result.stderr == "1 fault\n"
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "→" in result.stdout
    found = findings(config, clock)
    assert [name for name, one in found.items() if one["verdict"] == "fault"] == ["way to sms"]
    assert found["way to sms"]["todo"]


def test_without_channels_there_is_no_fault(config: Path, clock: FixedClock) -> None:
    """Exit code 0; that nothing is switched on is worth a warning."""
    change(config, "enabled = true", "enabled = false")
    result = invoke(config, clock)
    assert (result.exit_code, result.stderr) == (0, "no faults\n")
    assert "all are switched off" in result.stdout


def test_a_configuration_that_cannot_be_read(tmp_path: Path, clock: FixedClock) -> None:
    """Exit code 2: there is nothing to check."""
    assert invoke(tmp_path / "nowhere.toml", clock).exit_code == 2


def test_others_may_read_the_secrets(config: Path, clock: FixedClock) -> None:
    """A file that everybody may read is a warning with the command to run."""
    config.chmod(0o644)
    assert findings(config, clock)["configuration"] == {
        "check": "configuration",
        "verdict": "warning",
        "found": "others on this machine may read it",
        "todo": f"chmod 600 {config}",
    }


def test_a_short_secret(config: Path, clock: FixedClock) -> None:
    """A secret that can be guessed is named by its place, not by itself."""
    change(config, "a-secret-of-kannel", "1234")
    found = findings(config, clock)["secrets"]
    assert (found["verdict"], found["found"]) == ("warning", "easily guessed: channels.sms.kannel.secret")


def test_no_secret_at_all(config: Path, clock: FixedClock) -> None:
    """Then every delivery would be refused."""
    for secret in ("a-secret-of-kannel", "a-secret-of-the-generic-gateway", "a-signing-key-of-the-phone"):
        change(config, secret, "")
    assert findings(config, clock)["secrets"]["verdict"] == "fault"


def test_a_database_that_is_not_there_yet(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """After `init` that is no fault: the first start makes it."""
    (tmp_path / "meterline.db").unlink()
    found = findings(config, clock)["database"]
    assert (found["verdict"], "`meterline db upgrade`" in found["todo"]) == ("warning", True)


def test_a_file_that_is_no_database(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """It does not answer, whatever SQLite calls it."""
    (tmp_path / "meterline.db").write_bytes(b"no database at all" * 100)
    assert findings(config, clock)["database"]["verdict"] == "fault"


def write(url: str, *jobs: Any) -> None:
    database = connect(url)
    assert isinstance(database, SqliteDatabase)
    for job in jobs:
        database.write_now(job)
    database.engine.dispose()


def test_an_old_schema(config: Path, clock: FixedClock, sqlite_url: str) -> None:
    """The remedy is a backup and an upgrade."""
    write(sqlite_url, lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0'"))
    found = findings(config, clock)["database"]
    assert (found["verdict"], found["todo"]) == ("fault", "make a backup, then `meterline db upgrade`")


def test_a_clock_that_went_back(config: Path, clock: FixedClock, sqlite_url: str) -> None:
    """Events from the future: the clock is wrong, or was."""
    later = datetime(2026, 11, 23, tzinfo=UTC)
    row = {
        "id": Keys().new(later),
        "channel": "sms",
        "event_id": "1",
        "external_id": "x",
        "kind": "TextReceived",
        "sent_at": later,
        "sent_at_believed": True,
        "received_at": later,
        "text": "",
        "raw": "",
        "outcome": "handled",
        "code": "help",
    }
    write(sqlite_url, lambda connection: connection.execute(insert(event).values(row)))
    found = findings(config, clock)["clock"]
    assert (found["verdict"], "the newest event came at 2026-11-23 00:00" in found["found"]) == ("fault", True)
    assert "NTP" in found["todo"]


def test_a_clock_of_the_last_century(config: Path, clock: FixedClock) -> None:
    """A machine without a battery begins in 1970 or so."""
    clock.moment = datetime(2001, 1, 1, tzinfo=UTC)
    assert findings(config, clock)["clock"]["found"] == "it shows 2001-01-01"


def test_a_full_disk(config: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 100 MB it is a fault."""
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 50 << 20}))
    assert findings(config, clock)["disk"]["verdict"] == "fault"


def test_somebody_else_has_the_port(config: Path, clock: FixedClock) -> None:
    """A port on which another program listens is named with two ways out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        change(config, "port = 0", f"port = {other.getsockname()[1]}")
        found = findings(config, clock)["service"]
    assert (found["verdict"], "is not to be had" in found["found"]) == ("fault", True)


async def test_a_running_service_is_seen(running: Running, clock: FixedClock) -> None:
    """Ready or not, with what it says about itself."""
    port = int(running.url.rpartition(":")[2])
    (found,) = await checkup.listening(Server(port=port), clock.now())
    assert (found.verdict, found.found) == ("ok", f"runs at {running.url}")
    running.service.health.draining = True
    (found,) = await checkup.listening(Server(port=port), clock.now())
    assert (found.verdict, "not ready" in found.found) == ("fault", True)


@pytest.mark.parametrize(
    ("server", "verdict", "words"),
    [
        ('host = "127.0.0.1"', "ok", "on this machine only"),
        ('host = "localhost"', "ok", "on this machine only"),
        ('host = "0.0.0.0"', "warning", "would go to 0.0.0.0 unencrypted"),
        ('public_url = "http://sms.example.ru"', "warning", "would go to http://sms.example.ru unencrypted"),
        ('host = "0.0.0.0"\npublic_url = "https://sms.example.ru"', "ok", "https://sms.example.ru/staff/"),
    ],
)
def test_passwords_of_staff_that_could_be_overheard(
    config: Path, clock: FixedClock, server: str, verdict: str, words: str
) -> None:
    """Pages of the staff go over TLS, or stay on the machine."""
    change(config, "[server]", f"[server]\n{server}")
    [found] = checkup.staff(load(config, {}))
    assert (found.verdict.value, words in found.found, bool(found.todo)) == (verdict, True, verdict != "ok")
    change(config, '[[branch]]\ncode = "khb"', '[staff]\nenabled = false\n[[branch]]\ncode = "khb"')
    assert list(checkup.staff(load(config, {}))) == []


async def test_a_public_address_that_leads_nowhere(clock: FixedClock) -> None:
    """The reverse proxy is checked too."""
    server = Server(port=0, public_url="http://127.0.0.1:9")
    (found,) = await checkup.listening(server, clock.now())
    assert (found.check, found.verdict) == ("public address", "fault")


async def test_a_public_machine_with_another_time(running: Running, clock: FixedClock) -> None:
    """The proxy's `Date` is compared with our clock, which in this test stands still."""
    found = await checkup.listening(Server(port=0, public_url=running.url), clock.now())
    assert [(one.check, one.verdict) for one in found] == [("clock", "warning")]
    assert await checkup.listening(Server(port=0, public_url=running.url), datetime.now(UTC)) == []


def test_texts_that_cannot_be_said(config: Path, clock: FixedClock, tmp_path: Path) -> None:
    """An override that is no Fluent is told before a subscriber sees it."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "ru.ftl").write_text("help = { $nonsense }\n", encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8") + '[texts]\noverrides = "texts"\n', encoding="utf-8")
    found = findings(config, clock)["texts"]
    assert (found["verdict"], found["todo"]) == ("fault", "mend the file, or take texts.overrides out")


async def test_a_locked_database_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that holds the file for long is a fault of its own."""
    monkeypatch.setattr(checkup, "SECONDS", 0.5)
    database = connect(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        found = await checkup.database(database, "x")
        holder.execute("ROLLBACK")
    await database.close()
    assert (found.verdict, "cannot be written" in found.found) == ("fault", True)


@pytest.mark.parametrize(
    ("begins", "verdict", "found"),
    [
        ("2025-10-23", "ok", "khb has prices; the newest begin on 2025-10-23"),
        ("2025-10-21", "warning", "khb has had no new prices since 2025-10-21; regions set them every year"),
        ("2026-11-23", "fault", "khb has no prices for today: the first begin on 2026-11-23"),
    ],
)
def test_price_lists_that_hold_no_more(config: Path, clock: FixedClock, begins: str, verdict: str, found: str) -> None:
    """On 22 November: not yet 13 months old, older, and not in force yet; the remedy names the file."""
    text = f'default = "city"\n[[version]]\nvalid_from = {begins}\n[version.group.city]\nranges = [{{ one = 5.38 }}]\n'
    file = config.with_name("khb-prices.toml")
    file.write_text(text, encoding="utf-8")
    change(config, 'code = "khb"', 'code = "khb"\ntariffs = "khb-prices.toml"')
    told = findings(config, clock)["tariffs"]
    assert (told["verdict"], told["found"]) == (verdict, found)
    assert (str(file) in told["todo"]) == (verdict != "ok")


def test_without_price_lists_nothing_is_said_of_them(config: Path, clock: FixedClock) -> None:
    """They are optional."""
    assert "tariffs" not in findings(config, clock)
