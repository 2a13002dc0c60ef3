"""What all commands share: options, settings, database, output and the way errors are shown.

    @queue.command()
    @pass_app
    def list(app: App) -> None:
        app.emit(app.run(lambda database: database.read(open_cases)))

Every command takes `--config FILE` and `--json`. Exit codes: 0 done, 1 done with rejected rows (`app.exit(1)`),
2 wrong usage or configuration (`raise Fault(...)`), 70 a mistake of ours.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from core.ports.clock import Clock, SystemClock

if TYPE_CHECKING:  # each of these costs a command that does not need it 50 to 200 ms
    from rich.console import Console, RenderableType
    from rich.progress import Progress
    from rich.table import Table
    from rich.text import Text

    from bot.settings import Settings
    from core.domain.accounts import Branches
    from core.domain.messages import Capabilities
    from core.services.texts import Texts
    from core.storage.database import Database

T = TypeVar("T")
Row = Mapping[str, object]

DEFAULT_CONFIG = Path("meterline.toml")
WIDTH = 80
"""Columns where the output is no terminal, so that files and tests look the same everywhere."""
REJECTED = 1
MISTAKE = 70
"""EX_SOFTWARE of sysexits.h: not in the contract of the commands, so no script takes it for an answer."""


class Fault(click.ClickException):
    """Something the operator can mend: one clear line on stderr, exit code 2, no traceback."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"meterline: {self.format_message()}", file=file, err=file is None)


class Mistake(Fault):
    """Something only we can mend."""

    exit_code = MISTAKE


@dataclass
class App:
    """What a command works with. Everything is made when it is first asked for."""

    config: Path = DEFAULT_CONFIG
    json: bool = False
    debug: bool = False
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def settings(self) -> "Settings":
        """The configuration; a `Fault` that lists all that is wrong with it."""
        from bot.complaints import FaultySettings  # noqa: PLC0415 - a fast start
        from bot.settings import load  # noqa: PLC0415 - a fast start

        try:
            return load(self.config)
        except FaultySettings as error:
            raise Fault(str(error)) from error

    def branches(self) -> "Branches":
        """The branches by code."""
        return self.settings.branches()

    def texts(self) -> "Texts":
        """What we say to subscribers, with the retailer's own wording where the configuration names a file."""
        from core.services.texts import Texts, TextsRefused  # noqa: PLC0415 - a fast start

        try:
            return Texts(self.settings.texts.overrides)
        except TextsRefused as error:
            raise Fault(f"texts.overrides: {error}") from error

    def capabilities(self) -> "dict[str, Capabilities]":
        """What each channel can do and may say."""
        from bot.registry import capabilities  # noqa: PLC0415 - a fast start

        return capabilities(self.settings)

    @asynccontextmanager
    async def database(self) -> AsyncIterator["Database"]:
        """The database, open while the block runs; a `Fault` unless its schema is the newest."""
        from bot import logs  # noqa: PLC0415 - a fast start
        from core.storage import migrate  # noqa: PLC0415 - a fast start
        from core.storage.database import connect  # noqa: PLC0415 - a fast start

        # Without this, structlog would print tracebacks with the values of all variables.
        logs.configure("warning", "console", self.settings.secrets(), sys.stderr)
        file = self.settings.database.file
        if file is not None and not file.exists():
            raise Fault(f"{file} is not there: `meterline db upgrade` makes it")
        database = connect(self.settings.database.url)
        try:
            if await migrate.current(database) != migrate.head():
                raise Fault("the database has another schema than this program: run `meterline db upgrade`")
            yield database
        finally:
            await database.close()

    def run(self, work: "Callable[[Database], Awaitable[T]]") -> T:
        """Run `work` on the database, in an event loop of its own."""

        async def main() -> T:
            async with self.database() as database:
                return await work(database)

        return asyncio.run(main())

    @property
    def out(self) -> "Console":
        """Standard output."""
        return _console(sys.stdout)

    @property
    def err(self) -> "Console":
        """Standard error: notices and progress, so that stdout stays readable by programs."""
        return _console(sys.stderr)

    def progress(self) -> "Progress":
        """A progress bar on stderr; silent where that is no terminal."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        return Progress(*columns, console=self.err, disable=self.json or not self.err.is_terminal, transient=True)

    def emit(self, value: Row | Sequence[Row], table: "Callable[[], RenderableType] | None" = None) -> None:
        """Show a result: one JSON document with `--json`, else `table()` or a plain table of the rows."""
        if self.json:
            click.echo(as_json(value, indent=2))
        elif table is not None:
            self.out.print(table(), markup=False)
        elif isinstance(value, Mapping):
            self.out.print(table_of([{"": name, " ": part} for name, part in value.items()], header=False))
        elif value:
            self.out.print(table_of(value))

    def emit_line(self, value: Row, line: "Callable[[], RenderableType]") -> None:
        """Show one item of an endless answer: a line of JSON with `--json`, else `line()`."""
        if self.json:
            click.echo(as_json(value))
        else:
            self.out.print(line(), markup=False)

    def note(self, text: str) -> None:
        """Tell people something that is not the answer; programs that ask for JSON do not hear it."""
        if not self.json:
            self.err.print(text, markup=False, highlight=False)

    def exit(self, code: int) -> NoReturn:
        """Leave with an exit code of the contract above."""
        raise click.exceptions.Exit(code)


pass_app = click.make_pass_decorator(App, ensure=True)


class Command(click.Command):
    """A command with the common options, whose errors are one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own signature, passed through
        super().__init__(*args, **kwargs)
        self.params += [_config_option(), _json_option()]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run it; what an operator can mend becomes a `Fault`, the rest a `Mistake`, `--debug` shows tracebacks."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.ensure_object(App).debug:
                raise
            raise _as_fault(error) from error


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own signature, passed through
        super().__init__(*args, **kwargs)
        self.params += [_config_option(), _json_option()]


