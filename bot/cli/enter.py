"""`meterline enter`: readings from the telephone or the paper box."""

import asyncio
import sys
import uuid
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from bot.cli.context import REJECTED, App, Command, Fault, Row, pass_app
from bot.cli.queue.deciding import as_moderator

if TYPE_CHECKING:
    from rich.text import Text

    from core.services.entry import Entered, EntryDesk, Source

MARKS = {"stored": "green", "review": "yellow", "doubtful": "yellow", "on file": "blue", "refused": "red"}


@click.command(cls=Command)
@click.argument("words", metavar="[ACCOUNT METER T1 [T2 [T3]]]", nargs=-1)
@click.option("--source", type=click.Choice(["operator", "paper"]), default="operator", show_default=True)
@click.option("--on", metavar="YYYY-MM-DD", help="The day on which the slips were thrown in; today without it.")
@click.option("--sure", is_flag=True, help="The values are right, although the rules doubt them.")
@as_moderator
@pass_app
def enter(app: App, *, words: tuple[str, ...], source: "Source", on: str | None, sure: bool, moderator: str) -> None:
    """Enter a reading: account, meter, and its values (day or single, night, half-peak).

    The meter may be - where the account has one. Without arguments, one reading a line is read from standard input;
    an exclamation mark at its end says that you are sure. The same rules hold as for subscribers; nobody is written to.
    """
    lines: list[str] | Iterator[str] = _typed()
    if words:
        lines = [" ".join(words) + (" !" if sure else "")]
    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        raise Fault(f"{on} is not a date like 2026-11-25") from None
    refused = asyncio.run(_enter(app, lines, source, moderator, day))
    if refused:
        app.exit(REJECTED)


def _typed() -> "Iterator[str]":
    for line in sys.stdin:
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


async def _enter(app: App, lines: "list[str] | Iterator[str]", source: "Source", who: str, on: date | None) -> int:
    """Enter line after line, each told at once; returns how many were not stored."""
    from bot.ruling import rules  # noqa: PLC0415 - a fast start
    from core.services.entry import EntryDesk, EntryRefused  # noqa: PLC0415 - a fast start

    refused = 0
    async with app.database() as database:
        desk = EntryDesk(database, rules(app.settings, app.texts()), app.clock)
        for number, line in enumerate(lines, 1):
            try:
                row = await _one(desk, line, source, who, on)
            except EntryRefused as error:
                if not app.json and number == 1 and isinstance(lines, list):
                    raise Fault(str(error)) from error
                row = {"result": "refused", "error": str(error)}
            refused += row["result"] in {"refused", "doubtful"}
            app.emit_line({"line": number} | dict(row), lambda: _line(number, row))  # noqa: B023 - called at once
    return refused


async def _one(desk: "EntryDesk", line: str, source: "Source", who: str, on: date | None) -> Row:
    from core.services.entry_lines import read_line  # noqa: PLC0415 - a fast start

    return _row(await desk.enter(read_line(line, uuid.uuid4().hex, on), source, who))


def _row(entered: "Entered") -> Row:
    reading = entered.reading
    return {
        "result": entered.result,
        "code": entered.code,
        "account": entered.account,
        "meter": entered.serial,
        "values": entered.values,
        "consumption": entered.consumption,
        "previous": entered.previous,
        "status": reading.status.value if reading else None,
        "reference": _reference(reading.id) if reading else None,
    }


def _reference(key: int) -> str:
    from core.domain.keys import reference  # noqa: PLC0415 - a fast start

    return reference(key)


def _line(number: int, row: Row) -> "Text":
    from rich.text import Text  # noqa: PLC0415 - a fast start

    from bot.wording import values  # noqa: PLC0415 - a fast start

    result = str(row["result"])
    text = Text.assemble((f"{number:>4}  ", "dim"), (f"{result:<8}", MARKS[result]))
    if "error" in row:
        return text.append(f"  {row['error']}")
    text.append(f"  {row['account']} {row['meter']} " if row["account"] else "  ")
    text.append(values(row["values"]))  # type: ignore[arg-type] # `_row` has made it
    used = row["consumption"]
    text.append("" if used is None else f", {used} kWh")
    text.append("" if row["code"] == "accepted" else f"  {row['code']}", "dim")
    if result == "doubtful":
        text.append("; add !")
    return text
