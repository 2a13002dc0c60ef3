"""`meterline staff` on a real database: links, never passwords."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import logs
from bot.cli import meterline
from bot.cli.context import App
from bot.cli.run import _welcome
from core.domain.handovers import digest_of
from core.storage.database import connect
from core.storage.staff import invited
from tests.conftest import FixedClock
from tests.services.staff.desk import Office


def invoke(config: Path, clock: FixedClock, *words: str) -> Result:
    return CliRunner().invoke(meterline, ["staff", *words, "--config", str(config)], obj=App(clock=clock))


def whose(url: str, clock: FixedClock, link: str) -> str:
    """Whose link it is; empty when it is nobody's."""

    async def ask() -> str:
        database = connect(url)
        digest = digest_of(link.rpartition("/")[2])
        member = await database.read(lambda connection: invited(connection, digest, clock.now()))
        await database.close()
        return member.name if member else ""

    return asyncio.run(ask())


def test_add_prints_a_link_and_nothing_else(config: Path, clock: FixedClock, sqlite_url: str) -> None:
    """Stdout is the link alone, so that it can be piped; the words go to stderr; the link is the account's."""
    result = invoke(config, clock, "add", "Ivanova", "--role", "moderator", "--display-name", "Иванова А. П.")
    assert result.exit_code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:0/staff/invite/[\w-]{43}\n", result.stdout)
    assert "works once" in result.stderr
    assert whose(sqlite_url, clock, result.stdout.strip()) == "ivanova"


def test_everything_is_scriptable(config: Path, clock: FixedClock, sqlite_url: str) -> None:
    """Add, change, disable, enable, reset and list with --json."""
    added = json.loads(invoke(config, clock, "add", "ivanova", "--role", "operator", "--json").stdout)
    assert (added["name"], added["expires_at"]) == ("ivanova", "2026-11-25T02:00:00+00:00")
    changed = invoke(config, clock, "change", "ivanova", "--role", "auditor", "--branch", "khb", "--json")
    assert json.loads(changed.stdout) == {"name": "ivanova", "done": "changed", "role": "auditor", "branches": ["khb"]}
    assert json.loads(invoke(config, clock, "disable", "ivanova", "--json").stdout)["done"] == "disabled"
    [row] = json.loads(invoke(config, clock, "list", "--json").stdout)
    assert row == {
        "name": "ivanova",
        "shown as": "ivanova",
        "role": "auditor",
        "branches": "khb",
        "standing": "disabled",
        "seen": None,
    }
    assert whose(sqlite_url, clock, added["link"]) == ""
    assert json.loads(invoke(config, clock, "enable", "ivanova", "--json").stdout)["done"] == "enabled"
    again = json.loads(invoke(config, clock, "reset", "ivanova", "--second-factor", "--json").stdout)
    assert whose(sqlite_url, clock, again["link"]) == "ivanova"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["add", "ivanova", "--role", "moderator"], "there is a ivanova already"),
        (["add", "Иванова", "--role", "moderator"], "cannot be a name"),
        (["add", "x", "--role", "moderator"], "cannot be a name"),
        (["add", "petrova", "--role", "boss"], "'boss' is not one of"),
        (["add", "petrova"], "Missing option '--role'"),
        (["add", "petrova", "--role", "operator", "--branch", "kbh"], "no branch is called 'kbh'"),
        (["reset", "petrova"], "there is no petrova"),
        (["disable", "petrova"], "there is no petrova"),
        (["change", "ivanova"], "say what"),
        (["change", "ivanova", "--branch", "khb", "--all-branches"], "say what"),
        (["reset", "sidorova"], "sidorova is disabled, no link would let him in"),
    ],
)
def test_faults_say_what_to_do(config: Path, clock: FixedClock, words: list[str], expected: str) -> None:
    """One line and exit code 2."""
    for name in ("ivanova", "sidorova"):
        invoke(config, clock, "add", name, "--role", "operator")
    invoke(config, clock, "disable", "sidorova")
    result = invoke(config, clock, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in result.stderr


def test_list_fits_80_columns(config: Path, clock: FixedClock) -> None:
    """With names as long as they may be."""
    assert "nobody yet" in invoke(config, clock, "list").stdout
    invoke(config, clock, "add", "n" * 40, "--role", "supervisor", "--display-name", "Константинопольская " * 3)
    assert max(map(len, invoke(config, clock, "list").stdout.splitlines())) <= 80


OIDC = '[staff.oidc]\nissuer = "https://sso.example.ru/realms/staff"\n'


def test_who_is_who_at_the_issuer(config: Path, clock: FixedClock) -> None:
    """Linked beforehand, seen in the list, and taken back; a name or subject that is linked already stays so."""
    config.write_text(OIDC + config.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("ivanova", "petrova"):
        invoke(config, clock, "add", name, "--role", "operator")
    linked = invoke(config, clock, "link", "ivanova", "--oidc", "6b7c1a52", "--json")
    assert json.loads(linked.stdout) == {"name": "ivanova", "linked": True}
    standing = [row["standing"] for row in json.loads(invoke(config, clock, "list", "--json").stdout)]
    assert standing == ["has a link, linked to the issuer", "has a link"]
    for words, expected in (
        (("ivanova", "--oidc", "another"), "ivanova, or this subject, is linked to another already"),
        (("petrova", "--oidc", "6b7c1a52"), "petrova, or this subject, is linked to another already"),
        (("sidorova", "--oidc", "1"), "there is no sidorova"),
        (("petrova", "--oidc", "1" * 256), "at most 255 characters"),
    ):
        result = invoke(config, clock, "link", *words)
        assert (result.exit_code, result.stdout, expected in result.stderr) == (2, "", True)
    gone = [invoke(config, clock, "unlink", "ivanova", "--oidc").stdout for _ in range(2)]
    assert gone == ["ivanova: unlinked\n", "ivanova: was not linked\n"]


@pytest.mark.parametrize("words", [["link", "ivanova", "--oidc", "1"], ["unlink", "ivanova", "--oidc"]])
def test_without_an_issuer(config: Path, clock: FixedClock, words: list[str]) -> None:
    """There is nobody to be linked to, and it says where to name one."""
    invoke(config, clock, "add", "ivanova", "--role", "operator")
    result = invoke(config, clock, *words)
    assert (result.exit_code, "see [staff.oidc]" in result.stderr) == (2, True)


async def test_first_run_says_how_to_get_in(
    sqlite_url: str, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """While there is no account the log names the command; afterwards it does not."""
    logs.configure("info", "json")
    database = connect(sqlite_url)
    await _welcome(database)
    assert "meterline staff add NAME --role supervisor" in capsys.readouterr().out
    await Office(database, clock).hire()
    capsys.readouterr()
    await _welcome(database)
    assert capsys.readouterr().out == ""
    await database.close()
