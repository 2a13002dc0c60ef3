"""Which channels there are, and how to build each. The only list of them; a new channel adds a line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.settings import Settings
from core.domain.messages import Capabilities
from core.ports.channel import Channel


@dataclass(frozen=True, slots=True)
class Line:
    """A channel that is switched on, and how many messages a second its vendor may be given."""

    channel: Channel
    per_second: float


def _sms(settings: Settings) -> Line | None:
    from channels.sms import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.sms
    if not section.enabled:
        return None
    if not section.kannel.dlr_url:
        kannel = section.kannel.model_copy(update={"dlr_url": f"{reachable(settings)}/hooks/sms/kannel/dlr"})
        section = section.model_copy(update={"kannel": kannel})
    return Line(create(section), section.per_second)


def _vk(settings: Settings) -> Line | None:
    from channels.vk import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.vk
    return Line(create(section), section.per_second) if section.enabled else None


def reachable(settings: Settings) -> str:
    """Where vendors reach us: the public address, or the one we listen on, for a gateway on the same machine."""
    server = settings.server
    return server.public_url or f"http://{server.host}:{server.port}"


CHANNELS: Mapping[str, Callable[[Settings], Line | None]] = {"sms": _sms, "vk": _vk}
"""By the channel's name, which is also its section and its folder; None where it is switched off."""


def lines(settings: Settings) -> Iterator[Line]:
    """The channels that are switched on. Building one does no I/O."""
    for build in CHANNELS.values():
        line = build(settings)
        if line is not None:
            yield line


def capabilities(settings: Settings) -> dict[str, Capabilities]:
    """What each channel can do and may say. The console is always among them: `meterline say` writes through it."""
    from channels.console import create  # noqa: PLC0415 - a fast start

    console = create()
    known = {line.channel.name: line.channel.capabilities for line in lines(settings)}
    return {console.name: console.capabilities, **known}