Group.group_class = Group


def as_json(value: object, indent: int | None = None) -> str:
    """JSON as all commands write it: Cyrillic readable, moments in ISO 8601, money as text."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)


def table_of(rows: Iterable[Row], *, title: str | None = None, header: bool = True) -> "Table":
    """A table of the rows, with the columns of the first one."""
    from rich import box  # noqa: PLC0415 - a fast start
    from rich.table import Table  # noqa: PLC0415 - a fast start

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD if header else None, show_header=header)
    for number, row in enumerate(rows):
        if not number:
            for name, value in row.items():
                table.add_column(name, justify="right" if _is_number(value) else "left", overflow="fold")
        table.add_row(*(cell(value) for value in row.values()))
    return table


def cell(value: object, style: str = "") -> "Text":
    """A value for a table. What subscribers wrote can neither colour the terminal nor move its cursor."""
    from rich.text import Text  # noqa: PLC0415 - a fast start

    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S}", style)
    return Text("" if value is None else printable(str(value)), style)


def printable(text: str) -> str:
    """The text with line breaks kept and every other control character made visible."""
    return "".join(letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}" for letter in text)


def _console(stream: IO[str]) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - a fast start

    return Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def _as_fault(error: Exception) -> Fault:
    family = type(error).__module__.partition(".")[0]
    words = " ".join(str(getattr(error, "orig", None) or error).split())
    if family in {"sqlalchemy", "asyncpg", "sqlite3"}:
        return Fault(f"the database refuses: {words}; `meterline doctor` says more")
    if isinstance(error, OSError):
        return Fault(f"{error.strerror or words}{f': {error.filename}' if error.filename else ''}")
    return Mistake(f"a mistake of ours: {type(error).__name__}: {words}; `meterline --debug …` shows where")


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        expose_value=False,
        callback=_set_config,
        help="The configuration; ./meterline.toml if not given.",
    )


def _json_option() -> click.Option:
    return click.Option(
        ["--json"], is_flag=True, expose_value=False, callback=_set_json, help="Answer in JSON, for programs."
    )


def _set_config(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    app = ctx.ensure_object(App)
    if value is not None:
        app.config = value


def _set_json(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it
    app = ctx.ensure_object(App)
    app.json = app.json or value
