"""Viber: a bot over Viber's REST API."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from channels.viber.settings import Settings

if TYPE_CHECKING:
    from channels.viber.adapter import ViberChannel
    from core.domain.messages import Greeting

__all__ = ["Settings", "create"]

SILENT: Final[Mapping[str, "Greeting"]] = MappingProxyType({})


def create(settings: Settings, greetings: Mapping[str, "Greeting"] = SILENT) -> "ViberChannel":
    """The channel for these settings; nothing is opened yet.

    Args:
        settings: the section [channels.viber].
        greetings: by language; the subscriber's own is taken, else `ru`, else nothing is said.

    Raises:
        UnsupportedContent: a greeting is more than one message of Viber.
    """
    # Every command reads the settings; viberbot brings `requests` with it, which takes long to import.
    from channels.viber.adapter import ViberChannel  # noqa: PLC0415 - see above

    return ViberChannel(settings, greetings)
