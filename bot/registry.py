"""Which channels there are, and how to build each. The only list of them; a new channel adds a line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.settings import Privacy, Settings
from core.domain.messages import Capabilities, Greeting
from core.domain.privacy import restricted
from core.ports.channel import Channel


@dataclass(frozen=True, slots=True)
class Line:
    """A channel that is switched on, and how many messages a second its vendor may be given."""

    channel: Channel
    per_second: float
    per_address_seconds: float = 0.0
    """Time that its vendor wants between two messages to one address."""


Greetings = Mapping[str, Greeting]
"""By language: what a channel says by itself where nothing else can be said yet."""
NO_GREETINGS: Greetings = MappingProxyType({})


def _sms(settings: Settings, _greetings: Greetings) -> Line | None:
    from channels.sms import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.sms
    if not section.enabled:
        return None
    if not section.kannel.dlr_url:
        kannel = section.kannel.model_copy(update={"dlr_url": f"{reachable(settings)}/hooks/sms/kannel/dlr"})
        section = section.model_copy(update={"kannel": kannel})
    return Line(create(section), section.per_second)


def _telegram(settings: Settings, _greetings: Greetings) -> Line | None:
    from channels.telegram import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.telegram
    # One message a second to a chat (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
    return Line(create(section), section.per_second, per_address_seconds=1.0) if section.enabled else None


def _viber(settings: Settings, greetings: Greetings) -> Line | None:
    from channels.viber import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.viber
    return Line(create(section, greetings), section.per_second) if section.enabled else None


def _vk(settings: Settings, _greetings: Greetings) -> Line | None:
    from channels.vk import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.vk
    return Line(create(section), section.per_second) if section.enabled else None


def reachable(settings: Settings) -> str:
    """Where vendors reach us: the public address, or the one we listen on, for a gateway on the same machine."""
    server = settings.server
    return server.public_url or f"http://{server.host}:{server.port}"


CHANNELS: Mapping[str, Callable[[Settings, Greetings], Line | None]] = {
    "sms": _sms,
    "telegram": _telegram,
    "viber": _viber,
    "vk": _vk,
}
"""By the channel's name, which is also its section and its folder; None where it is switched off."""


LISTED = frozenset({"telegram", "viber"})
"""Of our channels those on Roskomnadzor's list of foreign messengers, by Federal Law 149-FZ, article 10, part 8.

The list: Discord, Microsoft Teams, Skype for Business, Snapchat, Telegram, Threema, Viber, WhatsApp, WeChat (its notice
of 05.05.2023).
"""


def lines(settings: Settings, greetings: Greetings = NO_GREETINGS) -> Iterator[Line]:
    """The channels that are switched on. Building one does no I/O."""
    for build in CHANNELS.values():
        line = build(settings, greetings)
        if line is not None:
            yield line


def capabilities(settings: Settings) -> dict[str, Capabilities]:
    """What each channel can do and may say here: the core sees these and not the channels' own.

    The console is always among them: `meterline say` writes through it.
    """
    from channels.console import create  # noqa: PLC0415 - a fast start

    console = create()
    known = {line.channel.name: line.channel.capabilities for line in lines(settings)}
    return narrowed({console.name: console.capabilities, **known}, settings.privacy)


def narrowed(known: Mapping[str, Capabilities], privacy: Privacy) -> dict[str, Capabilities]:
    """What channels may say under the retailer's privacy settings."""
    withheld = {*privacy.restricted, *(LISTED if privacy.state_owned else ())}
    return {name: restricted(full) if name in withheld else full for name, full in known.items()}
