"""What the commands that decide share: who decides, the desk itself, and what became of it."""

import getpass
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import click

from bot.cli.context import REJECTED, App, Fault
from bot.cli.queue.results import Result, results_row, results_table
from bot.registry import capabilities
from core.services.moderation import Moderation, Outcome, Refused, Request
from core.storage.database import Database

Decide = Callable[[Moderation, str], Awaitable[Outcome]]
HOW = ("version", "override", "preview")


def _moderator(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is not None:
        return value
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in the system: a bare container
        raise Fault("who decides? This system does not know your name: give it with --as NAME") from None


as_moderator = click.option(
    "--as", "moderator", metavar="NAME", callback=_moderator, help="Who you are; your login name if not given."
)
override_option = click.option("--override", is_flag=True, help="Although a colleague works on it: for supervisors.")


def deciding(command: Any) -> Any:  # noqa: ANN401 - click decorates functions and commands alike
    """The options of every decision."""
    command = click.option("--preview", is_flag=True, help="Show what the subscriber would read; change nothing.")(
        command
    )
    command = click.option("--version", type=int, metavar="N", help="Refuse if the case has changed since.")(command)
    return override_option(command)


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of `deciding`, and the rest: what the decision itself says."""
    return {name: options.pop(name) for name in HOW}, options


def decide(
    app: App, refs: Sequence[str], request: Request, *, version: int | None, override: bool, preview: bool
) -> None:
    """Take or preview one decision about each case, and list what came of each."""

    def one(moderation: Moderation, ref: str) -> Awaitable[Outcome]:
        take = moderation.preview if preview else moderation.decide
        return take(ref, request, version=version, override=override)

    settle(app, refs, one, would=preview)


def settle(app: App, refs: Sequence[str], one: Decide, *, would: bool = False) -> None:
    """Take one decision about each case, in a transaction of its own, and list what came of each."""

    async def work(database: Database) -> list[Result]:
        moderation = desk(app, database)
        results: list[Result] = []
        for ref in refs:
            try:
                results.append((ref, await one(moderation, ref)))
            except Refused as error:
                results.append((ref, error))
        return results

    results = app.run(work)
    app.emit([results_row(ref, result) for ref, result in results], lambda: results_table(results, would=would))
    if any(isinstance(result, Refused) for _, result in results):
        app.exit(REJECTED)


def desk(app: App, database: Database) -> Moderation:
    """The desk as the configuration has it."""
    return Moderation(
        database,
        branches=app.branches(),
        texts=app.texts(),
        capabilities=capabilities(app.settings),
        clock=app.clock,
        claim=timedelta(minutes=app.settings.moderation.claim_minutes),
        confirm=timedelta(hours=app.settings.limits.confirm_hours),
    )
