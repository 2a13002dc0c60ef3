"""The command line, one file a group of commands. A command's file is imported when it is run, so `--help` is fast."""

from dataclasses import dataclass
from importlib import import_module

import click

from bot.cli.context import App, Group


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command lives, and the line about it in `meterline --help`."""

    module: str
    name: str
    about: str


COMMANDS = {
    "demo": Place("bot.cli.demo", "demo", "Try it: a sample branch and a phone on a web page."),
    "init": Place("bot.cli.init", "init", "Write a configuration that runs at once."),
    "doctor": Place("bot.cli.doctor", "doctor", "Say what is wrong, and what to do about it."),
    "register": Place("bot.cli.register", "register", "Tell the messengers where we are."),
    "run": Place("bot.cli.run", "run", "Run the service."),
    "db": Place("bot.cli.db", "db", "Look after the database's schema."),
    "import": Place("bot.cli.files", "import_", "Read accounts and meters from billing."),
    "export": Place("bot.cli.files", "export", "Write readings for billing."),
    "deeplink": Place("bot.cli.deeplink", "deeplink", "Sign the links that bills carry."),
    "say": Place("bot.cli.say", "say", "Send a text as a subscriber would, and see the reply."),
    "enter": Place("bot.cli.enter", "enter", "Enter readings from the telephone or the paper box."),
    "queue": Place("bot.cli.queue", "queue", "Look at the moderation queue and decide."),
    "staff": Place("bot.cli.staff", "staff", "Look after who may sign in at /staff."),
    "reminders": Place("bot.cli.reminders", "reminders", "Remind subscribers of the window, and see how far it is."),
    "payments": Place("bot.cli.reconciling", "payments", "Compare a provider's register with our orders."),
    "autopay": Place("bot.cli.autopay", "autopay", "See what subscribers have agreed to pay by themselves."),
    "subscriber": Place("bot.cli.subscriber", "subscriber", "Show, hand out or forget what we hold about somebody."),
    "retention": Place(
        "bot.cli.retention", "retention", "Drop what was kept long enough, without waiting for the night."
    ),
    "stats": Place("bot.cli.stats", "stats", "Count messages, outcomes, replies and cases."),
}
"""In the order in which a newcomer needs them."""


class LazyGroup(Group):
    """The `meterline` command: knows the others by name only until one is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name them in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(import_module(place.module), place.name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """List them without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.about) for name, place in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("--debug", is_flag=True, help="Show where an unexpected error comes from.")
@click.version_option(package_name="meterline", message="%(prog)s %(version)s", prog_name="meterline")
@click.pass_context
def meterline(ctx: click.Context, *, debug: bool) -> None:
    """Meterline: the text front door of an electricity retailer."""
    ctx.ensure_object(App).debug = debug
