"""`meterline register`: tell the messengers where we are."""

import asyncio
from typing import TYPE_CHECKING

import click

from bot.cli.context import REJECTED, App, Command, pass_app

if TYPE_CHECKING:
    from core.ports.channel import Channel


@click.command(cls=Command)
@click.argument("channels", nargs=-1, metavar="[CHANNEL]...")
@pass_app
def register(app: App, channels: tuple[str, ...]) -> None:
    """Set the webhooks of the messengers that are switched on, or of those named. Harmless when run again.

    The service must be running and reachable at [server] public_url: some vendors call it at once.
    Exit code 0: all know where we are. 1: some could not be told, listed. 2: wrong usage or configuration.
    """
    from bot.launching import page_url  # noqa: PLC0415 - a fast start
    from bot.registry import lines  # noqa: PLC0415 - a fast start

    known = list(lines(app.settings))
    switched_on = {line.channel.name: line.channel for line in known}
    opened = {line.channel.name: page_url(app.settings, line) for line in known}
    unknown = sorted(set(channels) - set(switched_on))
    if unknown:
        raise click.UsageError(f"not switched on: {', '.join(unknown)}; there are: {', '.join(switched_on) or 'none'}")
    able = [channel for name, channel in switched_on.items() if not channels or name in channels]
    results = asyncio.run(_register(able, app.settings.server.public_url, opened))
    app.emit(
        [{"channel": name, "done": done, "said": said} for name, done, said in results],
        lambda: "\n".join(f"{name}: {line}" for name, _, said in results for line in said) or "nothing to register",
    )
    if not all(done for _, done, _ in results):
        app.exit(REJECTED)


async def _register(
    channels: "list[Channel]", public_url: str, opened: dict[str, str]
) -> list[tuple[str, bool, list[str]]]:
    """`opened`: by channel, the page that its vendor's apps are to open."""
    from core.ports.channel import Offers, Registers, SendFailure  # noqa: PLC0415 - a fast start

    results = []
    for channel in channels:
        name = channel.name
        if not isinstance(channel, Registers):
            continue
        await channel.open()
        try:
            said = list(await channel.register(public_url))
            if isinstance(channel, Offers):
                said += await channel.offer(opened[name])
            results.append((name, True, said))
        except SendFailure as failure:
            results.append((name, False, [f"{type(failure).__name__}: {failure.detail}"]))
        finally:
            await channel.close()
    return results
