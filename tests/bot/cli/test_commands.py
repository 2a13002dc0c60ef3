"""What holds for all commands: help, common options, errors in one line, output in 80 columns."""

import json
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import COMMANDS, meterline
from bot.cli.context import MISTAKE, App, Command, Fault, Group, pass_app, printable


def test_help_names_every_command_without_importing_any() -> None:
    """The list is made of the table alone, and fits 80 columns."""
    before = set(sys.modules)
    result = CliRunner().invoke(meterline, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)
    assert not {place.module for place in COMMANDS.values()} & (set(sys.modules) - before)
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    """Each has help in 80 columns, and the common options on it or on its own commands."""
    result = CliRunner().invoke(meterline, [name, "--help"])
    assert result.exit_code == 0
    assert "--config FILE" in result.output
    assert "--json" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_an_unknown_command_is_wrong_usage() -> None:
    """Exit code 2, as for any wrong usage."""
    assert CliRunner().invoke(meterline, ["nonsense"]).exit_code == 2


def test_the_version_is_told() -> None:
    """For bug reports."""
    assert CliRunner().invoke(meterline, ["--version"]).output.startswith("meterline ")


@click.group(cls=Group)
def trial() -> None:
    """A group of commands for these tests."""


@trial.command()
@pass_app
def show(app: App) -> None:
    app.note("a note")
    app.emit([{"name": "Хабаровск", "count": 3, "text": "[red]a\x1b[31mb"}])


@trial.command()
@pass_app
def where(app: App) -> None:
    app.emit({"config": app.config})


@trial.command()
@click.argument("kind")
@pass_app
def fail(app: App, kind: str) -> None:
    if kind == "fault":
        raise Fault("the operator can mend it")
    if kind == "rejected":
        app.exit(1)
    if kind == "file":
        Path("nowhere/at/all").read_text()
    raise ZeroDivisionError(kind)


def test_rows_are_a_table_or_json() -> None:
    """People get a table and the note; programs get JSON and nothing else."""
    table = CliRunner().invoke(trial, ["show"])
    assert "Хабаровск" in table.output
    assert "[red]a\\x1b[31mb" in table.output
    assert table.stderr == "a note\n"
    programs = CliRunner().invoke(trial, ["show", "--json"])
    assert json.loads(programs.stdout) == [{"name": "Хабаровск", "count": 3, "text": "[red]a\x1b[31mb"}]
    assert programs.stderr == ""


@pytest.mark.parametrize(
    "words", [["--config", "a.toml", "where", "--json"], ["--json", "where", "--config", "a.toml"]]
)
def test_common_options_stand_before_or_after_the_command(words: list[str]) -> None:
    """Either is what people type."""
    assert json.loads(CliRunner().invoke(trial, words).stdout) == {"config": "a.toml"}


FAILURES = {
    "fault": (2, "meterline: the operator can mend it\n"),
    "rejected": (1, ""),
    "file": (2, "meterline: No such file or directory: nowhere/at/all\n"),
    "other": (MISTAKE, "meterline: a mistake of ours: ZeroDivisionError: other; `meterline --debug …` shows where\n"),
}


@pytest.mark.parametrize("kind", sorted(FAILURES))
def test_an_error_is_one_line_and_an_exit_code(kind: str) -> None:
    """No traceback; the code says whose it is."""
    result = CliRunner().invoke(trial, ["fail", kind])
    assert (result.exit_code, result.stderr) == FAILURES[kind]


def test_debug_shows_where() -> None:
    """With --debug an unexpected error keeps its traceback."""
    result = CliRunner().invoke(trial, ["fail", "other"], obj=App(debug=True))
    assert isinstance(result.exception, ZeroDivisionError)


def test_a_command_alone_has_the_options_too() -> None:
    """A command that is in no group works the same."""

    @click.command(cls=Command)
    @pass_app
    def alone(app: App) -> None:
        app.emit({"json": app.json})

    assert json.loads(CliRunner().invoke(alone, ["--json"]).stdout) == {"json": True}


def test_control_characters_are_shown_as_such() -> None:
    """What a subscriber wrote cannot move the cursor; line breaks stay."""
    assert printable("a\x1b[2J\x07\nб\u202e") == "a\\x1b[2J\\x07\nб\\x202e"
