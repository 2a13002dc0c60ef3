"""`meterline demo`: the real service with a sample branch, emulated vendors and four phones on a web page."""

import asyncio
import shlex
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import App, Command, Fault, as_json, pass_app

if TYPE_CHECKING:
    from bot.demo.running import Demo

PORT: Final = 8080
SHOWN: Final = ("right", "too_large", "swapped")
"""The texts to try, by their names in the sample."""


@click.command(cls=Command)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything there and go on with it the next time; otherwise it is gone at the end.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="A free one, where it is taken."
)
@pass_app
def demo(app: App, folder: Path | None, port: int) -> None:
    """Try it: a sample branch and four phones on a web page: SMS, Telegram, Viber and VK.

    The service is the real one; messages go through emulators and never leave this machine.
    """
    from bot import logs  # noqa: PLC0415 - a fast start for the other commands
    from bot.demo.configuration import FolderInUse  # noqa: PLC0415 - the same
    from bot.web.server import PortTaken  # noqa: PLC0415 - the same

    logs.configure("debug" if app.debug else "warning", "console", stream=sys.stderr)
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meterline-demo-")))
        else:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(_show(app, folder.absolute(), port))
        except (FolderInUse, PortTaken) as error:
            raise Fault(str(error)) from error


async def _show(app: App, folder: Path, port: int) -> None:
    from bot.demo.running import running  # noqa: PLC0415 - a fast start for the other commands
    from bot.service import obey_signals  # noqa: PLC0415 - the same

    stop = asyncio.Event()
    obey_signals(stop)
    async with running(folder, port=port, clock=app.clock) as demo:
        if app.json:
            click.echo(as_json(_facts(demo)))
        else:
            click.echo(_words(demo, port))
        await stop.wait()


def _facts(demo: "Demo") -> dict[str, str]:
    """For a program that drives the demo."""
    return {"url": demo.url, "desk": demo.desk, "config": str(demo.config), "phone": demo.phone}


def _words(demo: "Demo", wanted: int) -> str:
    """For people. Long lines stay whole, so that they can be copied."""
    from bot.demo.running import MODERATOR  # noqa: PLC0415 - a fast start for the other commands

    texts = {item.name: item.text for item in demo.sample.own.tries}
    first, *others = (texts[name] for name in SHOWN)
    pair = f"{demo.sample.own.number} {demo.sample.own.meters[0].serial}"
    config = shlex.quote(str(demo.config))
    program = _program()
    moved = f" (port {wanted} is taken)" if wanted not in {0, demo.port} else ""
    return f"""\
Meterline's demo is at   {demo.url}{moved}

Text from the page:      {first}
                         {others[0]}
                         {others[1]}

Or pay:                  {texts["payment"]}, and press the link; the bank takes no money

Or link an account:      {pair}, in Telegram; the code comes to the SMS phone

Decide what is doubtful: {demo.desk}
                         (choose a password; the name is {MODERATOR})

In another terminal:     {program} say --config {config} --from {demo.phone} "{first}"
                         {program} queue list --config {config}

Configuration:           {demo.config}
Ctrl-C stops it."""


def _program() -> str:
    """This command, as it can be typed in another terminal in the same folder."""
    path = Path(sys.argv[0])
    if path.name != "meterline":
        return "meterline"
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path))
